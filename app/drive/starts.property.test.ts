import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../core/hash.ts';
import { stepsOf, targetBefore, type Plan, type Step, type StepChange } from '../../core/plan.ts';
import { decide, goalKey, watched, type ClusterView } from '../../core/rollout/decide.ts';
import { noRollout, type Rollout } from '../../core/rollout/state.ts';
import { step as foldStep } from '../../core/rollout/step.ts';
import { sampleTarget } from '../../core/testing/world.ts';
import { spotName, type Target, type UpdatePolicy } from '../../core/workload.ts';
import { RollingCluster } from '../testing/rolling-cluster.ts';
import { beginRound, clustersIn, createMemory, takeIn, type Memory } from './memory.ts';
import { standingIn } from './standing.ts';
import { createNotes } from './notes.ts';
import { createStarts, type Starts } from './starts.ts';

/** One step of a random plan. */
interface StepSketch {
  readonly kind: 'create' | 'update' | 'scale' | 'remove';
  readonly before: number;
  readonly after: number;
  readonly parallelism: number;
  readonly order: UpdatePolicy['order'];
  /** How long each new task takes to start, in ms; null: it never comes to run. */
  readonly startMs: number | null;
  readonly policy?: Partial<UpdatePolicy>;
}

const stepSketch: fc.Arbitrary<StepSketch> = fc.record({
  kind: fc.constantFrom('create', 'update', 'update', 'scale', 'remove'),
  before: fc.integer({ min: 1, max: 5 }),
  after: fc.integer({ min: 1, max: 5 }),
  parallelism: fc.integer({ min: 0, max: 3 }),
  order: fc.constantFrom('start-first', 'stop-first'),
  startMs: fc.constantFrom(300, 1_200, 2_500),
});
const wavesOf = (of: fc.Arbitrary<StepSketch>) =>
  fc.array(fc.array(of, { minLength: 1, maxLength: 3, size: 'max' }), { minLength: 1, maxLength: 2, size: 'max' });
const scenarioOf = (of: fc.Arbitrary<StepSketch>, limit: fc.Arbitrary<number>) =>
  fc.record({
    limit,
    deployments: fc.array(wavesOf(of), { minLength: 2, maxLength: 4, size: 'max' }),
    /** By round: whose look fails, as bits; 15 is a cluster that is away for everybody. */
    blind: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 6, 15), { maxLength: 40, size: 'max' }),
    /** In which rounds another driver takes over. */
    takeovers: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3, size: 'max' }),
  });
type Scenario = ReturnType<typeof scenarioOf> extends fc.Arbitrary<infer T> ? T : never;

/** A deployment with the driver's memory of it. */
interface Course {
  readonly id: string;
  readonly plan: Plan;
  readonly targets: ReadonlyMap<string, Target>;
  rollout: Rollout;
  memory: Memory;
}

function planOf(deployment: string, waves: readonly (readonly StepSketch[])[], startMs: Map<string, number | null>) {
  const targets = new Map<string, Target>();
  const remember = (target: Target, ms: number | null) => {
    targets.set(digestOf(target), target);
    startMs.set(target.hash, ms);
    return digestOf(target);
  };
  const toStep = (sketch: StepSketch, name: string): Step => {
    const { kind, before, after: replicas, parallelism, order } = sketch;
    const spot = { cluster: 'fe', service: `${deployment}-${name}`, component: 'web' };
    const of = (release: string, count: number): Target => {
      const target = sampleTarget(spot, release, { replicas: count });
      return { ...target, policy: { ...target.policy, parallelism, order, monitorMs: 1_000, ...sketch.policy } };
    };
    const from = remember(of('1', before), 300);
    const to = remember(of(kind === 'scale' ? '1' : '2', replicas), sketch.startMs);
    const change: StepChange =
      kind === 'create'
        ? { kind, to }
        : kind === 'remove'
          ? { kind, from }
          : kind === 'scale'
            ? { kind, from, to, fromReplicas: before, toReplicas: replicas }
            : { kind, from, to, fields: [], restarts: true };
    return { id: spotName(spot), spot, change, fromRelease: '1', toRelease: '2', notes: [] };
  };
  const plan: Plan = {
    environment: 'dev',
    baseRevision: 0,
    platformRevision: 1,
    changes: {},
    waves: waves.map((wave, w) => wave.map((sketch, s) => toStep(sketch, `s${w}${s}`))),
    simulated: [],
    unchanged: [],
  };
  return { plan, targets };
}

