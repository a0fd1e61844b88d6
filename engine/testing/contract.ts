import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { SeenWorkload } from '../../core/sighting.ts';
import {
  type EngineHarness,
  createStage,
  requestOf,
  running,
  firstTask,
  only,
  limit,
  rejectsWith,
  installation,
  whileTimePasses,
} from './stage.ts';
import { renewalContract } from './renewal-contract.ts';
import { streamContract, type Check } from './stream-contract.ts';

/**
 * What every engine driver must do, as a suite of tests. Each test works in an environment of its own, so that several
 * may run at the same time.
 */
export function engineContract(name: string, setUp: () => Promise<EngineHarness>, atOnce = 1): void {
  suite(`engine contract: ${name}`, { concurrency: atOnce }, () => {
    let harness: EngineHarness;
    before(async () => {
      harness = await setUp();
    });
    after(async () => {
      await harness?.tearDown();
    });
    const stage = (environment: string) => createStage(harness, environment);
    const check: Check = (sentence, environment, body) => {
      test(sentence, async () => {
        try {
          await body(stage(environment));
        } finally {
          await stage(environment).clear();
        }
      });
    };

    test('a described engine names its nodes, one of them a manager', async () => {
      const { engine } = harness;
      const { nodes, version } = await engine.describe(limit());
      assert.ok(nodes.some(({ ready, manager }) => ready && manager));
      assert.notEqual(version, '');
    });

    test('an environment without anything is seen as empty and complete', async () => {
      const { sighting } = await stage('nothing').look();
      assert.deepEqual(sighting.workloads, []);
      assert.deepEqual([sighting.complete, sighting.gaps], [true, []]);
    });

    check(
      'a created workload comes to run, is seen with its labels, and repeating it changes nothing',
      'create',
      async ({ apply, settled, target }) => {
        const wanted = target();
        assert.equal(await apply(wanted), 'created');
        const seen = await settled(wanted);
        assert.deepEqual(
          [seen.workload, seen.release, seen.deployment, seen.generation, seen.replicas, seen.tombstone],
          [wanted.hash, '1.0.0', 'deployment-1', 1, 1, false],
        );
        assert.match(only(running(seen)).name, /^create_cart_web\.1$/);
        assert.equal(await apply(wanted), 'unchanged');
        assert.equal(await apply(wanted), 'unchanged');
        assert.equal(only(running(await settled(wanted))).id, only(running(seen)).id);
      },
    );

    check(
      'an update replaces the tasks, and what ran before is told apart from what runs now',
      'update',
      async ({ apply, settled, target }) => {
        const old = target();
        await apply(old);
        const before = only(running(await settled(old)));
        const next = target({ image: harness.images.goodNext });
        assert.equal(await apply(next), 'updated');
        const seen = await settled(next);
        assert.notEqual(only(running(seen)).id, before.id);
        assert.equal(seen.tasks.find(({ id }) => id === before.id)?.workload, old.hash);
        assert.equal(seen.tasks.find(({ id }) => id === before.id)?.current, false);
      },
    );

    check(
      'scaling restarts nothing, and every task is of the new workload',
      'scale',
      async ({ apply, settled, target }) => {
        const one = target();
        await apply(one);
        const first = only(running(await settled(one)));
        const three = target({ replicas: 3 });
        assert.equal(await apply(three), 'updated');
        const grown = await settled(three);
        assert.ok(running(grown).some(({ id }) => id === first.id));
        assert.deepEqual(new Set(running(grown).map(({ workload }) => workload)), new Set([three.hash]));
        await apply(one);
        assert.equal(running(await settled(one)).length, 1);
      },
    );

    check('another deployment of the same workload restarts nothing', 'again', async ({ apply, settled, target }) => {
      const wanted = target();
      await apply(wanted);
      const first = only(running(await settled(wanted)));
      const again = { ...wanted, release: '1.0.1' };
      assert.equal(await apply(again, { generation: 2, deployment: 'deployment-2' }), 'updated');
      const seen = await settled(again);
      assert.deepEqual([seen.release, seen.generation], ['1.0.1', 2]);
      assert.equal(only(running(seen)).id, first.id);
      assert.equal(only(running(seen)).current, true);
    });

    check('a changed variable replaces the tasks', 'variable', async ({ apply, settled, target }) => {
      const old = target();
      await apply(old);
      const first = only(running(await settled(old)));
      const next = target({ variables: { LEVEL: 'warn' } });
      await apply(next);
      assert.notEqual(only(running(await settled(next))).id, first.id);
    });

    check('another endpoint mode makes a new object', 'mode', async ({ apply, settled, target }) => {
      const old = target();
      await apply(old);
      const first = await settled(old);
      const next = target({ endpointMode: 'vip' });
      // The old object's tasks have to end first.
      assert.match(await whileTimePasses(harness, apply(next)), /^(created|updated)$/);
      const seen = await settled(next);
      assert.notEqual(only(running(seen)).id, only(running(first)).id);
    });

    check(
      'removing leaves nothing but the volumes, and may be repeated',
      'remove',
      async ({ apply, settled, remove, until, target, files }) => {
        const volumes = [{ volume: 'remove_cart_data', target: '/data', readOnly: false }];
        const wanted = target({ volumes, configs: [files.list] });
        await apply(wanted);
        await settled(wanted);
        assert.equal((await harness.leftovers('remove')).length, 3);
        assert.equal(await remove(), 'removed');
        await until('nothing is left', ({ workloads }) => workloads.length === 0);
        assert.equal(await remove(), 'absent');
        assert.deepEqual(await harness.leftovers('remove'), []);
        assert.ok((await harness.volumes()).includes('remove_cart_data'));
      },
    );

    check(
      'what another service still uses stays when one is removed',
      'shared',
      async ({ apply, settled, remove, until, target }) => {
        const cart = target();
        const catalog = target({ service: 'catalog' });
        await apply(cart);
        await apply(catalog);
        await settled(cart);
        assert.equal(await remove(), 'removed');
        await until('only the other is left', ({ workloads }) => workloads.length === 1);
        await settled(catalog);
        assert.equal(await remove(), 'absent');
        const left = await harness.leftovers('shared');
        assert.deepEqual(left, ['shared_catalog_private', 'shared_shared']);
      },
    );

    check('a config of other content replaces the tasks', 'config', async ({ apply, settled, target, files }) => {
      const old = target({ configs: [files.list] });
      await apply(old);
      const first = only(running(await settled(old)));
      const next = target({ configs: [files.otherList] });
      assert.equal(await apply(next), 'updated');
      assert.notEqual(only(running(await settled(next))).id, first.id);
    });

    check(
      'pruning takes the configs that nothing needs, none that is kept or in use, and may be repeated',
      'prune',
      async ({ apply, prune, target, files }) => {
        const held = async () => {
          const names = await harness.leftovers('prune');
          return files.all.filter(({ content }) => names.some((name) => name.endsWith(content.slice(0, 12))));
        };
        // No task comes to run: nothing has to be waited for.
        const placement = { constraints: ['node.labels.nowhere==yes'], spreadOver: [], maxPerNode: null };
        await apply(target({ placement, configs: [files.list] }));
        await apply(target({ placement, configs: [files.otherList] }));
        assert.equal(await prune([files.list]), 0);
        await rejectsWith('engine.fenced', async () => await prune([], { generation: 0 }));
        assert.equal(await prune([], { installation: 'somebody-else' }), 0);
        assert.equal((await held()).length, 2);
        assert.equal(await prune([]), 1);
        assert.deepEqual(await held(), [files.otherList]);
        assert.equal(await prune([]), 0);
      },
    );

    check(
      'a lower generation is refused, for writing and for removing',
      'fence',
      async ({ apply, remove, look, target }) => {
        await apply(target(), { generation: 5 });
        await rejectsWith('engine.fenced', async () => await apply(target({ replicas: 2 }), { generation: 4 }));
        await rejectsWith('engine.fenced', async () => await remove({ generation: 4 }));
        const { seen } = await look();
        assert.deepEqual([seen?.generation, seen?.replicas], [5, 1]);
      },
    );

    check(
      'a name or an environment of another installation is refused and left alone',
      'foreign',
      async ({ apply, remove, look, target }) => {
        await apply(target(), { installation: 'somebody-else', generation: 1 });
        await rejectsWith('engine.foreign', async () => await apply(target()));
        await rejectsWith('engine.foreign', async () => await apply(target({ service: 'catalog' })));
        await rejectsWith('engine.foreign', async () => await remove());
        assert.deepEqual((await look()).sighting.workloads, []);
      },
    );

    check(
      'a crashing task is seen with its words, its exit code and its last lines',
      'crash',
      async ({ apply, until, target }) => {
        await apply(target({ image: harness.images.crashing }));
        const failed = await until('a task failed', ({ workloads }) => firstTask(workloads, 'failed'));
        assert.deepEqual([failed.exitCode, failed.current], [7, true]);
        assert.match(failed.message, /non-zero exit \(7\)/);
        const lines = await harness.engine.taskLogs(failed.id, 10, limit());
        assert.ok(lines.some(({ text }) => text === 'lost the database'));
        assert.equal(lines[0]?.task, 'crash_cart_web.1');
      },
    );

    check(
      'going back to what ran before does not bring back the failures of then',
      'back',
      async ({ apply, settled, until, target }) => {
        const sick = target({ image: harness.images.crashing });
        await apply(sick);
        await until('a task failed', ({ workloads }) => firstTask(workloads, 'failed'));
        const good = target();
        await apply(good);
        await settled(good);
        await apply(sick, { generation: 2 });
        const first = await until('it is written', ({ workloads }) =>
          workloads.find(({ generation }) => generation === 2),
        );
        assert.deepEqual(
          first.tasks.filter(({ current, state }) => current && state === 'failed'),
          [],
        );
      },
    );

    check(
      'a task that never becomes healthy is seen to start and then to fail',
      'sick',
      async ({ apply, until, target }) => {
        await apply(target({ image: harness.images.unhealthy }));
        await until('it starts', ({ workloads }) => firstTask(workloads, 'starting'));
        const failed = await until('it failed', ({ workloads }) => firstTask(workloads, 'failed'));
        assert.match(failed.message, /unhealthy/);
      },
    );

    check(
      'an update whose tasks fail stops on the way forward, and reaches every slot on the way back',
      'onward',
      async ({ apply, settled, target, until }) => {
        const good = target({ replicas: 3 });
        await apply(good);
        await settled(good);
        const bad = target({ replicas: 3, image: harness.images.crashing });
        const policy = { ...bad.policy, delayMs: 5_000, monitorMs: 10_000 };
        const old = (seen: SeenWorkload | undefined) =>
          running(seen ?? assert.fail()).filter((task) => task.workload === good.hash);
        await apply({ ...bad, policy });
        const paused = await until('it is paused', ({ workloads }) => workloads.find((seen) => seen.updatePaused));
        assert.ok(old(paused).length > 0, 'every slot was replaced before it paused');
        // From good again: an update that is paused goes on with any write, whatever it says of failures.
        await apply(good, { deployment: 'deployment-2' });
        await settled(good);
        await apply({ ...bad, policy }, { deployment: 'deployment-3' }, 'continue');
        const onward = await until('every slot is replaced', ({ workloads }) =>
          workloads.find((seen) => old(seen).length === 0),
        );
        assert.equal(onward.updatePaused, false);
      },
    );

    check(
      'a limit lets fewer tasks start for now; what a higher one adds restarts nothing',
      'limited',
      async ({ apply, settled, until, target }) => {
        const three = target({ replicas: 3 });
        const write = async (replicas: number) =>
          await harness.engine.apply({ ...requestOf(three), limit: { replicas, parallelism: 1 } }, limit());
        assert.equal(await write(1), 'created');
        const seen = await until('one runs', ({ workloads }) =>
          workloads.find((it) => it.replicas === 1 && running(it).length === 1),
        );
        const first = only(running(seen));
        assert.deepEqual([seen.workload, first.workload, seen.tasks.length], [three.hash, three.hash, 1]);
        assert.equal(await write(1), 'unchanged');
        assert.equal(await write(2), 'updated');
        await until('two run', ({ workloads }) => workloads.some((it) => running(it).length === 2));
        assert.equal(await apply(three), 'updated');
        assert.ok(running(await settled(three)).some(({ id }) => id === first.id));
        assert.equal(await apply(three), 'unchanged');
      },
    );

    check(
      'what failed under a limit still counts when a higher one follows',
      'counted',
      async ({ until, look, target }) => {
        const sick = target({ replicas: 2, image: harness.images.crashing });
        const write = async (replicas: number) =>
          await harness.engine.apply({ ...requestOf(sick), limit: { replicas, parallelism: 1 } }, limit());
        await write(1);
        const failed = await until('a task failed', ({ workloads }) => firstTask(workloads, 'failed'));
        assert.equal(await write(2), 'updated');
        const { seen } = await look();
        assert.equal(seen?.tasks.find(({ id }) => id === failed.id)?.current, true);
      },
    );

    check('a missing image is seen as a failure with words', 'missing', async ({ apply, until, target }) => {
      await apply(target({ image: harness.images.missing }));
      const failed = await until('it failed', ({ workloads }) => firstTask(workloads, 'failed'));
      assert.match(failed.message, /No such image|manifest unknown|not found/i);
      assert.equal(failed.exitCode, null);
    });

    check('what fits on no node waits, and the reason is told', 'nowhere', async ({ apply, until, target }) => {
      const placement = { constraints: ['node.labels.nowhere==yes'], spreadOver: [], maxPerNode: null };
      await apply(target({ placement }));
      const waiting = await until('the reason is told', ({ workloads }) => {
        const task = firstTask(workloads, 'waiting');
        return task?.message.includes('no suitable node') === true ? task : undefined;
      });
      assert.deepEqual([waiting.node, waiting.wanted], [null, true]);
    });

    test('an engine that does not answer is a fault, never an empty sighting', async () => {
      const silent = await harness.unreachable();
      const of = { installation, environment: 'create' };
      await rejectsWith('engine.unreachable', async () => await silent.observe(of, limit()));
      const request = requestOf(stage('silent').target());
      await rejectsWith('engine.unreachable', async () => await silent.apply(request, limit()));
      await silent.close();
    });

    test('a signal that has aborted ends a verb with its reason', async () => {
      const reason = new Error('the caller went away');
      const of = { installation, environment: 'create' };
      await assert.rejects(harness.engine.observe(of, AbortSignal.abort(reason)), reason);
    });

    streamContract({ check, stage, harness: () => harness });
    renewalContract({ check, harness: () => harness });
  });
}
