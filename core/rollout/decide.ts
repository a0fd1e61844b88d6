import type { DeploymentEvent } from '../event.ts';
import { inWords, unknownMost, type Cause } from '../outcome.ts';
import { stepsOf, targetAfter, targetBefore, type Plan, type Step } from '../plan.ts';
import type { SeenTask, SeenWorkload } from '../sighting.ts';
import type { Target } from '../workload.ts';
import { assess, type Assessment } from './assess.ts';
import type { Attention } from './attention.ts';
import { waitsForUpdate } from './hold.ts';
import { currentWave, revertWave, touchedSteps } from './position.ts';
import { progressOf, type Rollout, type StepProgress, type Steps } from './state.ts';

/** What a driver knows of one cluster: what it last saw, or why it saw nothing. */
export type ClusterView =
  | { readonly kind: 'seen'; readonly workloads: ReadonlyMap<string, SeenWorkload> }
  | { readonly kind: 'blind'; readonly message: string };

/** An answer of the engine that no repetition will change. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** All that a decision depends on beside plan and state. */
export interface View {
  readonly clusters: { readonly [cluster: string]: ClusterView };
  /** By digest; holds every target of the plan. */
  readonly targets: ReadonlyMap<string, Target>;
  /** By `goalKey`; missing until the driver has looked at this goal once. */
  readonly attention: ReadonlyMap<string, Attention>;
  /** By `goalKey`: the last write was refused. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** By `goalKey`: written with fewer starts at once than the target asks for. */
  readonly limited: ReadonlySet<string>;
  /** Ids of steps for which a write is under way: what is seen of them may be older than its effect. */
  readonly busy: ReadonlySet<string>;
  /** Steps under way at once, by cluster. */
  readonly stepsAtOnce: { readonly [cluster: string]: number };
  /** How long an engine may stay silent before its step fails. */
  readonly blindBudgetMs: number;
}

/** A write that the engine is due: `target` null asks for removal. */
export interface Write {
  readonly step: Step;
  readonly target: string | null;
}

/** Tells one goal of a driver from another: a step on its way forward from the same step on its way back. */
export function goalKey({ step, target }: Write): string {
  return `${step.id} -> ${target ?? 'nothing'}`;
}

/** Record first; what is asked of engines follows from the state that the recorded events lead to. */
export interface Decision {
  readonly events: readonly DeploymentEvent[];
  readonly writes: readonly Write[];
  /** Writes that are due, and wait until the update under way on their object has its tasks running. */
  readonly held: readonly Write[];
}

/** The way that a step goes: back, with why it failed on its way forward, if it did. */
type Way = { readonly direction: 'forward' } | { readonly direction: 'back'; readonly failure: Cause | null };

/** How long after a removal a write that timed out may still appear, in ms. */
const lateWriteMs = 2_000;

/** Deadline of a removal for which no target tells one, in ms. */
const removalDeadlineMs = 180_000;

/** How long an engine may stay silent on the way back when it used up its budget on the way forward, in ms. */
const secondBlindBudgetMs = 60_000;

const nothing: Decision = { events: [], writes: [], held: [] };

/** What to record and what to ask of the engines next. Pure: the same arguments give the same decision. */
export function decide(plan: Plan, state: Rollout, view: View): Decision {
  if (state.phase === 'advancing') return decideAdvance(plan, state, view);
  return state.phase === 'reverting' ? decideRevert(plan, state, view) : nothing;
}

/** The steps that the driver has to look at now, each with the digest of the target it should reach. */
export function watched(plan: Plan, state: Rollout): readonly Write[] {
  const pick = (kind: string, target: (step: Step) => string | null, steps: Steps) =>
    stepsOf(plan).flatMap((step) => (progressOf(steps, step.id).kind === kind ? [{ step, target: target(step) }] : []));
  if (state.phase === 'advancing') return pick('started', targetAfter, state.steps);
  return state.phase === 'reverting' ? pick('reverting', targetBefore, state.steps) : [];
}