function courseOf(id: string, waves: readonly (readonly StepSketch[])[], startMs: Map<string, number | null>): Course {
  const { plan, targets } = planOf(id, waves, startMs);
  const accepted = { deployment: id, environment: 'dev', onFailure: 'roll-back' } as const;
  const rollout = foldStep(
    { phase: 'queued', accepted, cancel: null },
    {
      kind: 'deployment-started',
      deployment: id,
      generation: 1,
    },
  );
  assert.notEqual(rollout, noRollout);
  return { id, plan, targets, rollout, memory: createMemory(targets) };
}

/** One round of one deployment's driver, as `follow` goes it. */
function round(
  course: Course,
  cluster: RollingCluster,
  starts: Starts,
  of: { readonly limit: number; readonly isBlind: boolean },
) {
  const { id, plan, memory } = course;
  const clock = { now: () => cluster.nowMs, monotonic: () => cluster.nowMs };
  const parts = { clock: { ...clock, sleep: never, timeout: () => AbortSignal.abort() }, starts, notes: createNotes() };
  beginRound(parts, course, memory);
  const view: ClusterView = of.isBlind ? { kind: 'blind', message: 'away' } : cluster.view();
  const sights = new Map([['fe', { view, askedMs: cluster.nowMs }]]);
  takeIn(parts, course, memory, { overlaps: () => false, taken: () => null }, sights);
  const clusters = clustersIn(memory, ['fe'], sights);
  for (;;) {
    const limited = watched(plan, course.rollout).filter((goal) => starts.pace({ deployment: id, goal }) === 'limited');
    const { events, writes } = decide(plan, course.rollout, {
      clusters,
      targets: course.targets,
      attention: memory.attention,
      refusals: memory.refusals,
      limited: new Set(limited.map(goalKey)),
      busy: new Set(),
      stepsAtOnce: { fe: 10 },
      blindBudgetMs: 600_000,
    });
    for (const event of events) course.rollout = foldStep(course.rollout, event);
    if (events.length > 0) continue;
    const isRollback = course.rollout.phase === 'reverting';
    for (const goal of writes) {
      const standing = standingIn(course.targets, goal, clusters['fe']);
      const target = goal.target === null ? undefined : course.targets.get(goal.target);
      if (standing === null || target === undefined) cluster.services.delete(goal.step.id);
      else {
        const share = starts.ask({ deployment: id, goal }, standing, { most: of.limit, isRollback });
        if (share !== null) cluster.apply(goal.step.id, target, id, share.limit);
      }
    }
    break;
  }
  if (course.rollout.phase === 'ended') starts.keep(id, []);
}

async function never(): Promise<void> {
  await Promise.reject(new Error('nothing sleeps here'));
}

/** Another driver: it knows the ledger, and nothing else. */
function takeOver(courses: readonly Course[], starts: Starts): void {
  starts.reset(courses.map(({ id }) => id));
  for (const course of courses) {
    course.memory = createMemory(course.targets);
    const goals = watched(course.plan, course.rollout).map((goal) => ({
      goal,
      starts: goal.target === null ? 0 : (course.targets.get(goal.target)?.workload.replicas ?? 0),
    }));
    starts.introduce(course.id, goals);
  }
}

const outcomes = new Set<string>();
let ramped = 0;
let waited = 0;

