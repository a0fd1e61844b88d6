import type { DatabaseSync } from 'node:sqlite';
import type { PreparedRequest } from '../prepare.ts';
import { isDatabaseFailure } from './failure.ts';
import { integer } from './rows.ts';

/** Keeps bytes that were erased from living on in the write-ahead log. */
export interface LogEmptier {
  /**
   * Called after each commit with what was committed. After an erasure the log is copied into the database and cut to
   * nothing; while a reader stands in the way it is tried again after each commit, and at the next opening.
   */
  emptyAfter(requests: readonly PreparedRequest[]): void;
}

/** How long the first try waits for readers, in ms: their statements are short, but for a backup's. */
const patienceMs = 250;

/** Empties the log at once, for what a server that was killed may have left there, and then after each erasure. */
export function createLogEmptier(database: DatabaseSync): LogEmptier {
  const timeoutMs = integer(database.prepare('PRAGMA busy_timeout').get(), 'timeout');
  let holdsErased = true;

  function tryToEmpty(waitMs: number): void {
    try {
      database.exec(`PRAGMA busy_timeout = ${waitMs}`);
      const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      holdsErased = integer(row, 'busy') !== 0;
    } catch (error) {
      if (!isDatabaseFailure(error)) throw error; // what was committed stands; it is tried again
    } finally {
      database.exec(`PRAGMA busy_timeout = ${timeoutMs}`);
    }
  }
  tryToEmpty(patienceMs);
  return {
    emptyAfter(requests) {
      const erases = requests.some(({ appends }) => appends.some(({ entries }) => entries.some(isErasure)));
      if (erases) holdsErased = true;
      if (holdsErased) tryToEmpty(erases ? patienceMs : 0);
    },
  };
}

function isErasure({ kind }: { readonly kind: string }): boolean {
  return kind === 'content-erased';
}
