import assert from 'node:assert/strict';
import type { SeenWorkload } from '../../core/sighting.ts';
import { limit, only, rejectsWith, requestOf, running, spotOf, writerOf, type EngineHarness } from './stage.ts';
import type { Check } from './stream-contract.ts';

const first = { username: 'shop', password: 'one', serverAddress: 'registry.test', id: '1'.repeat(32) };
const second = { ...first, password: 'two', id: '2'.repeat(32) };

/** What every engine driver must do with credentials that were changed. Part of `engineContract`. */
export function renewalContract(of: { readonly check: Check; readonly harness: () => EngineHarness }): void {
  const { check, harness } = of;

  check(
    'renewed credentials are seen on the object by their id, restart nothing, and may be given again',
    'renew',
    async ({ apply, settled, target }) => {
      const { engine } = harness();
      const wanted = target();
      await engine.apply({ ...requestOf(wanted), credentials: first }, limit());
      const before = await settled(wanted);
      assert.equal(before.credentials, first.id);
      const spot = spotOf(wanted.workload);
      const request = { writer: writerOf({ generation: 2 }), environment: 'renew', spot, credentials: second };
      assert.equal(await engine.renew(request, limit()), 'updated');
      assert.equal(await engine.renew(request, limit()), 'unchanged');
      const seen = await settled(wanted);
      assert.deepEqual(
        [seen.credentials, seen.workload, seen.deployment, seen.generation],
        [second.id, before.workload, before.deployment, before.generation],
      );
      assert.deepEqual([only(running(seen)).id, only(running(seen)).current], [only(running(before)).id, true]);
      assert.equal(await engine.renew({ ...request, environment: 'renew-nowhere' }, limit()), 'absent');
      await apply(target(), { generation: 3 });
      await rejectsWith('engine.fenced', () => engine.renew(request, limit()));
    },
  );

  check(
    'what is being updated, or has paused with its update, is left alone: no renewal sets a stopped update going again',
    'renewpause',
    async ({ apply, settled, target, until }) => {
      const { engine, images } = harness();
      const good = target({ replicas: 3 });
      await engine.apply({ ...requestOf(good), credentials: first }, limit());
      await settled(good);
      const request = {
        writer: writerOf({}),
        environment: 'renewpause',
        spot: spotOf(good.workload),
        credentials: second,
      };
      const bad = target({ replicas: 3 }, images.crashing);
      await apply({ ...bad, policy: { ...bad.policy, delayMs: 5_000, monitorMs: 10_000 } });
      await until('it is updated', ({ workloads }) => workloads.find((it) => it.updating || it.updatePaused));
      assert.equal(await engine.renew(request, limit()), 'unchanged');
      const old = (seen: SeenWorkload) => running(seen).filter((task) => task.workload === good.hash);
      const paused = await until('it is paused', ({ workloads }) => workloads.find((it) => it.updatePaused));
      assert.ok(old(paused).length > 0, 'every slot was replaced before it paused');
      assert.equal(await engine.renew(request, limit()), 'unchanged');
      const seen = await until('it is seen again', ({ workloads }) => workloads[0]);
      assert.deepEqual([seen.updatePaused, seen.credentials], [true, paused.credentials]);
    },
  );
}
