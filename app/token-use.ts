import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import type { Store } from '../port/store.ts';

/** Notes when tokens are used, off the way of the requests that use them. */
export interface TokenUse {
  /** The token was used now. Costs no I/O; within a minute of the note before it does nothing. */
  note(id: string): void;
  /** Writes what is not written yet, and ends. */
  stop(): Promise<void>;
}

/** A token's use is noted at most once in so many ms. */
const notedEveryMs = 60_000;

/** How long uses are gathered before they are written together, in ms. */
const gatheredMs = 5_000;

/** Tokens whose last note is remembered; what is above is noted at another time. */
const tokensMost = 10_000;

const writeDeadlineMs = 10_000;

/** Gathers uses in memory and writes them in batches. A use that cannot be written is lost, and that is logged. */
export function createTokenUse(of: {
  readonly store: Pick<Store, 'noteTokenUse'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): TokenUse {
  const { store, clock, logger } = of;
  const ending = new AbortController();
  const noted = new Map<string, number>();
  let waiting = new Map<string, number>();
  let writing: Promise<void> | null = null;

  async function write(): Promise<void> {
    const batch = waiting;
    waiting = new Map();
    if (batch.size === 0) return;
    try {
      await store.noteTokenUse(batch, clock.timeout(writeDeadlineMs));
    } catch (error) {
      logger.warn('the last use of tokens could not be noted', { tokens: batch.size, reason: String(error) });
    }
  }
  async function gatherAndWrite(): Promise<void> {
    // Only the end cuts the sleep short; then what was gathered is written at once.
    await clock.sleep(gatheredMs, ending.signal).catch(() => undefined);
    await write();
    writing = null;
    if (waiting.size > 0) begin();
  }
  function begin(): void {
    writing ??= gatherAndWrite();
  }
  function makeRoom(now: number): boolean {
    if (noted.size < tokensMost) return true;
    for (const [id, at] of noted) if (now - at >= notedEveryMs) noted.delete(id);
    return noted.size < tokensMost;
  }
  return {
    note(id) {
      const now = clock.monotonic();
      const before = noted.get(id);
      if (ending.signal.aborted || (before !== undefined && now - before < notedEveryMs)) return;
      if (before === undefined && !makeRoom(now)) return;
      noted.set(id, now);
      waiting.set(id, clock.now());
      begin();
    },
    async stop() {
      ending.abort(new Error('the server stops'));
      while (writing !== null) await writing;
    },
  };
}
