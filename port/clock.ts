/** Time as the app sees it: a fake one drives the tests. */
export interface Clock {
  /** Milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A signal that aborts after so many milliseconds: the deadline of one call. Keeps no process alive. */
  timeout(ms: number): AbortSignal;
}
