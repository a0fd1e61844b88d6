import { NotNow } from './exchange.ts';

const attemptsMost = 4;
const firstPauseMs = 200;
const askedPauseMostMs = 5_000;

/**
 * Runs an attempt up to four times while it rejects with NotNow, with pauses of about 0.2, 0.4 and 0.8 s, or of what
 * the server asks for, up to 5 s. Rejects with the last one's fault, with any other error at once, or with the signal's
 * reason.
 */
export async function withRetries<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let made = 1; ; made += 1) {
    try {
      return await attempt();
    } catch (cause) {
      if (!(cause instanceof NotNow)) throw cause;
      if (made >= attemptsMost) throw cause.fault;
      const asked = Math.min(cause.fault.retryAfterMs ?? 0, askedPauseMostMs);
      await pause(Math.max(asked, withChance(firstPauseMs * 2 ** (made - 1))), signal);
    }
  }
}

/** Half of it certain, half by chance, so that many clients do not come again at the same moment. */
export function withChance(ms: number): number {
  return ms / 2 + (Math.random() * ms) / 2;
}

/** Waits, or rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  const abort = () => over.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await over.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
