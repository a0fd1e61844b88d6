import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../core/hash.ts';
import type { SeenWorkload, Sighting } from '../core/sighting.ts';
import { sampleSeen, sampleTarget, sampleTask } from '../core/testing/world.ts';
import type { Target } from '../core/workload.ts';
import { createManualClock } from '../engine/testing/manual-clock.ts';
import type { DeploymentRow } from '../port/store.ts';
import type { RecordedItem } from './component-status.ts';
import type { Look, TimedLook } from './looks.ts';
import type { RecordedEnvironment } from './recorded.ts';
import { createStatuses, sightMs } from './statuses.ts';

const startMs = 1_000_000;
const web = sampleTarget({ cluster: 'fe', service: 'cart', component: 'web' }, '1', { replicas: 2 });
const db = sampleTarget({ cluster: 'fe', service: 'cart', component: 'db' }, '1');

function item(target: Target, change: Partial<RecordedItem> = {}): RecordedItem {
  const { cluster, service, component } = target.workload;
  const spot = { cluster, service, component };
  return { spot, digest: digestOf(target), target, settled: true, changedAt: startMs - 60_000, ...change };
}

function recordedOf(items: readonly RecordedItem[], change: Partial<RecordedEnvironment> = {}): RecordedEnvironment {
  const definition = {
    clusters: ['fe'],
    waves: [],
    onFailure: 'roll-back',
    waiting: 'queue',
    stepDeadlineMs: 1,
  } as const;
  const spec = { environment: 'dev', services: {} };
  const base = { name: 'dev', definition, revision: 1, revisedAt: 5, spec, services: 0, items, unfinished: [] };
  return { ...base, ...change };
}

const running = (target: Target, count: number) =>
  sampleSeen(
    target,
    'd-1',
    Array.from({ length: count }, (_, index) => sampleTask(target, { id: `t-${index}` })),
  );

const change: DeploymentRow = {
  id: 'd-2',
  environment: 'dev',
  plan: '',
  services: ['cart'],
  reason: '',
  phase: 'active',
  outcome: null,
  actor: 't',
  sequence: 1,
  acceptedAt: 0,
  endedAt: null,
};

/** Statuses by what the newest look at `fe` is said to have shown. */
function scene() {
  const clock = createManualClock(startMs);
  let newest: TimedLook | null = null;
  let complete: { sighting: Sighting; beganMs: number } | null = null;
  const show = (look: Look) => {
    newest = { look, beganMs: clock.monotonic(), tookMs: 1 };
    if (look.kind === 'seen' && look.sighting.complete)
      complete = { sighting: look.sighting, beganMs: clock.monotonic() };
  };
  const never = async () => await Promise.reject<never>(new Error('a status never looks'));
  const statuses = createStatuses(
    {
      look: never,
      recent: never,
      newest: () => newest,
      newestComplete: () => complete,
      retain: () => undefined,
      end: () => undefined,
    },
    clock,
  );
  const sighting = (workloads: readonly SeenWorkload[], gaps: readonly string[] = []): Sighting => {
    const of = { cluster: 'fe', environment: 'dev', observedAtMs: clock.now(), simulated: false };
    return { ...of, complete: gaps.length === 0, gaps, workloads };
  };
  return {
    clock,
    statuses,
    show,
    see: (...seen: SeenWorkload[]) => show({ kind: 'seen', sighting: sighting(seen) }),
    sighting,
  };
}

test('a service is as well as the worst of its components, and tells of that one', () => {
  const { statuses, see } = scene();
  const recorded = recordedOf([item(db), item(web)]);
  const cell = () => statuses.of(recorded).cells.get('cart');
  assert.deepEqual([cell()?.health, cell()?.running, cell()?.message], ['unknown', null, 'not looked at yet']);
  see(running(db, 1), running(web, 2));
  assert.deepEqual([cell()?.health, cell()?.running, cell()?.replicas, cell()?.message], ['healthy', 3, 3, null]);
  see(running(db, 1), running(web, 1));
  assert.deepEqual([cell()?.health, cell()?.running], ['degraded', 2]);
  see(running(web, 1));
  assert.deepEqual([cell()?.health, cell()?.message], ['missing', 'the engine does not know it']);
  assert.deepEqual(statuses.of(recorded).healths, { healthy: 0, converging: 0, degraded: 0, missing: 1, unknown: 0 });
});

