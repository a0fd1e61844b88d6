import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Platform } from '../core/platform.ts';
import { createSimulatedEngine } from '../engine/simulated/engine.ts';
import { createManualClock } from '../engine/testing/manual-clock.ts';
import type { Engine } from '../port/engine.ts';
import { createLooks } from './looks.ts';
import type { RecordedEnvironment, RecordedState } from './recorded.ts';
import { createStatuses } from './statuses.ts';
import { listeningLogger } from './testing/fakes.ts';
import { startWatch } from './watch.ts';

const clusterNames = ['a', 'b', 'c', 'd', 'e'];

function recordedState(environments: number, sequence = 1): RecordedState {
  const cluster = { engine: 'simulated', endpoint: '', tls: null, roles: [], address: null, stepsAtOnce: 5 } as const;
  const names = Array.from({ length: environments }, (_, index) => `env-${index}`);
  const definition = { waves: [], onFailure: 'roll-back', waiting: 'queue', stepDeadlineMs: 1 } as const;
  const platform: Platform = {
    clusters: Object.fromEntries(clusterNames.map((name) => [name, cluster])),
    registries: {},
    environments: Object.fromEntries(names.map((name) => [name, { ...definition, clusters: clusterNames }])),
  };
  const nothing = { revision: 0, revisedAt: 0, services: 0, items: [], unfinished: [] };
  const ofName = (name: string): [string, RecordedEnvironment] => [
    name,
    {
      name,
      ...nothing,
      definition: { ...definition, clusters: clusterNames },
      spec: { environment: name, services: {} },
    },
  ];
  return { sequence, platform, environments: new Map(names.map(ofName)), unfinished: [] };
}

/** A loop over simulated clusters by a clock that the test drives; every look is counted. */
function scene(t: TestContext, environments: number) {
  const clock = createManualClock(1_000_000);
  const logger = listeningLogger();
  const engines = new Map(
    clusterNames.map((cluster, seed) => [cluster, createSimulatedEngine({ cluster, clock, seed })]),
  );
  const counts = {
    looks: 0,
    now: 0,
    most: 0,
    perCluster: new Map<string, number>(),
    mostPerCluster: 0,
    ofCluster: new Map<string, number>(),
  };
  const watched = (cluster: string): Engine => {
    const engine = engines.get(cluster);
    assert.ok(engine !== undefined);
    const count = (change: 1 | -1) => {
      counts.now += change;
      counts.perCluster.set(cluster, (counts.perCluster.get(cluster) ?? 0) + change);
      counts.most = Math.max(counts.most, counts.now);
      counts.mostPerCluster = Math.max(counts.mostPerCluster, ...counts.perCluster.values());
    };
    const observe: Engine['observe'] = async (of, signal) => {
      counts.looks += 1;
      counts.ofCluster.set(cluster, (counts.ofCluster.get(cluster) ?? 0) + 1);
      count(1);
      return await engine.observe(of, signal).finally(() => count(-1));
    };
    return { ...engine, observe };
  };
  const open = new Map(clusterNames.map((name) => [name, watched(name)]));
  const clusters = {
    engine: async (name: string) => await Promise.resolve(open.get(name) ?? assert.fail()),
    definition: async () => await Promise.reject<never>(new Error('not asked')),
    close: async () => await Promise.resolve(),
  };
  const looks = createLooks(clusters, 'i', clock);
  const ledger: { state: RecordedState | Error } = { state: recordedState(environments) };
  const watch = startWatch({
    store: { onAppended: () => () => undefined },
    recorded: {
      current: async () =>
        await (ledger.state instanceof Error ? Promise.reject(ledger.state) : Promise.resolve(ledger.state)),
    },
    clusters,
    looks,
    statuses: createStatuses(looks, clock),
    clock,
    logger,
  });
  t.after(async () => {
    looks.end();
    const stopped = watch.stop();
    await clock.pass(60_000);
    await stopped;
  });
  return { clock, engines, counts, looks, watch, logger, ledger };
}

