import type { Step } from '../plan.ts';
import type { SeenTask, SeenWorkload } from '../sighting.ts';
import type { Target } from '../workload.ts';

/** What a write lets the engine have and do: so many replicas, and so many replaced at once. */
export interface Limit {
  readonly replicas: number;
  readonly parallelism: number;
}

/** One goal as the start throttle sees it: replicas of the engine's object by what is left to do with them. */
export interface Standing {
  /** Replicas that the engine holds, as far as the goal keeps them. */
  readonly held: number;
  /** Of these, run as wanted, or have done their work. */
  readonly ready: number;
  /** Of these, are replaced by the goal's write, and what starts in their place comes on top of what is starting. */
  readonly outdated: number;
  /** Tasks that may be starting at this moment, whatever is written next. */
  readonly starting: number;
  /** Nobody knows how many tasks it lets start, and no limit changes that: one a node, on nodes that have none yet. */
  readonly unbounded: boolean;
  /** As the target's policy has it. */
  readonly full: Limit;
}

/** A share of the cluster's starts: the tasks of the goal that may be starting, and the limit that keeps it so. */
export interface Share {
  readonly starts: number;
  /** Null: the target as it is. */
  readonly limit: Limit | null;
}

/** What stands on the engine, in terms of a goal. `from` is what the step's other target is; null when it has none. */
export function standingOf(step: Step, from: Target | null, target: Target, seen: SeenWorkload | null): Standing {
  const { replicas, restart, mode } = target.workload;
  const wanted =
    mode === 'global' ? Math.max(replicas, seen?.tasks.filter((task) => task.wanted).length ?? 0) : replicas;
  const parallelism = target.policy.parallelism === 0 ? Math.max(wanted, 1) : target.policy.parallelism;
  const full = { replicas: wanted, parallelism };
  const unbounded = mode === 'global';
  if (seen === null || isMadeAnew(from, target, seen))
    return { held: 0, ready: 0, outdated: 0, starting: 0, unbounded, full };
  const held = mode === 'global' ? wanted : Math.min(seen.replicas, wanted);
  const isKept = (task: SeenTask) =>
    task.workload === target.hash || (isWithoutRestart(step) && task.workload === from?.hash);
  const running = seen.tasks.filter((task) => task.wanted && task.state === 'running');
  const finished =
    restart.condition === 'any' ? 0 : seen.tasks.filter((task) => task.current && task.state === 'finished').length;
  const ready = Math.min(running.filter(isKept).length + finished, held);
  // Two tasks that are ready may share a slot, after a node was lost: they say nothing of those that are not.
  const serving = Math.min(running.filter((task) => !isKept(task)).length, held);
  // Start-first, a slot has a task that is starting beside the one that runs.
  const underWay = seen.tasks.filter((task) => task.wanted && (task.state === 'starting' || task.state === 'waiting'));
  const starting = Math.max(held - ready - serving, underWay.length);
  // What is starting in the place of a task that was lost, stop-first makes room for its successor; start-first it stays.
  // With a single slot whose task runs as wanted, what is starting beside it goes, and nothing comes in its place.
  const isServed = target.policy.order === 'stop-first' || (held === 1 && ready === 1);
  const beside = isServed ? 0 : underWay.filter((task) => !isKept(task)).length;
  const outdated = Math.min(serving + beside, held);
  return { held, ready, outdated, starting, unbounded: unbounded && held === 0, full };
}

/** Whether the engine makes another object of it, and every task with it. */
export function isMadeAnew(from: Target | null, target: Target, seen: SeenWorkload): boolean {
  if (seen.engineId === '' || seen.tombstone) return true;
  const isFrom = from !== null && seen.workload === from.hash;
  return isFrom && from.workload.endpointMode !== target.workload.endpointMode;
}

/** Whether the step leaves the tasks that run as they are. */
export function isWithoutRestart({ change }: Step): boolean {
  return change.kind === 'scale' || (change.kind === 'update' && !change.restarts);
}

/**
 * How many tasks may be starting at the same moment once a limit holds: those that are starting, every further replica,
 * and of those that run and are outdated as many as are replaced at once. A start-first replacement costs no more than
 * a stop-first one: what runs beside it has started long ago.
 */
export function startsUnder({ held, starting, outdated }: Standing, { replicas, parallelism }: Limit): number {
  return starting + Math.max(replicas - held, 0) + Math.min(outdated, parallelism);
}

