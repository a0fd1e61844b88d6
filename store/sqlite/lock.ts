import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import { sqliteCode } from './failure.ts';

const busyCode = 5;

/**
 * Takes the data folder for this process alone and returns what gives it back. The lock is SQLite's own on a database
 * that holds nothing: the operating system releases it when the process ends, however it ends. Throws `store.locked`
 * at once when another holds it.
 */
export function lockDirectory(directory: string): () => void {
  const database = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;'); // no journal file: it locks on a full disk too
  } catch (cause) {
    database.close();
    if (sqliteCode(cause) !== busyCode) throw cause;
    throw new Fault('store.locked', `Another server uses the data folder ${directory}.`, {
      facts: { directory },
      next: 'Stop the other server, or give this one a folder of its own.',
      cause,
    });
  }
  return () => database.close();
}
