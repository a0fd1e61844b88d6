/** Something that is to happen, unless it is cancelled or its owner has died. */
interface Moment {
  atMs: number;
  readonly order: number;
  readonly life: Life | null;
  run: (() => void) | null;
}

/** Whether a process still runs. A dead one never runs on. */
export interface Life {
  readonly name: string;
  isAlive: boolean;
  /** While it stands still, as a machine that is suspended does: since when, and until when; null: it runs. */
  pause: { readonly fromMs: number; readonly toMs: number } | null;
}

/** The one time of a simulated world: nothing happens but what was put onto it. */
export interface Timeline {
  /** Milliseconds since the beginning. */
  nowMs(): number;
  /** Runs something after so many ms, if its owner still lives then; the answer cancels it. */
  after(ms: number, life: Life | null, run: () => void): () => void;
  /** Lets time pass, moment by moment, until the condition holds or the end has come; whether the condition holds. */
  runUntil(isDone: () => boolean, endMs: number): Promise<boolean>;
  /** How many moments there were. */
  moments(): number;
}

/**
 * Each moment is followed by all that can go on without time: promises settle in the order in which the language has
 * them settle, so the same moments give the same run.
 */
export function createTimeline(): Timeline {
  const heap: Moment[] = [];
  let [nowMs, order, moments] = [0, 0, 0];
  return {
    nowMs: () => nowMs,
    moments: () => moments,
    after(ms, life, run) {
      order += 1;
      const moment: Moment = { atMs: nowMs + Math.max(0, ms), order, life, run };
      push(heap, moment);
      return () => {
        moment.run = null;
      };
    },
    async runUntil(isDone, endMs) {
      await settle();
      while (!isDone()) {
        const next = heap[0];
        if (next === undefined || next.atMs > endMs) {
          nowMs = Math.max(nowMs, endMs);
          return false;
        }
        pop(heap);
        const { run, life } = next;
        if (run === null || life?.isAlive === false) continue;
        nowMs = Math.max(nowMs, next.atMs);
        const pause = life?.pause ?? null;
        if (pause !== null) {
          // A timer of a suspended machine has as long to go afterwards as it had before.
          next.atMs = pause.toMs + (next.atMs - pause.fromMs);
          push(heap, next);
          continue;
        }
        moments += 1;
        run();
        await settle();
      }
      return true;
    },
  };
}

/** Waits until all that could go on without time has gone on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Moment[], moment: Moment): void {
  let index = heap.push(moment) - 1;
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || isBefore(parent, moment)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = moment;
}

function pop(heap: Moment[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const [one, other] = [heap[left], heap[left + 1]];
    if (one === undefined) break;
    const isRight = other !== undefined && isBefore(other, one);
    const child = isRight ? other : one;
    if (isBefore(last, child)) break;
    heap[index] = child;
    index = isRight ? left + 1 : left;
  }
  heap[index] = last;
}
