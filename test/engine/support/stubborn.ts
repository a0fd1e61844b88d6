import { setTimeout as sleep } from 'node:timers/promises';
import { isFault, isRetryable } from '../../../core/fault.ts';

const pauseMs = 100;

/** Repeats a call that is safe to repeat, for as long as the server does not answer and the signal allows. */
export async function stubbornly<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!isFault(error) || !isRetryable(error)) throw error;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
