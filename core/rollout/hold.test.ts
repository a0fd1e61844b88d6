import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../hash.ts';
import type { Step, StepChange } from '../plan.ts';
import type { SeenTask, SeenWorkload } from '../sighting.ts';
import { sampleSeen, sampleTarget, sampleTask } from '../testing/world.ts';
import type { Target, UpdatePolicy } from '../workload.ts';
import { waitsForUpdate, type Overwrite } from './hold.ts';

const spot = { cluster: 'fe', service: 'cart', component: 'web' };
const targetOf = (release: string, policy: Partial<UpdatePolicy> = {}): Target => {
  const target = sampleTarget(spot, release, { replicas: 3 });
  return { ...target, policy: { ...target.policy, order: 'stop-first', parallelism: 1, monitorMs: 5_000, ...policy } };
};
const before = targetOf('1');
const after = targetOf('2');
const stepOf = (change: StepChange): Step => ({
  id: 'fe/cart/web',
  spot,
  change,
  fromRelease: '1',
  toRelease: '2',
  notes: [],
});
const [from, to] = [digestOf(before), digestOf(after)];
const step = stepOf({ kind: 'update', from, to, fields: [], restarts: true });

/** An update under way: one of three is through, one is being replaced. */
function seenOf(second: Partial<SeenTask>, change: Partial<SeenWorkload> = {}): SeenWorkload {
  const tasks = [
    sampleTask(after, { id: 't1' }),
    sampleTask(after, { id: 't2', state: 'starting', ...second }),
    sampleTask(before, { id: 't3', current: false }),
  ];
  return { ...sampleSeen(after, 'd-1', tasks), updating: true, ...change };
}

/** Whether the way back to the first version waits. */
const waits = (change: Partial<Overwrite>) =>
  waitsForUpdate({ step, target: before, from: after, seen: seenOf({}), dueMs: 0, ...change });

test('a write over an update that has a task on its way waits, until all of it runs', () => {
  assert.ok(waits({}));
  assert.ok(waits({ seen: seenOf({ state: 'waiting' }) }));
  assert.ok(!waits({ seen: seenOf({ state: 'running' }) }));
});

test('it waits for the monitor time, 15 s or a quarter of the deadline, whichever is shortest', () => {
  const untilMs = (policy: Partial<UpdatePolicy>) =>
    [0, 4_999, 5_000, 14_999, 15_000].filter((dueMs) => waits({ target: targetOf('1', policy), dueMs })).at(-1);
  assert.equal(untilMs({ deadlineMs: 600_000 }), 4_999);
  assert.equal(untilMs({ deadlineMs: 600_000, monitorMs: 60_000 }), 14_999);
  assert.equal(untilMs({ deadlineMs: 4_000, monitorMs: 60_000 }), 0);
  assert.equal(untilMs({ monitorMs: 0 }), undefined);
});

test('what fails, or is paused, stalled or over already, is not waited for', () => {
  const failed = sampleTask(after, { id: 't0', state: 'failed', wanted: false });
  const failing = seenOf({});
  assert.ok(!waits({ seen: { ...failing, tasks: [...failing.tasks, failed] } }));
  assert.ok(waits({ seen: { ...failing, tasks: [...failing.tasks, { ...failed, current: false }] } }));
  for (const change of [{ updatePaused: true }, { stalled: true }, { updating: false }, { tombstone: true }])
    assert.ok(!waits({ seen: seenOf({}, change) }), JSON.stringify(change));
  assert.ok(!waits({ seen: null }));
});

test('where nothing serves there is nothing to lose', () => {
  const seen = seenOf({});
  assert.ok(!waits({ seen: { ...seen, tasks: seen.tasks.filter(({ state }) => state !== 'running') } }));
});

test('a write that takes no serving replica away, or may take all of them, does not wait', () => {
  assert.ok(!waits({ target: targetOf('1', { order: 'start-first' }) }));
  for (const parallelism of [0, 3]) assert.ok(!waits({ target: targetOf('1', { parallelism }) }));
  assert.ok(waits({ target: targetOf('1', { parallelism: 2 }) }));
  assert.ok(!waits({ step: stepOf({ kind: 'scale', from, to, fromReplicas: 3, toReplicas: 4 }) }));
});