/** What the view says of one step's goal; null when its cluster was not seen. */
export function assessIn(
  view: Pick<View, 'clusters' | 'targets'>,
  deployment: string,
  { step, target }: Write,
): Assessment | null {
  const cluster = view.clusters[step.spot.cluster];
  if (cluster === undefined || cluster.kind === 'blind') return null;
  const goal = target === null ? null : view.targets.get(target);
  if (goal === undefined) throw new Error(`the target ${target} of step ${step.id} is not at hand`);
  return assess(deployment, goal, cluster.workloads.get(step.id) ?? null);
}

function decideAdvance(plan: Plan, state: Extract<Rollout, { phase: 'advancing' }>, view: View): Decision {
  const { deployment, onFailure } = state.accepted;
  const failure = firstFailure(plan, state.steps);
  if (failure !== null) {
    if (onFailure === 'leave') return end(deployment, 'failed', failure, unsettled(plan, state.steps));
    return record({ kind: 'rollback-started', deployment, cause: failure });
  }
  if (state.cancel !== null) {
    const cause: Cause = { kind: 'cancelled', by: state.cancel.by, left: state.cancel.leave };
    if (state.cancel.leave || touchedSteps(plan, state.steps).length === 0) {
      return end(deployment, 'cancelled', cause, unsettled(plan, state.steps));
    }
    return record({ kind: 'rollback-started', deployment, cause });
  }
  const wave = currentWave(plan, state.steps);
  if (wave === null) return end(deployment, 'succeeded', null, []);
  const moves = watched(plan, state).map((goal) => judge(goal, deployment, view, { direction: 'forward' }));
  const next = throttled(ofKinds(wave, state.steps, 'waiting'), ofKinds(wave, state.steps, 'started'), view);
  const starts = next.map((step): DeploymentEvent => ({
    kind: 'step-started',
    deployment,
    step: step.id,
    spot: step.spot,
    target: targetAfter(step),
  }));
  return merge(moves, starts);
}

function decideRevert(plan: Plan, state: Extract<Rollout, { phase: 'reverting' }>, view: View): Decision {
  const { deployment } = state.accepted;
  const wave = revertWave(plan, state.steps);
  if (wave === null) {
    const failed = touchedSteps(plan, state.steps).filter(
      (step) => progressOf(state.steps, step.id).kind === 'revert-failed',
    );
    if (failed.length > 0)
      return end(
        deployment,
        'rollback-failed',
        state.cause,
        failed.map((step) => step.id),
      );
    return end(deployment, state.cause.kind === 'cancelled' ? 'cancelled' : 'rolled-back', state.cause, []);
  }
  const moves = watched(plan, state).map((goal) => judge(goal, deployment, view, wayBack(state, goal)));
  // What failed or is half done goes back before what at least runs.
  const due = ofKinds(wave, state.steps, 'failed', 'started', 'verified');
  const starts = throttled(due, ofKinds(wave, state.steps, 'reverting'), view).map((step): DeploymentEvent => ({
    kind: 'revert-started',
    deployment,
    step: step.id,
    spot: step.spot,
    target: targetBefore(step),
  }));
  return merge(moves, starts);
}

/** A silent engine is a failure of every step on its cluster, also of those that its budget did not end. */
function wayBack({ cause, steps }: Extract<Rollout, { phase: 'reverting' }>, { step }: Write): Way {
  const progress = progressOf(steps, step.id);
  const own = progress.kind === 'reverting' ? progress.cause : null;
  const isSilent = cause.kind === 'engine-unreachable' && cause.cluster === step.spot.cluster;
  return { direction: 'back', failure: own ?? (isSilent ? cause : null) };
}

