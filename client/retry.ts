import { setTimeout as sleep } from 'node:timers/promises';
import { NotNow } from './exchange.ts';

const attemptsMost = 4;
const firstPauseMs = 200;

/**
 * Runs an attempt up to four times while it rejects with NotNow, with pauses of about 0.2, 0.4 and 0.8 s. Rejects with
 * the last one's fault, with any other error at once, or with the signal's reason.
 */
export async function withRetries<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let made = 1; ; made += 1) {
    try {
      return await attempt();
    } catch (cause) {
      if (!(cause instanceof NotNow)) throw cause;
      if (made >= attemptsMost) throw cause.fault;
      await pause(firstPauseMs * 2 ** (made - 1), signal);
    }
  }
}

/** Half of it certain, half by chance, so that many clients do not come again at the same moment. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms / 2 + (Math.random() * ms) / 2, undefined, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  }
}
