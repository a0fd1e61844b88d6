import { isLiving, type SeenTask, type SeenWorkload } from '../sighting.ts';
import type { Target } from '../workload.ts';

/** What a complete sighting says of one step's goal. */
export type Assessment =
  /** The engine does not hold what this deployment wants: a write is due. */
  | { readonly kind: 'unwritten' }
  /** The engine holds it with fewer replicas for now: a write that lets more tasks start is due. */
  | {
      readonly kind: 'ramped';
      readonly running: number;
      readonly wanted: number;
      readonly trouble: SeenTask | null;
    }
  /** The engine is at work on it. `trouble` is the task that tells most about what it waits for. */
  | {
      readonly kind: 'converging';
      readonly running: number;
      readonly wanted: number;
      readonly trouble: SeenTask | null;
    }
  /** More tasks have failed than the policy allows. `ramped`: the engine holds fewer replicas than wanted, for now. */
  | { readonly kind: 'failing'; readonly task: SeenTask; readonly running: number; readonly ramped: boolean }
  /** All that is wanted runs, and nothing else; or, for a removal, nothing is left. */
  | { readonly kind: 'reached' };

/** Compares what was seen with the target of a step; a null target means that nothing is to be left. */
export function assess(deployment: string, target: Target | null, seen: SeenWorkload | null): Assessment {
  return target === null ? assessRemoval(seen) : assessTarget(deployment, target, seen);
}

function assessRemoval(seen: SeenWorkload | null): Assessment {
  if (seen === null) return { kind: 'reached' };
  // An object of which only tasks are left is being removed by the engine: nothing more to write.
  const alive = seen.tasks.filter(({ state }) => isLiving(state));
  if (seen.engineId === '') return { kind: 'converging', running: alive.length, wanted: 0, trouble: null };
  return { kind: 'unwritten' };
}

function assessTarget(deployment: string, target: Target, seen: SeenWorkload | null): Assessment {
  if (seen === null || !isWritten(deployment, target, seen)) return { kind: 'unwritten' };
  const { restart, mode } = target.workload;
  // Of a global service the engine knows how many: as long as it has not counted, there is at least one to come.
  const replicas = mode === 'global' ? Math.max(seen.replicas, 1) : target.workload.replicas;
  const failures = seen.tasks.filter((task) => isFailure(target, task));
  const allowed = Math.floor(target.policy.maxFailureRatio * replicas);
  const worst = newest(failures);
  const wanted = seen.tasks.filter((task) => task.wanted);
  const running = wanted.filter((task) => task.state === 'running' && task.workload === target.hash).length;
  const ramped = mode !== 'global' && seen.replicas < replicas;
  if (worst !== null && failures.length > allowed) return { kind: 'failing', task: worst, running, ramped };
  const trouble = newest(wanted.filter((task) => task.state !== 'running')) ?? worst;
  if (ramped) return { kind: 'ramped', running, wanted: replicas, trouble };
  const finished =
    restart.condition === 'any' ? 0 : seen.tasks.filter((task) => task.current && task.state === 'finished').length;
  const settled = wanted.every((task) => task.state === 'running' && task.workload === target.hash);
  if (settled && running + Math.min(finished, replicas) >= replicas && running <= replicas) return { kind: 'reached' };
  return { kind: 'converging', running, wanted: replicas, trouble };
}

/** Whether the engine's object is what this deployment wrote for this target, be it with fewer replicas for now. */
function isWritten(deployment: string, target: Target, seen: SeenWorkload): boolean {
  return (
    seen.engineId !== '' &&
    !seen.tombstone &&
    seen.stalled !== true &&
    seen.workload === target.hash &&
    seen.release === target.release &&
    seen.deployment === deployment &&
    (target.workload.mode === 'global' || seen.replicas <= target.workload.replicas)
  );
}

/** A task of the present change that ended badly, or ended at all where it should run for ever. */
function isFailure(target: Target, task: SeenTask): boolean {
  if (!task.current || task.workload !== target.hash) return false;
  return task.state === 'failed' || (task.state === 'finished' && target.workload.restart.condition === 'any');
}

function newest(tasks: readonly SeenTask[]): SeenTask | null {
  return tasks.reduce<SeenTask | null>(
    (best, task) => (best === null || task.changedAtMs > best.changedAtMs ? task : best),
    null,
  );
}
