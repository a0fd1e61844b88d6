import type { SeenTask } from '../../core/sighting.ts';
import type { StepProgress } from '../api.ts';
import type { Commentary } from '../deployments.ts';

/** Where the driver writes down what people want to know and the ledger need not hold. Forgotten with the process. */
export interface Notes extends Commentary {
  setHold(deployment: string, about: string, message: string | null): void;
  /** Of many tasks it keeps those that are wanted, then those that changed last. */
  setProgress(deployment: string, step: string, text: string, tasks: readonly SeenTask[]): void;
  forget(deployment: string): void;
}

/** Of how many ended deployments the last progress is kept. */
const deploymentsMost = 1_000;

/** How many tasks of a step are kept. */
const tasksMost = 20;

export function createNotes(): Notes {
  const holds = new Map<string, Map<string, string>>();
  const progress = new Map<string, Map<string, StepProgress>>();
  return {
    holds: (deployment) => [...(holds.get(deployment)?.values() ?? [])],
    progress: (deployment) => progress.get(deployment) ?? new Map<string, StepProgress>(),
    setHold(deployment, about, message) {
      const of = holds.get(deployment) ?? new Map<string, string>();
      if (message === null) of.delete(about);
      else of.set(about, message);
      holds.set(deployment, of);
    },
    setProgress(deployment, step, text, tasks) {
      const of = progress.get(deployment) ?? new Map<string, StepProgress>();
      of.set(step, { text, tasks: worthTelling(tasks) });
      progress.set(deployment, of);
    },
    forget(deployment) {
      holds.delete(deployment);
      const oldest = progress.size > deploymentsMost ? progress.keys().next().value : undefined;
      if (oldest !== undefined) progress.delete(oldest);
    },
  };
}

function worthTelling(tasks: readonly SeenTask[]): readonly SeenTask[] {
  const wanted = newestOf(tasks, (task) => task.wanted);
  return [...wanted, ...newestOf(tasks, (task) => !task.wanted)].slice(0, tasksMost);
}

/** The newest of these, newest first, without sorting tens of thousands at each look. */
function newestOf(tasks: readonly SeenTask[], isOne: (task: SeenTask) => boolean): readonly SeenTask[] {
  const newest: SeenTask[] = [];
  for (const task of tasks) {
    if (!isOne(task)) continue;
    const last = newest.at(-1);
    if (newest.length === tasksMost && last !== undefined && task.changedAtMs <= last.changedAtMs) continue;
    const place = newest.findIndex((other) => task.changedAtMs > other.changedAtMs);
    newest.splice(place === -1 ? newest.length : place, 0, task);
    if (newest.length > tasksMost) newest.pop();
  }
  return newest;
}
