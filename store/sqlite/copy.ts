import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import { toFault } from './failure.ts';
import { checkSchema, openForReading } from './schema.ts';

/** Pages that are copied before others have their turn: 8 MiB. */
const pagesAtOnce = 2_048;

export interface CopyOptions {
  /** A ledger's database file; a server may have it open and write to it. */
  readonly from: string;
  /** Where the copy goes; nothing may be there. Its folder must be nobody else's. */
  readonly to: string;
  readonly signal: AbortSignal;
  /** Told after each piece, in pages. */
  readonly tell: (done: number, total: number) => void;
}

/**
 * Copies a ledger as it is at one moment, into one file that only its owner may read, and forces it to the disk.
 *
 * SQLite's online backup, within one reading transaction: it neither waits for writers nor makes them wait, shows its
 * progress, and can be ended. Without that transaction it would begin again with each commit of the server, and on a
 * busy one never end; `VACUUM INTO` could not be ended before its time. Rejects with `request.invalid`, `store.broken`,
 * `store.failed`, or the signal's reason.
 */
export async function copyLedger({ from, to, signal, tell }: CopyOptions): Promise<void> {
  signal.throwIfAborted();
  if (statSync(from, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new Fault('request.invalid', `There is no ledger ${from}.`, { facts: { path: from } });
  }
  try {
    closeSync(openSync(to, 'wx', 0o600));
    await copyPages({ from, to, signal, tell });
    settle(to);
  } catch (error) {
    throw signal.aborted ? signal.reason : copyFault(error, 'Copying the ledger');
  }
}

async function copyPages({ from, to, signal, tell }: CopyOptions): Promise<void> {
  const source = openForReading(from);
  try {
    checkSchema(source, from);
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_master').get(); // the transaction begins with the first statement
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }): void => {
      signal.throwIfAborted();
      tell(totalPages - remainingPages, totalPages);
    };
    await backup(source, to, { rate: pagesAtOnce, progress });
  } finally {
    source.close();
  }
}

/** Makes it one file that needs no log beside it, and forces it to the disk. */
function settle(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = DELETE');
  } finally {
    database.close();
  }
  syncPath(path);
}

/** What an operator is told of an error of a copy: of the file system's, too. */
export function copyFault(error: unknown, doing: string): Fault {
  if (!(error instanceof Error) || !('syscall' in error)) return toFault(error, doing);
  return new Fault('store.failed', `${doing} failed: ${error.message}.`, {
    next: 'Look at the free space, the permissions and the health of the disk; then try again.',
    cause: error,
  });
}

/** Forces a file or a folder to the disk. */
export function syncPath(path: string): void {
  const opened = openSync(path, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
