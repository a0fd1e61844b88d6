import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../port/logger.ts';

/** A part of the server that has to be stopped. */
export interface Stoppable {
  /** For the log. */
  readonly name: string;
  readonly stop: () => Promise<void>;
}

export interface StopLimits {
  /** How long all parts together may take, in ms. */
  readonly totalMs: number;
  /** What a part gets even when those before it have used all of that, in ms. */
  readonly leastMs: number;
}

/**
 * Stops one part after the other. One that fails or takes too long is logged and does not keep the next from being
 * stopped. Returns the names of those that did not stop: whatever they hold is still held until the process ends.
 */
export async function stopInOrder(
  parts: readonly Stoppable[],
  logger: Logger,
  { totalMs, leastMs }: StopLimits,
): Promise<readonly string[]> {
  const endsAt = performance.now() + totalMs;
  const left: string[] = [];
  logger.info('the server stops', { parts: parts.map(({ name }) => name) });
  for (const { name, stop } of parts) {
    const waitMs = Math.max(leastMs, endsAt - performance.now());
    const trouble = await stopOne(stop, waitMs);
    if (trouble === null) continue;
    left.push(name);
    logger.error('a part of the server did not stop in order', { part: name, reason: trouble });
  }
  logger.info('the server has stopped', { left });
  return left;
}

/** Why it did not stop; null when it did. */
async function stopOne(stop: Stoppable['stop'], waitMs: number): Promise<string | null> {
  const patience = new AbortController();
  const tooLong = sleep(waitMs, `it took longer than ${Math.round(waitMs)} ms`, { signal: patience.signal });
  tooLong.catch(() => {}); // ended below, when the part was quicker
  try {
    return await Promise.race([stop().then(() => null), tooLong]);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    patience.abort();
  }
}
