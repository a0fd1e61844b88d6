import type { Clock } from '../port/clock.ts';

/** A pause that can be cut short. */
export interface Pause {
  /** Resolves after so many ms, sooner when woken or when the signal aborts, but not before a short rest. Never rejects. */
  wait(ms: number): Promise<void>;
  wake(): void;
}

/** The shortest pause between two rounds, in ms: a storm of wakes must not become a storm of rounds. */
const restMs = 50;

export function createPause(clock: Clock, signal: AbortSignal): Pause {
  let woken = Promise.withResolvers<void>();
  return {
    wake: () => woken.resolve(),
    async wait(ms) {
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      try {
        await clock.sleep(restMs, either);
        await Promise.race([woken.promise, clock.sleep(ms, either)]);
      } catch (error) {
        if (!either.aborted) throw error;
      } finally {
        woken = Promise.withResolvers<void>();
        done.abort();
      }
    },
  };
}
