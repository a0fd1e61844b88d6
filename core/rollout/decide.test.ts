import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cause } from '../outcome.ts';
import { stepsOf, targetBefore } from '../plan.ts';
import { sampleSeen, sampleTask, sketchPlan } from '../testing/world.ts';
import type { Target } from '../workload.ts';
import { attend } from './attention.ts';
import { decide, goalKey, type ClusterView, type View } from './decide.ts';
import type { Rollout, StepProgress } from './state.ts';

const { plan, targets } = sketchPlan([[{ kind: 'update', service: 'cart' }]]);
const [step] = stepsOf(plan);
assert.ok(step?.change.kind === 'update');
const { id } = step;
const goal = { step, target: targetBefore(step) };

const cancelled: Cause = { kind: 'cancelled', by: 'somebody', left: false };
const unreachable: Cause = { kind: 'engine-unreachable', step: id, cluster: 'fe', message: 'away', budgetMs: 600_000 };

/** A deployment on its way back, for a reason, with what failed of its one step. */
function reverting(cause: Cause, failure: Cause | null): Rollout {
  const accepted = { deployment: 'd-1', environment: 'dev', onFailure: 'roll-back' } as const;
  const progress: StepProgress = { kind: 'reverting', cause: failure };
  return { phase: 'reverting', accepted, cause, steps: { [id]: progress } };
}

function viewOf(cluster: ClusterView, change: Partial<View>): View {
  return {
    clusters: { fe: cluster },
    targets,
    attention: new Map(),
    refusals: new Map(),
    limited: new Set(),
    busy: new Set(),
    stepsAtOnce: { fe: 1 },
    blindBudgetMs: 600_000,
    ...change,
  };
}

/** Silent for so long, by looks one second apart. */
function silentFor(seconds: number): View {
  let attention = attend(undefined, { kind: 'unwritten' }, 0);
  for (let second = 1; second <= seconds; second++) attention = attend(attention, null, second * 1_000);
  return viewOf({ kind: 'blind', message: 'away' }, { attention: new Map([[goalKey(goal), attention]]) });
}

test('a cluster that used up its budget on the way forward gets a short one on the way back', () => {
  const failsAfter = (rollout: Rollout) =>
    [60, 61, 600, 601].find((seconds) => decide(plan, rollout, silentFor(seconds)).events.length > 0);
  assert.equal(failsAfter(reverting(unreachable, unreachable)), 61);
  assert.equal(failsAfter(reverting(unreachable, null)), 61, 'another step on the same cluster');
  assert.equal(failsAfter(reverting({ ...unreachable, cluster: 'be' }, null)), 601);
  assert.equal(failsAfter(reverting(cancelled, null)), 601);
});

/** The step's update is under way: one replica serves, the other is being replaced, stop-first. */
function underWay(): View {
  const stopFirst = (target: Target): Target => ({
    ...target,
    workload: { ...target.workload, replicas: 2 },
    policy: { ...target.policy, order: 'stop-first', monitorMs: 5_000 },
  });
  const ours = new Map([...targets].map(([digest, target]) => [digest, stopFirst(target)]));
  const after = ours.get(step?.change.kind === 'update' ? step.change.to : '');
  assert.ok(after);
  const tasks = [sampleTask(after, { id: 't1' }), sampleTask(after, { id: 't2', state: 'starting' })];
  const seen = { ...sampleSeen(after, 'd-1', tasks), updating: true };
  return viewOf({ kind: 'seen', workloads: new Map([[id, seen]]) }, { targets: ours });
}

test('a way back over an update that goes well waits and says so; what failed itself is taken back at once', () => {
  const held = decide(plan, reverting(cancelled, null), underWay());
  assert.deepEqual([held.writes, held.held, held.events], [[], [goal], []]);
  const failure: Cause = {
    kind: 'deadline',
    step: id,
    deadlineMs: 1,
    message: 'late',
    task: null,
    logs: null,
    hint: null,
  };
  const written = decide(plan, reverting(failure, failure), underWay());
  assert.deepEqual([written.writes, written.held], [[goal], []]);
});

test('a way back that has waited for its time is written although the update goes on', () => {
  const view = underWay();
  let attention = attend(undefined, { kind: 'unwritten' }, 0);
  for (let second = 1; second <= 5; second++) attention = attend(attention, { kind: 'unwritten' }, second * 1_000);
  const later = { ...view, attention: new Map([[goalKey(goal), attention]]) };
  assert.deepEqual(decide(plan, reverting(cancelled, null), later).writes, [goal]);
});