/** One step under way: verified, failed, to be written (again), or to be waited for. */
function judge(goal: Write, deployment: string, view: View, way: Way): Decision {
  const { step, target } = goal;
  const { direction } = way;
  if (view.busy.has(step.id)) return nothing;
  const attention = view.attention.get(goalKey(goal));
  const refusal = view.refusals.get(goalKey(goal));
  const fail = (cause: Cause): Decision =>
    record({
      kind: direction === 'forward' ? 'step-failed' : 'revert-failed',
      deployment,
      step: step.id,
      spot: step.spot,
      cause,
    });
  const look = assessIn(view, deployment, goal);
  if (look === null) {
    const budgetMs = blindBudgetOf(way, view);
    if (attention === undefined || attention.blindMs <= budgetMs) return nothing;
    return fail(unreachableCause(step, view, budgetMs));
  }
  // Before the first look at this very goal the view may be older than the goal: it can only show that a write is due.
  if (attention === undefined)
    return look.kind === 'unwritten' && refusal === undefined ? due(goal, look, view, way) : nothing;
  if (look.kind === 'reached') {
    if ((attention.reachedMs ?? 0) < monitorMsOf(goal, view, direction)) return nothing;
    return record({
      kind: direction === 'forward' ? 'step-verified' : 'revert-verified',
      deployment,
      step: step.id,
      spot: step.spot,
      target,
    });
  }
  if (refusal !== undefined && isDue(look))
    return fail({ kind: 'engine-refused', step: step.id, code: refusal.code, message: inWords(refusal.message) });
  // A rollback tolerates failing tasks until its deadline: what ran before may need several starts too.
  if (look.kind === 'failing' && direction === 'forward') return fail(taskCause(step.id, look.task));
  const deadlineMs = deadlineMsOf(goal, view);
  if (attention.observedMs > deadlineMs) return fail(deadlineCause(step.id, deadlineMs, look));
  return refusal === undefined && (isDue(look) || view.limited.has(goalKey(goal)))
    ? due(goal, look, view, way)
    : nothing;
}

/** A write that is due, at once or held. What failed is never waited for. */
function due(goal: Write, look: Assessment, view: View, way: Way): Decision {
  const isHeld =
    look.kind === 'unwritten' && (way.direction === 'forward' || way.failure === null) && waits(goal, view);
  return { events: [], writes: isHeld ? [] : [goal], held: isHeld ? [goal] : [] };
}

function waits(goal: Write, { clusters, targets, attention }: View): boolean {
  const { step, target: digest } = goal;
  const cluster = clusters[step.spot.cluster];
  const target = digest === null ? undefined : targets.get(digest);
  if (target === undefined || cluster?.kind !== 'seen') return false;
  const other = [targetBefore(step), targetAfter(step)].find((it) => it !== null && it !== digest) ?? null;
  const from = other === null ? null : (targets.get(other) ?? null);
  const seen = cluster.workloads.get(step.id) ?? null;
  return waitsForUpdate({ step, target, from, seen, dueMs: attention.get(goalKey(goal))?.observedMs ?? 0 });
}

/** How long an engine may stay silent: what used that up on its way forward keeps the others waiting but a short time. */
function blindBudgetOf(way: Way, { blindBudgetMs }: View): number {
  const isSecond = way.direction === 'back' && way.failure?.kind === 'engine-unreachable';
  return isSecond ? Math.min(blindBudgetMs, secondBlindBudgetMs) : blindBudgetMs;
}

/** Whether the engine does not hold all that the goal wants. */
function isDue(look: Assessment): boolean {
  return look.kind === 'unwritten' || look.kind === 'ramped' || (look.kind === 'failing' && look.ramped);
}

/** Of the steps that may begin now, as many as each cluster still takes beside those under way. */
function throttled(candidates: readonly Step[], underWay: readonly Step[], view: View): readonly Step[] {
  const busy = new Map<string, number>();
  const count = ({ spot: { cluster } }: Step) => busy.set(cluster, (busy.get(cluster) ?? 0) + 1);
  for (const step of underWay) count(step);
  return candidates.filter((step) => {
    const { cluster } = step.spot;
    if ((busy.get(cluster) ?? 0) >= (view.stepsAtOnce[cluster] ?? 1)) return false;
    count(step);
    return true;
  });
}

