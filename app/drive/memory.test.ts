import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepsOf, targetAfter } from '../../core/plan.ts';
import { goalKey } from '../../core/rollout/decide.ts';
import type { Rollout } from '../../core/rollout/state.ts';
import type { SeenWorkload } from '../../core/sighting.ts';
import { sampleSeen, sampleTask, sketchPlan } from '../../core/testing/world.ts';
import { createManualClock } from '../../engine/testing/manual-clock.ts';
import { beginRound, createMemory, takeIn } from './memory.ts';
import { standingIn } from './standing.ts';
import { createNotes } from './notes.ts';
import { createStarts } from './starts.ts';

const { plan, targets } = sketchPlan([[{ kind: 'update', service: 'cart' }]]);
const [step] = stepsOf(plan);
assert.ok(step?.change.kind === 'update');
const goal = { step, target: targetAfter(step) };
const [before, after] = [targets.get(step.change.from), targets.get(step.change.to)];
assert.ok(before !== undefined && after !== undefined);

const asItWas = sampleSeen(before, 'd-0', [sampleTask(before)]);
const asWritten = sampleSeen(after, 'd-1', [
  sampleTask(before, { id: 't1', current: false }),
  sampleTask(after, { id: 't2', state: 'starting' }),
]);

/** A step of which one task may start, written at 0 ms. */
function scene() {
  const clock = createManualClock(1_000_000);
  const starts = createStarts();
  const parts = { clock, starts, notes: createNotes() };
  const memory = createMemory(targets);
  const accepted = { deployment: 'd-1', environment: 'dev', onFailure: 'roll-back' } as const;
  const rollout: Rollout = {
    phase: 'advancing',
    accepted,
    cancel: null,
    steps: { [goal.step.id]: { kind: 'started' } },
  };
  const writing = { overlaps: () => false, taken: () => ({ atMs: 0, target: goal.target, limit: null }) };
  const sightOf = (seen: SeenWorkload) => ({ kind: 'seen', workloads: new Map([[goal.step.id, seen]]) }) as const;
  const standing = standingIn(targets, goal, sightOf(asItWas));
  assert.ok(standing);
  starts.ask({ deployment: 'd-1', goal }, standing, { most: 5, isRollback: false });
  return {
    clock,
    /** Looks; gives how many tasks count as starting then, and whether the goal is to be left alone. */
    look: (seen: SeenWorkload) => {
      beginRound(parts, { id: 'd-1', plan, rollout }, memory);
      const sights = new Map([['fe', { view: sightOf(seen), askedMs: clock.monotonic() }]]);
      takeIn(parts, { id: 'd-1', plan, rollout }, memory, writing, sights);
      return { underWay: starts.all().get('fe')?.underWay, isLeft: memory.overtaken.has(goal.step.id) };
    },
  };
}

test('a look that does not show a write that was just taken frees nothing of its share, and leads to no other write', async () => {
  const { clock, look } = scene();
  assert.deepEqual(look(asItWas), { underWay: 1, isLeft: true });
  assert.deepEqual(look(asWritten), { underWay: 1, isLeft: false });
  await clock.pass(3_000);
  assert.deepEqual(look({ ...asWritten, replicas: 0 }), { underWay: 1, isLeft: true });
  assert.deepEqual(look(sampleSeen(after, 'd-1', [sampleTask(after)])), { underWay: 0, isLeft: false });
});

test('a write that is not seen 5 s after it was taken was undone: its share is free', async () => {
  const { clock, look } = scene();
  await clock.pass(4_999);
  assert.deepEqual(look(asItWas), { underWay: 1, isLeft: true });
  await clock.pass(1);
  assert.deepEqual(look(asItWas), { underWay: 0, isLeft: false });
});

test('what was observed on the way forward is not held against the way back, even to a target of the same name', () => {
  const clock = createManualClock(1_000_000);
  const parts = { clock, starts: createStarts(), notes: createNotes() };
  const memory = createMemory(targets);
  const accepted = { deployment: 'd-1', environment: 'dev', onFailure: 'roll-back' } as const;
  const steps = { [goal.step.id]: { kind: 'started' } } as const;
  beginRound(parts, { id: 'd-1', plan, rollout: { phase: 'advancing', accepted, cancel: null, steps } }, memory);
  const observed = {
    lookedAtMs: 0,
    wasComplete: true,
    observedMs: 60_000,
    reachedMs: null,
    blindMs: 0,
    runningMost: 0,
  };
  memory.attention = new Map([[goalKey(goal), observed]]);
  memory.refusals.set(goalKey(goal), { code: 'engine.refused', message: 'no' });
  const cause = { kind: 'cancelled', by: 'somebody', left: false } as const;
  beginRound(parts, { id: 'd-1', plan, rollout: { phase: 'reverting', accepted, cause, steps } }, memory);
  assert.deepEqual([memory.attention.size, memory.refusals.size], [0, 0]);
});
