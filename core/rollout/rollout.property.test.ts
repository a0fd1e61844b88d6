import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { DeploymentEvent } from '../event.ts';
import { stepsOf, targetAfter, targetBefore } from '../plan.ts';
import type { SeenWorkload } from '../sighting.ts';
import { spotName } from '../workload.ts';
import { sampleSeen, sampleTask, sketchPlan, type PlannedWorld, type StepSketch } from '../testing/world.ts';
import { attend, type Attention } from './attention.ts';
import { assessIn, decide, goalKey, watched, type Refusal, type View, type Write } from './decide.ts';
import { expectationOf } from './expectation.ts';
import { permit } from './permit.ts';
import { noRollout, progressOf, stepsIn, type Rollout } from './state.ts';
import { fold, step } from './step.ts';

/** What a service's new version does once it is written. */
type Behaviour = 'healthy' | 'crashes' | 'never-healthy' | 'refused';

/** What happens around one round of the driver. */
type Happening =
  | 'nothing'
  | 'killed-before-record'
  | 'killed-before-write'
  | 'answer-lost'
  | 'blind'
  | 'cancel'
  | 'cancel-leave'
  | 'conflict';

const deployment = 'd-1';
const stepsAtOnce = 2;
const reached = new Set<string>();

const kinds = fc.constantFrom<StepSketch['kind']>('create', 'update', 'remove');
const wavesOf = fc
  .array(fc.array(kinds, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((waves) => waves.map((wave, w) => wave.map((kind, s): StepSketch => ({ kind, service: `s${w}${s}` }))));

const scenario = fc.record({
  waves: wavesOf,
  behaviours: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant<Behaviour>('healthy') },
      { weight: 4, arbitrary: fc.constantFrom<Behaviour>('crashes', 'never-healthy', 'refused') },
    ),
    { minLength: 9, maxLength: 9 },
  ),
  rollbackWorks: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  onFailure: fc.oneof(
    { weight: 4, arbitrary: fc.constant('roll-back' as const) },
    { weight: 1, arbitrary: fc.constant('leave' as const) },
  ),
  happenings: fc.array(
    fc.oneof(
      { weight: 10, arbitrary: fc.constant<Happening>('nothing') },
      {
        weight: 5,
        arbitrary: fc.constantFrom<Happening>(
          'killed-before-record',
          'killed-before-write',
          'answer-lost',
          'blind',
          'conflict',
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom<Happening>('cancel', 'cancel-leave') },
    ),
    { maxLength: 60, size: 'max' },
  ),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** An engine in memory, just real enough: what was written, and how that behaves. */
class World {
  readonly objects = new Map<string, SeenWorkload>();
  readonly planned: PlannedWorld;
  readonly scenario: Scenario;
  /** Writes whose answer was lost: they land a round later, if their object is still the one they were made for. */
  late: { readonly goal: Write; readonly seen: SeenWorkload | undefined }[] = [];

  constructor(planned: PlannedWorld, of: Scenario) {
    this.planned = planned;
    this.scenario = of;
    for (const planStep of stepsOf(planned.plan)) {
      const before = targetBefore(planStep);
      const target = before === null ? undefined : planned.targets.get(before);
      if (target !== undefined) this.objects.set(planStep.id, sampleSeen(target, 'd-0', [sampleTask(target)]));
    }
  }

  behaviourOf(id: string): Behaviour {
    const index = stepsOf(this.planned.plan).findIndex((it) => it.id === id);
    return this.scenario.behaviours[index] ?? 'healthy';
  }

  write({ step: planStep, target }: Write): Refusal | null {
    if (target === null) {
      this.objects.delete(planStep.id);
      return null;
    }
    const goal = this.planned.targets.get(target);
    assert.ok(goal);
    const forward = target === targetAfter(planStep);
    const behaviour = forward
      ? this.behaviourOf(planStep.id)
      : this.scenario.rollbackWorks
        ? 'healthy'
        : 'never-healthy';
    if (behaviour === 'refused') return { code: 'engine.refused', message: 'no' };
    const state = behaviour === 'healthy' ? 'running' : behaviour === 'crashes' ? 'failed' : 'starting';
    this.objects.set(
      planStep.id,
      sampleSeen(goal, deployment, [sampleTask(goal, { state, wanted: state !== 'failed' })]),
    );
    return null;
  }
}

interface Run {
  readonly events: readonly DeploymentEvent[];
  readonly rollout: Rollout;
  readonly world: World;
}

/** Drives one deployment through a scenario; fails on the first illegal move or when it does not end. */
function run(of: Scenario): Run {
  const world = new World(sketchPlan(of.waves), of);
  const { plan, targets } = world.planned;
  const events: DeploymentEvent[] = [];
  let rollout: Rollout = noRollout;
  const record = (event: DeploymentEvent) => {
    assert.equal(permit(plan, rollout, event), null, `${event.kind} in ${rollout.phase}`);
    rollout = step(rollout, event);
    events.push(event);
    reached.add(rollout.phase);
    for (const progress of Object.values(stepsIn(rollout))) reached.add(progress.kind);
  };
  record({
    kind: 'deployment-accepted',
    deployment,
    environment: 'dev',
    plan: 'p',
    services: [],
    onFailure: of.onFailure,
    restores: null,
    reason: 'test',
  });
  record({ kind: 'deployment-started', deployment, generation: 1 });
  let attention = new Map<string, Attention>();
  let refusals = new Map<string, Refusal>();
  let nowMs = 0;
  for (let round = 0; rollout.phase !== 'ended'; round++) {
    assert.ok(round < 600, 'the deployment does not end');
    const happening = of.happenings[round] ?? 'nothing';
    nowMs += 1_000;
    for (const { goal, seen } of world.late.splice(0)) if (world.objects.get(goal.step.id) === seen) world.write(goal);
    if (happening === 'cancel' || happening === 'cancel-leave') {
      const event = {
        kind: 'cancel-requested',
        deployment,
        by: 'somebody',
        leave: happening === 'cancel-leave',
      } as const;
      if (permit(plan, rollout, event) === null) record(event);
    }
    if (happening.startsWith('killed')) [attention, refusals] = [new Map(), new Map()];
    const cluster: View['clusters'][string] =
      happening === 'blind' ? { kind: 'blind', message: 'down' } : { kind: 'seen', workloads: new Map(world.objects) };
    const clusters = { fe: cluster };
    attention = new Map(
      watched(plan, rollout).map((goal) => [
        goalKey(goal),
        attend(attention.get(goalKey(goal)), assessIn({ clusters, targets }, deployment, goal), nowMs),
      ]),
    );
    const view: View = {
      clusters,
      targets,
      attention,
      refusals,
      limited: new Set(),
      busy: new Set(),
      stepsAtOnce: { fe: stepsAtOnce },
      blindBudgetMs: 30_000,
    };
    for (let decision = decide(plan, rollout, view); ; decision = decide(plan, rollout, view)) {
      if (happening === 'killed-before-record' || happening === 'conflict') break;
      decision.events.forEach(record);
      if (decision.events.length > 0) continue;
      if (happening === 'killed-before-write') break;
      for (const goal of decision.writes) {
        if (happening === 'answer-lost') world.late.push({ goal, seen: world.objects.get(goal.step.id) });
        else {
          const refusal = world.write(goal);
          if (refusal !== null) refusals.set(goalKey(goal), refusal);
        }
      }
      break;
    }
  }
  return { events, rollout, world };
}

function runs(check: (run: Run) => void): void {
  fc.assert(
    fc.property(scenario, (of) => check(run(of))),
    { numRuns: 1_500 },
  );
}

test('every deployment ends, whatever happens around it, and makes only legal moves', () => {
  runs(({ rollout }) => assert.equal(rollout.phase, 'ended'));
});

test('the outcome tells what runs: the new where it succeeded, the old where it was rolled back', () => {
  runs(({ rollout, world }) => {
    assert.ok(rollout.phase === 'ended');
    reached.add(rollout.outcome);
    if (rollout.outcome !== 'succeeded' && rollout.outcome !== 'rolled-back') return;
    for (const planStep of stepsOf(world.planned.plan)) {
      const digest: string | null = rollout.outcome === 'succeeded' ? targetAfter(planStep) : targetBefore(planStep);
      const wanted: string | undefined = digest === null ? undefined : world.planned.targets.get(digest)?.hash;
      assert.equal(
        world.objects.get(planStep.id)?.workload ?? undefined,
        wanted,
        `${planStep.id} after ${rollout.outcome}`,
      );
    }
  });
});

test('what an unfinished deployment is expected to leave is what it leaves, unless something new happens to it', () => {
  runs(({ events, rollout, world }) => {
    assert.ok(rollout.phase === 'ended');
    const { plan, targets } = world.planned;
    const ways = events.slice(0, -1).map((_, index) => expectationOf(plan, fold(events.slice(0, index + 1))));
    assert.equal(expectationOf(plan, rollout), null, 'nothing more is expected of what has ended');
    const last = ways.at(-1) ?? null;
    if (rollout.outcome === 'succeeded')
      assert.ok(ways.every((it) => it?.way === 'on' && it.spots.length === stepsOf(plan).length));
    if (rollout.outcome === 'rolled-back' && rollout.cause?.kind !== 'engine-refused') assert.equal(last?.way, 'back');
    if (rollout.outcome !== 'succeeded' && rollout.outcome !== 'rolled-back') return;
    for (const { spot, target } of last?.spots ?? []) {
      const runs: string | undefined = world.objects.get(spotName(spot))?.workload ?? undefined;
      assert.equal(runs, target === null ? undefined : targets.get(target)?.hash, spotName(spot));
    }
  });
});

test('an outcome other than success carries its cause', () => {
  runs(({ rollout }) => {
    assert.ok(rollout.phase === 'ended');
    assert.equal(rollout.cause === null, rollout.outcome === 'succeeded');
  });
});

test('a rollback is never rolled back, and starts at most once', () => {
  runs(({ events }) => {
    assert.ok(events.filter((event) => event.kind === 'rollback-started').length <= 1);
    const began = events.findIndex((event) => event.kind === 'rollback-started');
    if (began === -1) return;
    const later = events.slice(began + 1).map((event) => event.kind);
    assert.ok(
      later.every((kind) => kind.startsWith('revert-') || kind === 'deployment-ended'),
      later.join(' '),
    );
  });
});

test('a wave begins only when every step before it is verified, and is reverted only after every later one', () => {
  runs(({ events, world }) => {
    const waveOf = new Map(world.planned.plan.waves.flatMap((wave, index) => wave.map((it) => [it.id, index])));
    let state: Rollout = noRollout;
    for (const event of events) {
      if (event.kind === 'step-started') {
        const before = world.planned.plan.waves.slice(0, waveOf.get(event.step) ?? 0).flat();
        assert.ok(before.every((it) => progressOf(stepsIn(state), it.id).kind === 'verified'));
      }
      if (event.kind === 'revert-started') {
        const behind = world.planned.plan.waves.slice((waveOf.get(event.step) ?? 0) + 1).flat();
        assert.ok(
          behind.every((it) =>
            ['waiting', 'reverted', 'revert-failed'].includes(progressOf(stepsIn(state), it.id).kind),
          ),
        );
      }
      state = step(state, event);
    }
  });
});

test('no more steps are under way at once on a cluster than it takes, forward and back', () => {
  runs(({ events }) => {
    let state: Rollout = noRollout;
    for (const event of events) {
      state = step(state, event);
      if (event.kind !== 'step-started' && event.kind !== 'revert-started') continue;
      const kind = event.kind === 'step-started' ? 'started' : 'reverting';
      const underWay = Object.values(stepsIn(state)).filter((progress) => progress.kind === kind);
      assert.ok(underWay.length <= stepsAtOnce, `${underWay.length} under way`);
    }
  });
});

test('replaying the recorded events gives the state that the driver had', () => {
  runs(({ events, rollout }) => assert.deepEqual(fold(events), rollout));
});

test('nothing may follow an end, and folding anything onto it changes nothing', () => {
  runs(({ events, rollout, world }) => {
    for (const event of events) {
      assert.notEqual(permit(world.planned.plan, rollout, event), null);
      assert.deepEqual(step(rollout, event), rollout);
    }
  });
});

test('a moved, doubled or dropped move is refused somewhere, or leads to the same end', () => {
  fc.assert(
    fc.property(scenario, fc.nat(), fc.nat(), (of, a, b) => {
      const { events, world } = run(of);
      const shuffled = [...events];
      const [taken] = shuffled.splice(a % shuffled.length, 1);
      if (taken !== undefined) shuffled.splice(b % (shuffled.length + 1), 0, taken);
      let state: Rollout = noRollout;
      for (const event of shuffled) {
        if (permit(world.planned.plan, state, event) !== null) return;
        state = step(state, event);
      }
      assert.equal(state.phase, 'ended');
      assert.deepEqual({ ...state, steps: {} }, { ...fold(events), steps: {} });
    }),
    { numRuns: 500 },
  );
});

after(() => {
  const expected = [
    'queued',
    'advancing',
    'reverting',
    'ended',
    'started',
    'verified',
    'failed',
    'reverted',
    'revert-failed',
  ];
  const outcomes = ['succeeded', 'failed', 'rolled-back', 'rollback-failed', 'cancelled'];
  assert.deepEqual(
    [...expected, ...outcomes].filter((state) => !reached.has(state)),
    [],
    'states that no run reached',
  );
});
