import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import type { Digest } from '../../core/hash.ts';
import { tileWidth } from '../../core/tree/tile.ts';
import type { ContentSource } from '../content-check.ts';
import type { LedgerSource } from '../verify.ts';
import { sqliteCode, toFault } from './failure.ts';
import { bytes, integer, readStoredColumns, storedEntryColumns } from './rows.ts';
import { checkSchema, openForReading } from './schema.ts';
import { createTreeKeeper } from './tree.ts';

const cannotOpenCode = 14;

/** A ledger's database file, opened to be verified. */
export interface LedgerFile extends LedgerSource, ContentSource {
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
  const page = database.prepare(
    `SELECT ${storedEntryColumns.join(', ')} FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?`,
  );
  page.setReturnArrays(true);
  const mark = database.prepare('SELECT sequence FROM projection_mark');
  const tree = openTree(database);
  const content = openContents(database);
  return {
    page: async (after, limit, signal) => {
      signal.throwIfAborted();
      return attempt(() => page.all(after, limit).map(readStoredColumns));
    },
    reach: async (signal) => {
      signal.throwIfAborted();
      return attempt(() => Math.max(integer(mark.get(), 'sequence'), tree.covered()));
    },
    content: async (digest, signal) => {
      signal.throwIfAborted();
      return attempt(() => content(digest));
    },
    subtree: (level, number) => attempt(() => tree.subtree(level, number)),
    close: () => database.close(),
  };
}

/** What is stored under a digest; an earlier version had no content that could be erased. */
function openContents(database: DatabaseSync): (digest: Digest) => Uint8Array | null {
  const named = database.prepare(`SELECT count(*) AS tables FROM sqlite_master WHERE name = 'erasable_blob'`).get();
  const ofErasable =
    integer(named, 'tables') === 0
      ? ''
      : 'UNION ALL SELECT bytes FROM erasable_blob WHERE digest = :digest AND erased = 0';
  const at = database.prepare(`SELECT bytes FROM blob WHERE digest = :digest ${ofErasable}`);
  return (digest) => {
    const row = at.get({ digest });
    return row === undefined ? null : bytes(row, 'bytes');
  };
}

/** The stored subtrees; none in what an earlier version wrote. */
function openTree(database: DatabaseSync) {
  const named = database.prepare(`SELECT count(*) AS tables FROM sqlite_master WHERE name = 'tree_hash'`).get();
  if (integer(named, 'tables') === 0) return { covered: () => 0, subtree: () => null };
  const keeper = createTreeKeeper(database);
  const at = database.prepare('SELECT hash FROM tree_hash WHERE level = ? AND number = ?');
  return {
    covered: () => keeper.covered(),
    /** A row that is missing below what others cover is as wrong as one that is another hash. */
    subtree(level: number, number: number): Digest | null {
      const row = at.get(level, number);
      if (row !== undefined) return Buffer.from(bytes(row, 'hash')).toString('hex');
      return (number + 1) * tileWidth ** level <= keeper.covered() ? '' : null;
    },
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
