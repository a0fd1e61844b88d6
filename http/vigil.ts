/** Waits for one thing after the other, as `orAborted` does for one alone. */
export interface Vigil {
  /** Rejects with the signal's reason once it aborts, even when the work does not heed its signal. */
  wait<T>(work: Promise<T>): Promise<T>;
  end(): void;
}

/**
 * Listens to the signal once, for as long as the vigil lasts: a stream waits thousands of times, and to listen, or only to
 * ask a signal that is made of others, costs more than what it waits for. One wait at a time.
 */
export function createVigil(signal: AbortSignal): Vigil {
  let reject: ((reason: unknown) => void) | null = null;
  let isOver = signal.aborted;
  const abort = () => {
    isOver = true;
    reject?.(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  return {
    wait: (work) =>
      new Promise((resolve, fail) => {
        reject = fail;
        if (isOver) fail(signal.reason);
        work.then(resolve, fail);
      }),
    end: () => signal.removeEventListener('abort', abort),
  };
}
