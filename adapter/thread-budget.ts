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
 * Calls `exceeded` once, when the thread has used `budgetMs` of the processor from now on, or ten times as long by the
 * clock. The processor's time and not the clock's, so that a busy machine gives up nothing that costs little. Answers
 * what ends the watch, which must be called.
 */
export function watchBudget(used: ThreadTime, budgetMs: number, exceeded: () => void): () => void {
  let isOver = false;
  let looking: NodeJS.Timeout | undefined;
  const stop = (): void => {
    isOver = true;
    clearTimeout(looking);
    clearTimeout(latest);
  };
  const exceed = (): void => {
    if (isOver) return;
    stop();
    exceeded();
  };
  const latest = setTimeout(exceed, budgetMs * clockFactor);
  const before = used();
  const look = async (): Promise<void> => {
    const left = budgetMs - ((await used()) - (await before));
    if (left <= 0) exceed();
    else if (!isOver) lookIn(left);
  };
  // A thread that cannot be asked has ended, which whoever started it is told.
  const lookIn = (ms: number): void => {
    looking = setTimeout(() => void look().catch(() => undefined), ms);
  };
  before.catch(() => undefined);
  lookIn(budgetMs);
  return stop;
}
