import type { Worker } from 'node:worker_threads';

/** Who got so little of the processor that the clock tells so many budgets is given up. */
const clockFactor = 10;

/** Milliseconds of the processor's time that a thread has used in all. Rejects once it has ended. */
export type ThreadTime = () => Promise<number>;

/** Answered between a thread's own steps: one that is long inside native code answers late. */
export function threadTimeOf(worker: Worker): ThreadTime {
  return async () => {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000;
  };
}

/**
 * Calls `exceeded` once, when the thread has used `budgetMs` of the processor, or ten times as long by the clock: a busy
 * machine gives up nothing that costs little. What it uses counts from when `budgetMs` have gone by on the clock, so that
 * nothing has more than twice its budget; to ask the thread before each short piece of work would cost as much as that
 * does. Answers what ends the watch, which must be called.
 */
export function watchBudget(used: ThreadTime, budgetMs: number, exceeded: () => void): () => void {
  let isOver = false;
  let latest: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  const stop = (): void => {
    isOver = true;
    clearTimeout(latest);
    clearTimeout(looking);
  };
  const exceed = (): void => {
    if (isOver) return;
    stop();
    exceeded();
  };
  const begin = async (): Promise<void> => {
    latest = setTimeout(exceed, budgetMs * (clockFactor - 1));
    const before = await used();
    const look = async (): Promise<void> => {
      const left = budgetMs - ((await used()) - before);
      if (left <= 0) exceed();
      else lookIn(left, look);
    };
    await look();
  };
  // A thread that cannot be asked has ended, which whoever started it is told.
  const lookIn = (ms: number, look: () => Promise<void>): void => {
    if (!isOver) looking = setTimeout(() => void look().catch(() => undefined), ms);
  };
  lookIn(budgetMs, begin);
  return stop;
}
