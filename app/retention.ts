import { erasedAtOnceMost } from '../core/content.ts';
import { isFault } from '../core/fault.ts';
import { defaultLogRetentionMs } from '../core/platform.ts';
import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import type { Store } from '../port/store.ts';
import { self } from './append.ts';
import { eraseContents } from './erasure.ts';
import type { PlatformState } from './platform.ts';

/** How long after the start the first look comes, and how often there is one, in ms. */
const firstAfterMs = 60_000;
const everyMs = 3_600_000;

/** How many pieces one look erases; the rest is left to the next one. */
const piecesMost = 100;

const storeDeadlineMs = 30_000;

export interface RetentionParts {
  readonly store: Store;
  readonly platform: PlatformState;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this server is the one that drives: of several, only that one erases. */
  readonly drives: () => boolean;
}

export interface Retention {
  /** Ends after the piece that is under way. */
  stop(): Promise<void>;
}

/**
 * Erases log excerpts that are older than the platform document lets them become. Age is by the time of the entry that
 * names them first. What cannot be erased now is tried again at the next look.
 */
export function startRetention(parts: RetentionParts): Retention {
  const { clock, logger } = parts;
  const ending = new AbortController();

  async function run(): Promise<void> {
    await clock.sleep(firstAfterMs, ending.signal);
    for (;;) {
      try {
        if (parts.drives()) await eraseOld(parts, ending.signal);
      } catch (error) {
        ending.signal.throwIfAborted();
        logger.warn('log excerpts that are past their time could not be erased', {
          reason: isFault(error) ? error.message : String(error),
        });
      }
      await clock.sleep(everyMs, ending.signal);
    }
  }
  const running = run().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  return {
    async stop() {
      ending.abort(new Error('the server stops'));
      await running;
    },
  };
}

/** Erases in pieces of 400 until nothing is left that is past its time. How many excerpts it erased. */
export async function eraseOld(parts: RetentionParts, signal: AbortSignal): Promise<number> {
  const { store, clock, logger } = parts;
  const keptMs = await keptLogsMs(parts, AbortSignal.any([signal, clock.timeout(storeDeadlineMs)]));
  if (keptMs === null) return 0;
  let erased = 0;
  for (let piece = 0; piece < piecesMost && parts.drives(); piece += 1) {
    signal.throwIfAborted();
    const within = clock.timeout(storeDeadlineMs); // an entry that is being written is not cut off by the end
    const contents = await store.unerased('logs', clock.now() - keptMs, erasedAtOnceMost, within);
    const done = await eraseContents(store, { by: self, reason: 'retention', contents }, within);
    erased += done.contents;
    if (contents.length < erasedAtOnceMost) break;
  }
  if (erased > 0) logger.info('log excerpts that were past their time are erased', { excerpts: erased });
  return erased;
}

/** For how long log excerpts are kept; null: for ever. Nothing failed yet where there is no platform document. */
async function keptLogsMs({ platform }: RetentionParts, signal: AbortSignal): Promise<number | null> {
  try {
    const { ledger } = (await platform.current(signal)).platform;
    return ledger === undefined ? defaultLogRetentionMs : ledger.retention.logsMs;
  } catch (error) {
    if (isFault(error, 'platform.missing')) return null;
    throw error;
  }
}