/** Drives all deployments to their ends; gives the most tasks that were starting at once. */
function run(of: Scenario): number {
  const startMs = new Map<string, number | null>();
  const courses = of.deployments.map((waves, index) => courseOf(`d${index}`, waves, startMs));
  const cluster = new RollingCluster(startMs);
  for (const { plan, targets } of courses) {
    for (const planStep of stepsOf(plan)) {
      const before = targets.get(targetBefore(planStep) ?? '');
      if (before !== undefined) cluster.apply(planStep.id, before, 'd-before', null);
    }
  }
  for (const service of cluster.services.values()) for (const task of service.tasks) task.state = 'running';
  const starts = createStarts();
  let most = 0;
  for (let turn = 0; courses.some(({ rollout }) => rollout.phase !== 'ended'); turn++) {
    assert.ok(turn < 600, 'some deployment does not end');
    const open = courses.filter(({ rollout }) => rollout.phase !== 'ended');
    if (of.takeovers.includes(turn)) takeOver(open, starts);
    for (const course of open) {
      const isBlind = (((of.blind[turn] ?? 0) >> courses.indexOf(course)) & 1) === 1;
      round(course, cluster, starts, { limit: of.limit, isBlind });
      most = Math.max(most, cluster.starting());
      if (starts.waits(course.id, 'fe')) waited++;
      cluster.pass(100);
      most = Math.max(most, cluster.starting());
    }
    for (const [id, { target, limit }] of cluster.services)
      if (limit.replicas < target.workload.replicas && id) ramped++;
    cluster.pass(600);
    most = Math.max(most, cluster.starting());
  }
  for (const { rollout } of courses) if (rollout.phase === 'ended') outcomes.add(rollout.outcome);
  return most;
}

const few = fc.integer({ min: 1, max: 6 });

test('deployments of healthy services all succeed, and never let more tasks start at once than the cluster allows', () => {
  fc.assert(
    fc.property(scenarioOf(stepSketch, few), (of) => {
      outcomes.clear();
      assert.ok(run(of) <= of.limit, `more than ${of.limit} were starting`);
      assert.deepEqual([...outcomes], ['succeeded']);
    }),
    { numRuns: 120 },
  );
});

test('with room for one task at a time every deployment still comes to its end', () => {
  fc.assert(
    fc.property(scenarioOf(stepSketch, fc.constant(1)), (of) => assert.equal(run(of) <= 1, true)),
    { numRuns: 60 },
  );
});

test('tasks that never start keep nobody else from the end, and going back costs at most one start more', () => {
  const sick = fc.oneof({ weight: 2, arbitrary: stepSketch }, { weight: 1, arbitrary: stepSketch.map(toSick) });
  fc.assert(
    fc.property(scenarioOf(sick, few), (of) =>
      assert.ok(run(of) <= of.limit + 1, `more than ${of.limit} were starting`),
    ),
    { numRuns: 120 },
  );
});

const cancelled = fc.record({
  replicas: fc.integer({ min: 2, max: 4 }),
  startMs: fc.constantFrom(300, 1_200, 2_500),
  turns: fc.integer({ min: 1, max: 14 }),
});

test('stop-first and one at a time, a way back in the middle of an update takes no second replica away', () => {
  fc.assert(
    fc.property(cancelled, ({ replicas, startMs, turns }) => {
      const sketch = {
        kind: 'update',
        before: replicas,
        after: replicas,
        parallelism: 1,
        order: 'stop-first',
      } as const;
      const policy = { monitorMs: 15_000, deadlineMs: 60_000 };
      const times = new Map<string, number | null>();
      const course = courseOf('d0', [[{ ...sketch, startMs, policy }]], times);
      const cluster = new RollingCluster(times);
      const [only] = stepsOf(course.plan);
      const before = course.targets.get((only === undefined ? null : targetBefore(only)) ?? '');
      assert.ok(only !== undefined && before !== undefined);
      cluster.apply(only.id, before, 'd-before', null);
      for (const task of cluster.services.get(only.id)?.tasks ?? []) task.state = 'running';
      const starts = createStarts();
      for (let turn = 0; course.rollout.phase !== 'ended'; turn++) {
        assert.ok(turn < 600, 'it does not end');
        const cancel = { kind: 'cancel-requested', deployment: 'd0', by: 'somebody', leave: false } as const;
        if (turn === turns) course.rollout = foldStep(course.rollout, cancel);
        round(course, cluster, starts, { limit: 20, isBlind: false });
        for (let part = 0; part < 7; part++) {
          assert.ok(cluster.serving(only.id) >= replicas - 1, `${cluster.serving(only.id)} of ${replicas} serve`);
          cluster.pass(100);
        }
      }
      assert.equal(course.rollout.outcome, 'cancelled');
    }),
    { numRuns: 100 },
  );
});

function toSick(sketch: StepSketch): StepSketch {
  return { ...sketch, startMs: null };
}

after(() => {
  assert.ok(ramped > 0, 'nothing was ever ramped');
  assert.ok(waited > 0, 'nothing ever waited');
  assert.ok(outcomes.has('rolled-back') || outcomes.has('succeeded'));
});
