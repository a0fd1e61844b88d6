import { existsSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { checkCopy, type CheckedCopy, type CopyProgress } from './check-copy.ts';
import { copyFault, copyLedger, syncPath } from './copy.ts';
import { lockDirectory } from './lock.ts';
import { publishedNote } from './published-note.ts';

export interface RestoreOptions {
  /** A backup, or another copy of a ledger's database file. */
  readonly file: string;
  /** The data folder; made when it is not there. No server may use it. */
  readonly directory: string;
  /** Whether a ledger that is there is moved aside. */
  readonly replace: boolean;
  /** Names the folder that a ledger is moved aside to: `replaced-` and this. */
  readonly mark: string;
  readonly signal: AbortSignal;
  readonly tell?: (progress: CopyProgress) => void;
}

export interface Restored extends CheckedCopy {
  /** Where the ledger lies now that was there before; null when there was none. */
  readonly replaced: string | null;
}

/** A ledger's database, and what SQLite keeps beside it. */
const files = ['ledger.db-shm', 'ledger.db-wal', 'ledger.db'] as const;

/**
 * Verifies a backup by replay and puts it in place. The signing key and the checkpoint of the folder are left alone:
 * they tell whether the ledger is behind. Rejects with `request.invalid` when there is a ledger already, `store.locked`,
 * `store.broken`, `store.failed`, or the signal's reason; the folder is then as it was.
 */
export async function restoreLedger(options: RestoreOptions): Promise<Restored> {
  const { file, directory, replace, mark, signal, tell = () => undefined } = options;
  const unlock = take(directory);
  try {
    const isThere = existsSync(join(directory, 'ledger.db'));
    if (isThere && !replace) throw ledgerIsThere(directory);
    const folder = mkdtempSync(join(directory, '.restore-'));
    try {
      const copy = join(folder, 'ledger.db');
      const told = (done: number, total: number) => tell({ doing: 'copying', done, total });
      await copyLedger({ from: file, to: copy, signal, tell: told });
      const note = publishedNote(directory);
      const checked = await checkCopy({ path: copy, scratch: join(folder, 'replay'), note, signal, tell });
      signal.throwIfAborted();
      return { ...checked, replaced: putInPlace(copy, directory, isThere ? `replaced-${mark}` : null) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : copyFault(error, 'Restoring the ledger');
  } finally {
    unlock();
  }
}

function take(directory: string): () => void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return lockDirectory(directory);
  } catch (error) {
    throw copyFault(error, `Using the data folder ${directory}`);
  }
}

/**
 * The old files get their second names first, so that nothing of them is ever without one. The old log goes before the
 * new database comes: beside that it would be taken for the new one's.
 */
function putInPlace(copy: string, directory: string, aside: string | null): string | null {
  const replaced = aside === null ? null : join(directory, aside);
  if (replaced !== null) {
    mkdirSync(replaced, { mode: 0o700 });
    for (const name of files) {
      if (existsSync(join(directory, name))) linkSync(join(directory, name), join(replaced, name));
    }
    syncPath(replaced);
  }
  for (const name of files.slice(0, 2)) rmSync(join(directory, name), { force: true });
  renameSync(copy, join(directory, 'ledger.db'));
  syncPath(directory);
  return replaced;
}

function ledgerIsThere(directory: string): Fault {
  return new Fault('request.invalid', `There is a ledger in ${directory} already.`, {
    facts: { directory },
    next: 'Name another folder with --data, or add --force: the ledger that is there is moved aside, not removed.',
  });
}