/**
 * How many tasks of a goal that was written with a limit may be starting now, or before the next look: never fewer than
 * are seen to, and never more than the write let through, unless some failed and the engine starts them again.
 */
export function startsUnderWay(standing: Standing, { parallelism }: Limit, granted: number): number {
  const { starting, outdated } = standing;
  return Math.max(starting, Math.min(granted, starting + Math.min(outdated, parallelism)));
}

/** The smallest share that brings the goal on; null limit: it asks for nothing that could be made smaller. */
export function leastShare(standing: Standing): Share {
  const { held, outdated, full } = standing;
  if (standing.unbounded) return { starts: Infinity, limit: null };
  const replicas = outdated > 0 ? held : Math.min(full.replicas, held + 1);
  return shareFor(standing, { replicas, parallelism: outdated > 0 ? 1 : full.parallelism });
}

/** The largest share of at most so many starts that is not below the least one. */
export function shareWithin(standing: Standing, starts: number): Share {
  const least = leastShare(standing);
  const whole = shareFor(standing, standing.full);
  if (standing.unbounded) return { starts: Infinity, limit: null };
  if (whole.starts <= starts) return whole;
  if (least.starts >= starts) return least;
  const { held, outdated, starting, full } = standing;
  const spare = starts - starting;
  const parallelism = outdated > 0 ? Math.max(1, Math.min(full.parallelism, spare)) : full.parallelism;
  const grown = held + Math.max(0, spare - Math.min(parallelism, outdated));
  return shareFor(standing, { replicas: Math.min(full.replicas, grown), parallelism });
}

function shareFor(standing: Standing, limit: Limit): Share {
  const { full } = standing;
  const isFull = limit.replicas === full.replicas && limit.parallelism === full.parallelism;
  return { starts: startsUnder(standing, limit), limit: isFull ? null : limit };
}

/** A goal that has tasks starting on a cluster, or waits until it may have. */
export interface Claim {
  /** Deployment and step. */
  readonly key: string;
  /** Its tasks that may be starting at this moment. */
  readonly starts: number;
  /** They follow from a write that the throttle let through; otherwise they are what an earlier one left behind. */
  readonly granted: boolean;
  /** How many starts it waits for, and its place in the line; null when it waits for none. */
  readonly waits: { readonly starts: number; readonly isRollback: boolean; readonly place: number } | null;
}

/** What one goal asks for: between its least and its whole share. */
export interface Ask {
  readonly key: string;
  /** Tasks that are starting whatever is answered. */
  readonly now: number;
  readonly least: number;
  readonly most: number;
  readonly isRollback: boolean;
  /** Its place in the line, lower goes first. */
  readonly place: number;
}

/** The other goals on a cluster, as one that asks sees them. */
export interface Others {
  /** Their tasks that may be starting at this moment. */
  readonly starts: number;
  /** Nothing that the throttle let through is starting, the asker's own included. */
  readonly isQuiet: boolean;
  /** Those that wait ahead of it, in the order of the line. Read only as far as that decides. */
  readonly ahead: Iterable<Pick<Claim, 'starts' | 'waits'>>;
}

/**
 * How many tasks of a goal may be starting from now on; null: it has to wait. What a rollback needs goes before what
 * advances, and otherwise first come, first served. What starts nothing new never waits; what needs more than the whole
 * cluster allows goes through once nothing else that was let through is starting.
 */
export function grantOf(limit: number, others: Others, ask: Ask): number | null {
  if (ask.most <= ask.now) return ask.most;
  let free = limit - others.starts;
  let isFirst = true;
  for (const { starts, waits } of others.ahead) {
    isFirst = false;
    free -= Math.max((waits?.starts ?? 0) - starts, 0);
    if (free < ask.least) break; // however many more stand in the line
  }
  if (free >= ask.least) return Math.min(ask.most, free);
  if (ask.least <= ask.now) return ask.least;
  return others.isQuiet && isFirst ? ask.least : null;
}

/** Whether a goal that waits stands ahead of one that asks. */
export function isBefore(waits: NonNullable<Claim['waits']>, ask: Pick<Ask, 'isRollback' | 'place'>): boolean {
  return waits.isRollback === ask.isRollback ? waits.place < ask.place : waits.isRollback;
}
