import { setTimeout as sleepFor } from 'node:timers/promises';

/** Thrown by `withDeadline` when the time is over. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Thrown by a gate whose waiting line is full. */
export class GateFullError extends Error {
  override readonly name = 'GateFullError';
}

/**
 * Runs `work` with a signal of its own, which aborts with the caller's signal or after so many milliseconds. Rejects
 * at that moment with the signal's reason or a DeadlineError even when `work` does not heed its signal: an HTTP client
 * does not for a request that still waits in its pool.
 */
export async function withDeadline<T>(
  deadlineMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    ended.reject(reason);
    inner.abort(reason);
  };
  const forward = () => end(signal.reason);
  const timer = setTimeout(() => {
    end(new DeadlineError(`no answer within ${deadlineMs} ms`));
  }, deadlineMs);
  signal.addEventListener('abort', forward, { once: true });
  try {
    return await Promise.race([work(inner.signal), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', forward);
  }
}

/** Sleeps, or rejects with the signal's own reason. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  }
}

/** Lets so many callers in at once; the others wait in the order of their coming. */
export interface Gate {
  /** Runs `work` once there is room. The wait ends with the signal. Throws GateFullError when too many wait. */
  pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** A gate for `atOnce` callers inside and at most `waiting` before it. */
export function createGate(atOnce: number, waiting: number): Gate {
  let inside = 0;
  const line: (() => void)[] = [];
  const enter = async (signal: AbortSignal) => {
    if (inside < atOnce) {
      inside += 1;
      return;
    }
    if (line.length >= waiting) throw new GateFullError(`${waiting} requests are waiting already`);
    await waitInLine(line, signal);
  };
  const leave = () => {
    const next = line.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  return {
    async pass(signal, work) {
      signal.throwIfAborted();
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

/** Resolves when a leaving caller hands over its place. */
async function waitInLine(line: (() => void)[], signal: AbortSignal): Promise<void> {
  const turn = Promise.withResolvers<void>();
  const giveUp = () => {
    const index = line.indexOf(turn.resolve);
    if (index < 0) return;
    line.splice(index, 1);
    turn.reject(signal.reason);
  };
  line.push(turn.resolve);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await turn.promise;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
