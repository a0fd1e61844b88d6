import type { DatabaseSync } from 'node:sqlite';

/**
 * Lets reads that follow each other closely share one transaction: to begin one costs a short statement more than the
 * reading does.
 */
export interface Snapshot {
  /** Reads from now on see what is committed by now; at the latest after this turn of the event loop they see more. */
  hold(): void;
  /** The next read sees all that is committed by then: called before anybody hears that something was. */
  release(): void;
}

export function createSnapshot(database: DatabaseSync): Snapshot {
  const begin = database.prepare('BEGIN');
  const commit = database.prepare('COMMIT');
  let isHeld = false;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    if (database.isOpen && database.isTransaction) commit.run();
  };
  return {
    hold() {
      if (isHeld) return;
      begin.run();
      isHeld = true;
      setImmediate(release);
    },
    release,
  };
}
