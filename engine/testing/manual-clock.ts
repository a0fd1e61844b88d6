import type { Clock } from '../../port/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets so many milliseconds pass, waking every sleeper in the order of its time. */
  pass(ms: number): Promise<void>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Creates a clock that starts at a given time, in ms since 1970. */
export function createManualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  let sleepers: readonly Sleeper[] = [];
  return {
    now: () => nowMs,
    monotonic: () => nowMs - startMs,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sleeper = { atMs: nowMs + ms, wake: resolve };
      const giveUp = () => {
        sleepers = sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      };
      sleepers = [...sleepers, sleeper];
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    },
    timeout(ms) {
      const controller = new AbortController();
      const expire = () => controller.abort(new DOMException('The deadline has passed', 'TimeoutError'));
      sleepers = [...sleepers, { atMs: nowMs + ms, wake: expire }];
      return controller.signal;
    },
    async pass(ms) {
      const endMs = nowMs + ms;
      await settled();
      for (;;) {
        const due = sleepers.filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs);
        const next = due[0];
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.atMs);
        sleepers = sleepers.filter((other) => other !== next);
        next.wake();
        await settled();
      }
      nowMs = endMs;
    },
  };
}

/** Waits until all that could go on without time has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
