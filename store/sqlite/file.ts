import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import type { LedgerSource } from '../verify.ts';
import { sqliteCode, toFault } from './failure.ts';
import { integer, readStoredEntry } from './rows.ts';
import { checkSchema, openForReading } from './schema.ts';

const cannotOpenCode = 14;

/** A ledger's database file, opened to be verified. */
export interface LedgerFile extends LedgerSource {
  close(): void;
}

/**
 * Opens a ledger's database file for reading only: beside a server that has it open, and as a copy (of a server that
 * runs, copy `ledger.db-wal` too). Throws `request.invalid` when there is no such file, `store.broken` when it is no
 * ledger or a newer version wrote it, `store.failed`. What an earlier version wrote is read as it is.
 */
export function openLedgerFile(path: string): LedgerFile {
  if (sizeOf(path) === null) {
    throw new Fault('request.invalid', `There is no file ${path}.`, { facts: { path } });
  }
  const database = attempt(() => openChecked(path));
  const page = database.prepare('SELECT * FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?');
  const mark = database.prepare('SELECT sequence FROM projection_mark');
  return {
    page: async (after, limit, signal) => {
      signal.throwIfAborted();
      return attempt(() => page.all(after, limit).map(readStoredEntry));
    },
    reach: async (signal) => {
      signal.throwIfAborted();
      return attempt(() => integer(mark.get(), 'sequence'));
    },
    close: () => database.close(),
  };
}

/** Where SQLite may not make its index file beside the database, a database without a log can do without one. */
function openChecked(path: string): DatabaseSync {
  try {
    return checked(openForReading(path), path);
  } catch (error) {
    if (sqliteCode(error) !== cannotOpenCode || (sizeOf(`${path}-wal`) ?? 0) > 0) throw error;
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    return checked(openForReading(url), path);
  }
}

function checked(database: DatabaseSync, path: string): DatabaseSync {
  try {
    checkSchema(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw toFault(error, 'Reading the ledger file');
  }
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
