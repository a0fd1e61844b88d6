import type { Step } from '../plan.ts';
import type { SeenWorkload } from '../sighting.ts';
import type { Target } from '../workload.ts';
import { isMadeAnew, isWithoutRestart } from './starts.ts';

/** The longest time for which a write waits for an update under way, in observed ms. */
const holdMost = 15_000;

/** What a write over an update under way is judged by. */
export interface Overwrite {
  readonly step: Step;
  /** What is to be written, and the step's other target; null when it has none. */
  readonly target: Target;
  readonly from: Target | null;
  readonly seen: SeenWorkload | null;
  /** For how long the write has been due, in observed ms. */
  readonly dueMs: number;
}

/**
 * Whether a write waits, since an update of the same object has a task on its way. With each write an engine begins to
 * replace tasks anew and does not count what the update before has stopped and not yet brought up: written at once, one
 * round of replicas more than the policy allows would be away. Only stop-first takes replicas away, and waiting helps
 * only while something serves, and what is on its way may still come. It ends with the policy's monitor time or 15 s.
 */
export function waitsForUpdate({ step, target, from, seen, dueMs }: Overwrite): boolean {
  const { order, parallelism, monitorMs, deadlineMs } = target.policy;
  // A quarter at most: the write needs the rest of the deadline.
  if (dueMs >= Math.min(monitorMs, holdMost, deadlineMs / 4)) return false;
  const { replicas, mode } = target.workload;
  const takesAll = parallelism === 0 || (mode !== 'global' && parallelism >= replicas);
  if (order === 'start-first' || takesAll || isWithoutRestart(step)) return false;
  if (seen === null || isMadeAnew(from, target, seen)) return false;
  if (!seen.updating || seen.updatePaused || seen.stalled === true) return false;
  if (seen.tasks.some((task) => task.current && task.state === 'failed')) return false;
  const wanted = seen.tasks.filter((task) => task.wanted);
  const serving = wanted.filter((task) => task.state === 'running').length;
  return serving > 0 && serving < wanted.length;
}
