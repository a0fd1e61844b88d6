import { attend, type Attention } from '../../core/rollout/attention.ts';
import { assessIn, goalKey, watched, type ClusterView, type Refusal, type Write } from '../../core/rollout/decide.ts';
import type { Assessment } from '../../core/rollout/assess.ts';
import type { Target } from '../../core/workload.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { DriveParts } from './parts.ts';
import type { Followed } from './record.ts';
import type { Sight } from './sights.ts';
import { standingIn } from './standing.ts';
import type { TakenWrite, Writing } from './writing.ts';

/** What one driver remembers of one deployment between two looks; lost with the process, and nothing depends on it. */
export interface Memory {
  readonly targets: ReadonlyMap<string, Target>;
  /** The phase that all of it is about: a goal on the way back may bear the name of one on the way forward. */
  phase: FollowedState['rollout']['phase'] | null;
  /** By `goalKey`. */
  attention: ReadonlyMap<string, Attention>;
  readonly refusals: Map<string, Refusal>;
  /** Since when each goal is watched, by the monotonic clock. */
  since: ReadonlyMap<string, number>;
  /** Ids of steps of which this round's view is older than their last write, or may be. */
  overtaken: ReadonlySet<string>;
  /** Why each cluster was not seen when it was last looked at; missing: it was. */
  readonly blindness: Map<string, string>;
}

/** For how long after a write was taken a look that does not show it is held to be older than it, in ms. */
const staleMost = 5_000;

/** The parts with which looks are taken in. */
type SightParts = Pick<DriveParts, 'clock' | 'starts' | 'notes'>;

/** What is taken in of a deployment. */
type FollowedState = Pick<Followed, 'id' | 'plan' | 'rollout'>;

export function createMemory(targets: ReadonlyMap<string, Target>): Memory {
  return {
    targets,
    phase: null,
    attention: new Map(),
    refusals: new Map(),
    since: new Map(),
    overtaken: new Set(),
    blindness: new Map(),
  };
}

/** Begins a round: from now on looks tell of the goals that are watched by now. */
export function beginRound(parts: SightParts, { id, plan, rollout }: FollowedState, memory: Memory): void {
  const goals = watched(plan, rollout);
  const nowMs = parts.clock.monotonic();
  if (memory.phase !== rollout.phase) forget(memory, rollout.phase);
  const since = new Map(goals.map((goal) => [goalKey(goal), memory.since.get(goalKey(goal)) ?? nowMs]));
  memory.since = since;
  parts.starts.keep(id, goals);
}

/** Begins to remember anew. */
function forget(memory: Memory, phase: Memory['phase']): void {
  memory.phase = phase;
  memory.attention = new Map();
  memory.since = new Map();
  memory.refusals.clear();
}

/** The clusters of a round: what was seen in it; blind for now where the look goes on. */
export function clustersIn(
  memory: Memory,
  names: readonly string[],
  sights: ReadonlyMap<string, Sight>,
): { readonly [cluster: string]: ClusterView } {
  for (const [name, { view }] of sights) {
    if (view.kind === 'blind') memory.blindness.set(name, view.message);
    else memory.blindness.delete(name);
  }
  const pending = (name: string): ClusterView => ({
    kind: 'blind',
    message: memory.blindness.get(name) ?? 'it has not answered yet',
  });
  return Object.fromEntries(names.map((name) => [name, sights.get(name)?.view ?? pending(name)]));
}

/**
 * Notes what the round's looks show of every goal under way. A look says nothing of a goal or a write younger than it.
 * A manager that follows may tell of the past for a while: so may a look that was asked for soon after a write.
 */
export function takeIn(
  parts: SightParts,
  followed: FollowedState,
  memory: Memory,
  writing: Pick<Writing, 'overlaps' | 'taken'>,
  sights: ReadonlyMap<string, Sight>,
): void {
  const nowMs = parts.clock.monotonic();
  const attention = new Map<string, Attention>();
  const overtaken = new Set<string>();
  for (const goal of watched(followed.plan, followed.rollout)) {
    const key = goalKey(goal);
    const before = memory.attention.get(key);
    const sight = sights.get(goal.step.spot.cluster);
    const sinceMs = memory.since.get(key) ?? nowMs;
    const isOvertaken =
      sight?.view.kind === 'seen' &&
      (writing.overlaps(goal.step.id, sight.askedMs) ||
        isStale(followed.id, memory, goal, sight, writing.taken(goal.step.id)));
    if (isOvertaken) overtaken.add(goal.step.id);
    if (sight === undefined || isOvertaken || (before === undefined && sight.askedMs < sinceMs)) {
      if (before !== undefined) attention.set(key, before);
      continue;
    }
    attention.set(key, takeInGoal(parts, followed, memory, { goal, sight, before, nowMs }));
  }
  memory.attention = attention;
  memory.overtaken = overtaken;
}

/** Whether a look does not show the step's last write, which the engine took only a moment before. */
function isStale(
  deployment: string,
  { targets }: Memory,
  { step }: Write,
  { view, askedMs }: Sight,
  taken: TakenWrite | null,
): boolean {
  const target = taken === null || taken.target === null ? undefined : targets.get(taken.target);
  if (taken === null || target === undefined || view.kind !== 'seen') return false;
  if (askedMs - taken.atMs >= staleMost) return false;
  const seen = view.workloads.get(step.id);
  if (seen === undefined || seen.deployment !== deployment || seen.workload !== target.hash) return true;
  const { replicas, mode } = target.workload;
  return mode !== 'global' && seen.replicas < (taken.limit?.replicas ?? replicas);
}

interface Glance {
  readonly goal: Write;
  readonly sight: Sight;
  readonly before: Attention | undefined;
  readonly nowMs: number;
}

function takeInGoal(
  { starts, notes }: SightParts,
  { id }: FollowedState,
  { targets }: Memory,
  { goal, sight: { view }, before, nowMs }: Glance,
): Attention {
  const { step } = goal;
  const claimant = { deployment: id, goal };
  const look = assessIn({ clusters: { [step.spot.cluster]: view }, targets }, id, goal);
  const pace = starts.pace(claimant);
  const standing = standingIn(targets, goal, view);
  if (look === null) starts.unseen(claimant);
  else if (standing !== null) starts.seen(claimant, standing, look.kind !== 'unwritten');
  const tasks = view.kind === 'seen' ? (view.workloads.get(step.id)?.tasks ?? []) : [];
  notes.setProgress(id, step.id, tell(look), tasks);
  return attend(before, look, nowMs, pace);
}

function tell(assessment: Assessment | null): string {
  if (assessment === null) return 'not seen';
  switch (assessment.kind) {
    case 'unwritten':
      return 'to be written';
    case 'ramped':
    case 'converging':
      return `${assessment.running} of ${assessment.wanted} running${assessment.trouble === null || assessment.trouble.message === '' ? '' : `; ${assessment.trouble.message}`}`;
    case 'failing':
      return `failing: ${assessment.task.message}`;
    case 'reached':
      return 'reached; watching';
    default:
      return unreachable(assessment);
  }
}