test('every place is looked at each 10 s, at most 8 at once and 2 on one cluster', async (t) => {
  const { clock, engines, counts, looks, logger } = scene(t, 10);
  for (const engine of engines.values()) engine.trouble({ delayMs: 100 });
  await clock.pass(60_000);
  for (const cluster of clusterNames) {
    for (let index = 0; index < 10; index++) {
      const beganMs = looks.newest(cluster, `env-${index}`)?.beganMs ?? -Infinity;
      assert.ok(clock.monotonic() - beganMs < 13_000, `${cluster}/env-${index} was not looked at`);
    }
  }
  assert.equal(counts.most, 8);
  assert.equal(counts.mostPerCluster, 2);
  assert.ok(counts.looks <= 50 * 8, `${counts.looks} looks`);
  assert.deepEqual(logger.errors, []);
});

test('a silent cluster costs ever fewer looks, and the others none of theirs', async (t) => {
  const { clock, engines, looks, watch, counts } = scene(t, 2);
  await clock.pass(15_000);
  engines.get('a')?.trouble({ unreachable: true });
  counts.ofCluster.clear();
  await clock.pass(300_000);
  const [silent = 0, answering = 0] = ['a', 'b'].map((name) => counts.ofCluster.get(name));
  assert.ok(silent >= 8 && silent <= 20 && answering >= 56, `${silent} and ${answering}`);
  assert.equal(looks.newest('a', 'env-0')?.look.kind, 'blind');
  assert.ok(clock.monotonic() - (looks.newest('b', 'env-0')?.beganMs ?? 0) < 12_000);
  assert.deepEqual([watch.cluster('a')?.trouble === null, watch.cluster('b')?.trouble], [false, null]);
  assert.ok((watch.cluster('a')?.observedAt ?? 0) >= 1_000_000, 'what it said before is kept');
  engines.get('a')?.trouble({ unreachable: false });
  await clock.pass(13_000);
  assert.equal(looks.newest('a', 'env-0')?.look.kind, 'seen');
  assert.equal(watch.cluster('a')?.trouble, null);
});

test('what was recorded of an environment makes its places due within moments, and only its own', async (t) => {
  const { clock, looks, ledger } = scene(t, 2);
  await clock.pass(25_000);
  const before = ['env-0', 'env-1'].map((name) => looks.newest('a', name)?.beganMs ?? 0);
  const { state } = ledger;
  assert.ok(!(state instanceof Error));
  const changed = state.environments.get('env-0');
  assert.ok(changed !== undefined);
  ledger.state = { ...state, environments: new Map([...state.environments, ['env-0', { ...changed }]]) };
  await clock.pass(2_500);
  assert.ok((looks.newest('a', 'env-0')?.beganMs ?? 0) > (before[0] ?? 0));
  assert.equal(looks.newest('a', 'env-1')?.beganMs, before[1]);
});

test('a ledger that cannot be read and an engine with a bug are told of, and the loop goes on', async (t) => {
  const { clock, engines, looks, ledger, logger, counts } = scene(t, 1);
  await clock.pass(1_000);
  const { state } = ledger;
  ledger.state = new Error('the disk is gone');
  await clock.pass(5_000);
  assert.ok(logger.errors.some((it) => it.includes('the disk is gone')));
  ledger.state = state;
  const broken = engines.get('a');
  assert.ok(broken !== undefined);
  broken.observe = async () => await Promise.reject(new TypeError('a bug'));
  const before = counts.looks;
  await clock.pass(60_000);
  assert.ok(logger.errors.some((it) => it.includes('a bug')));
  assert.ok(clock.monotonic() - (looks.newest('b', 'env-0')?.beganMs ?? 0) < 12_000);
  assert.ok(counts.looks - before < 60, 'a bug does not make it look without a pause');
});

test('places that left the platform are looked at no more and forgotten', async (t) => {
  const { clock, looks, ledger } = scene(t, 3);
  await clock.pass(5_000);
  assert.ok(looks.newest('a', 'env-2') !== null);
  ledger.state = recordedState(2, 2);
  await clock.pass(20_000);
  assert.equal(looks.newest('a', 'env-2'), null);
  assert.ok(looks.newest('a', 'env-1') !== null);
});