/** The steps of a wave whose progress is one of these kinds, in the order of the kinds. */
function ofKinds(wave: readonly Step[], steps: Steps, ...kinds: readonly StepProgress['kind'][]): readonly Step[] {
  return kinds.flatMap((kind) => wave.filter((step) => progressOf(steps, step.id).kind === kind));
}

/** How long a goal may take, in observed ms: removing has no policy of its own and takes that of the change. */
function deadlineMsOf({ step, target }: Write, view: View): number {
  return policyOf(step, target, view)?.deadlineMs ?? removalDeadlineMs;
}

/** How long the goal must stay reached. A create that is taken back may still land late: its absence is watched too. */
function monitorMsOf({ step, target }: Write, view: View, direction: 'forward' | 'back'): number {
  if (target === null) return direction === 'back' ? lateWriteMs : 0;
  return policyOf(step, target, view)?.monitorMs ?? 0;
}

function policyOf(step: Step, target: string | null, view: View) {
  const digest = target ?? targetBefore(step) ?? targetAfter(step);
  return digest === null ? undefined : view.targets.get(digest)?.policy;
}

function firstFailure(plan: Plan, steps: Steps): Cause | null {
  for (const step of stepsOf(plan)) {
    const progress = progressOf(steps, step.id);
    if (progress.kind === 'failed') return progress.cause;
  }
  return null;
}

function unsettled(plan: Plan, steps: Steps): readonly string[] {
  return touchedSteps(plan, steps).flatMap((step) => (progressOf(steps, step.id).kind === 'verified' ? [] : [step.id]));
}

function taskCause(step: string, task: SeenTask): Cause {
  const message = task.message === '' ? `the task ${task.state}` : inWords(task.message);
  return {
    kind: 'task-failed',
    step,
    task: task.id,
    node: task.node,
    message,
    exitCode: task.exitCode,
    logs: null,
    hint: null,
  };
}

function deadlineCause(step: string, deadlineMs: number, look: Assessment): Cause {
  const base = { kind: 'deadline', step, deadlineMs, logs: null, hint: null } as const;
  if (look.kind === 'unwritten') return { ...base, message: 'the engine did not take the change', task: null };
  if (look.kind === 'failing') return { ...base, message: inWords(look.task.message), task: look.task.id };
  if (look.kind === 'reached') return { ...base, message: 'reached too late', task: null };
  const count = `${look.running} of ${look.wanted} running`;
  const { trouble } = look;
  if (trouble === null) return { ...base, message: count, task: null };
  return {
    ...base,
    message: inWords(
      `${count}; ${trouble.name} is ${trouble.state}${trouble.message === '' ? '' : `: ${trouble.message}`}`,
    ),
    task: trouble.id,
  };
}

function unreachableCause(step: Step, view: View, budgetMs: number): Cause {
  const { cluster } = step.spot;
  const seen = view.clusters[cluster];
  const message = seen?.kind === 'blind' ? inWords(seen.message) : 'never seen';
  return { kind: 'engine-unreachable', step: step.id, cluster, message, budgetMs };
}

function end(
  deployment: string,
  outcome: 'succeeded' | 'failed' | 'rolled-back' | 'rollback-failed' | 'cancelled',
  cause: Cause | null,
  unknown: readonly string[],
): Decision {
  return record({ kind: 'deployment-ended', deployment, outcome, cause, unknown: unknown.slice(0, unknownMost) });
}

function record(event: DeploymentEvent): Decision {
  return { events: [event], writes: [], held: [] };
}

function merge(moves: readonly Decision[], starts: readonly DeploymentEvent[]): Decision {
  const events = moves.flatMap((move) => move.events);
  // Once a step has failed the line stops: nothing new begins in the same breath.
  const stopped = events.some((event) => event.kind === 'step-failed');
  return {
    events: stopped ? events : [...events, ...starts],
    writes: stopped ? [] : moves.flatMap((move) => move.writes),
    held: moves.flatMap((move) => move.held),
  };
}