test('what was seen stands for 30 s without another complete look, then everything is unknown', async () => {
  const { statuses, see, show, sighting, clock } = scene();
  const recorded = recordedOf([item(web)]);
  see(running(web, 2));
  await clock.pass(sightMs - 1_000);
  show({ kind: 'blind', message: 'gone' });
  assert.deepEqual(
    [statuses.of(recorded).cells.get('cart')?.health, statuses.of(recorded).trouble],
    ['healthy', 'fe: gone'],
  );
  await clock.pass(1_001);
  show({ kind: 'seen', sighting: sighting([running(web, 2)], ['node-2 does not answer']) });
  const { cells, trouble, observedAt } = statuses.of(recorded);
  const cell = cells.get('cart');
  assert.deepEqual([cell?.health, cell?.message], ['unknown', 'fe: node-2 does not answer']);
  assert.deepEqual([trouble, observedAt], ['fe: node-2 does not answer', startMs]);
  see(running(web, 2));
  assert.equal(statuses.of(recorded).cells.get('cart')?.health, 'healthy');
});

test('a change that is under way is never held against what was seen before it', () => {
  const { statuses, see } = scene();
  const next = sampleTarget({ cluster: 'fe', service: 'cart', component: 'web' }, '2', { replicas: 2 });
  const health = (of: RecordedItem, unfinished: readonly DeploymentRow[] = []) =>
    statuses.of(recordedOf([of], { unfinished })).cells.get('cart')?.health;
  see(running(web, 2));
  assert.equal(health(item(next, { settled: false }), [change]), 'converging');
  assert.equal(health(item(next, { changedAt: startMs + 1 })), 'converging');
  assert.equal(health(item(next)), 'degraded');
  assert.equal(health(item(next, { settled: false })), 'degraded', 'nothing moves any more');
  assert.equal(health(item(web, { settled: false })), 'converging', 'it was never verified');
  assert.equal(health(item(web, { changedAt: startMs + 1 })), 'healthy');
});

test('the version is what runs; of several that of the newest revision', () => {
  const { statuses } = scene();
  const newDb = sampleTarget({ cluster: 'fe', service: 'cart', component: 'db' }, '2');
  const items = [item(newDb, { changedAt: startMs }), item(web)];
  const entry = (version: string) => ({ version, replicas: null, parameters: {}, ports: {} });
  const version = (services: Record<string, ReturnType<typeof entry>>) =>
    statuses.of(recordedOf(items, { spec: { environment: 'dev', services } })).cells.get('cart');
  assert.deepEqual([version({ cart: entry('1') })?.version, version({ cart: entry('1') })?.since], ['1', startMs]);
  assert.equal(version({ cart: entry('2') })?.version, '2');
  assert.equal(version({})?.version, '2', 'the one recorded last');
});

test('a service of the spec of which nothing was recorded is missing', () => {
  const { statuses } = scene();
  const services = { constructor: { version: '7', replicas: 3, parameters: {}, ports: {} } };
  const { cells } = statuses.of(recordedOf([], { spec: { environment: 'dev', services } }));
  const { health, version, running: count, replicas, since } = cells.get('constructor') ?? {};
  assert.deepEqual([health, version, count, replicas, since], ['missing', '7', 0, 3, 5]);
});

test('nothing is worked out again while nothing was recorded or seen', () => {
  const { statuses, see } = scene();
  const recorded = recordedOf([item(web)]);
  see(running(web, 2));
  const first = statuses.of(recorded);
  assert.equal(statuses.of(recorded), first);
  see(running(web, 2));
  assert.notEqual(statuses.of(recorded), first);
  const second = statuses.of(recorded);
  assert.notEqual(statuses.of({ ...recorded }), second);
});
