/** Does one piece of work after the other, in the order in which they were asked for. */
export type Turns = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** The signal ends the wait for a turn, with its reason, and no work that has begun. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return async (work, signal) => {
    signal.throwIfAborted();
    const over = Promise.withResolvers<never>();
    const abort = (): void => over.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const turn = last.then(async () => {
      signal.throwIfAborted();
      signal.removeEventListener('abort', abort);
      return await work();
    });
    last = turn.catch(() => undefined);
    try {
      return await Promise.race([turn, over.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}
