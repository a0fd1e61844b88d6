import assert from 'node:assert/strict';
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
}
