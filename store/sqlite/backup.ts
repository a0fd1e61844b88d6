import { linkSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { checkCopy, type CheckedCopy, type CopyProgress } from './check-copy.ts';
import { copyFault, copyLedger, syncPath } from './copy.ts';
import { publishedNote } from './published-note.ts';

export interface BackupOptions {
  /** The data folder, of a server that runs or of one that is stopped. */
  readonly directory: string;
  /** The backup, one file. */
  readonly file: string;
  /** Whether it may take the place of a file that is there. */
  readonly replace: boolean;
  readonly signal: AbortSignal;
  readonly tell?: (progress: CopyProgress) => void;
}

/**
 * Makes a backup of a ledger and verifies it by replay. The file appears whole and verified, or not at all; while it is
 * made, a folder beside it holds up to twice its size. Rejects with `request.invalid` when there is no ledger, or a file
 * already; `store.broken` when it does not verify; `store.failed`; the signal's reason.
 */
export async function backupLedger(options: BackupOptions): Promise<CheckedCopy> {
  const { directory, file, replace, signal, tell = () => undefined } = options;
  if (!replace && statSync(file, { throwIfNoEntry: false }) !== undefined) throw isThere(file);
  const folder = attempt(() => mkdtempSync(join(dirname(file), `.${basename(file)}-`)));
  try {
    const copy = join(folder, 'ledger.db');
    // Before the copy: what was signed by now is in it.
    const note = publishedNote(directory);
    const from = join(directory, 'ledger.db');
    await copyLedger({ from, to: copy, signal, tell: (done, total) => tell({ doing: 'copying', done, total }) });
    const checked = await checkCopy({ path: copy, scratch: join(folder, 'replay'), note, signal, tell });
    signal.throwIfAborted();
    attempt(() => put(copy, file, replace));
    return checked;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function put(copy: string, file: string, replace: boolean): void {
  if (replace) renameSync(copy, file);
  else putNew(copy, file);
  syncPath(dirname(file));
}

/** A link, unlike a rename, replaces nothing; a file system without links gets a rename. */
function putNew(copy: string, file: string): void {
  try {
    linkSync(copy, file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST' || statSync(file, { throwIfNoEntry: false }) !== undefined) throw isThere(file);
    renameSync(copy, file);
  }
}

function isThere(file: string): Fault {
  return new Fault('request.invalid', `There is a file ${file} already.`, {
    facts: { path: file },
    next: 'Name another file, or add --force to replace it.',
  });
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw copyFault(error, 'Writing the backup');
  }
}
