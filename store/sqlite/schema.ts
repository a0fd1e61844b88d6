import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import { verifyEnd } from './end.ts';
import { integer } from './rows.ts';

const migrations = join(import.meta.dirname, '../../migrations/sqlite');

/** How long a statement waits for another connection's lock. */
const busyTimeoutMs = 5_000;

/**
 * Pages of 4 KiB in the write-ahead log from which on they are copied into the database: pages that change with every
 * transaction, such as those of the inventory, are then copied once for thousands of them.
 */
const checkpointPages = 8_192;

/** What the write-ahead log is cut back to after something large, such as a rebuild. */
const logBytesMost = 64 * 1024 * 1024;

/**
 * Opens the writing connection: durable at COMMIT (WAL, synchronous=FULL), migrated to the newest schema. The end of
 * the ledger is verified first, since a migration may set the mark back that tells how far the ledger reached. Throws
 * `store.broken` when it does not verify, or when a newer version wrote it.
 */
export function openForWriting(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    // What a savepoint may have to take back would else be written to a file, page by page, for every request.
    database.exec('PRAGMA temp_store = MEMORY');
    database.exec(`PRAGMA journal_size_limit = ${logBytesMost}`);
    database.exec('PRAGMA secure_delete = ON'); // or a page that splits keeps what moved away, erased or not
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Does work that can be done again, in many transactions, without waiting for the disk at each COMMIT: after a power cut
 * the last of them may be undone, in order, as if they had never been. What is committed afterwards is durable as ever,
 * and they with it.
 */
export function withoutFlushes(database: DatabaseSync, work: () => void): void {
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536');
  try {
    work();
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK'); // inside one the pragma would do nothing
    database.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -2000');
  }
}

/** How much of the database a reading connection maps into memory, read-only, instead of copying each page that it needs. */
const mappedBytesMost = 1024 * 1024 * 1024;

/** Opens a connection that cannot write; it sees every transaction that was committed before a statement begins. */
export function openForReading(path: string | URL): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true });
  database.exec(`PRAGMA mmap_size = ${mappedBytesMost}`);
  return database;
}

/** Throws `store.broken` unless the database has a schema of this version or of an earlier one. */
export function checkSchema(database: DatabaseSync, path: string): void {
  const known = migrationFiles().length;
  const version = schemaVersion(database);
  if (version >= 1 && version <= known) return;
  if (version > known) throw newerSchema(path, version, known);
  throw new Fault('store.broken', `${path} is no ledger of Drayage.`, {
    facts: { schema: version, known },
    next: 'Name the file ledger.db of a data folder.',
  });
}

/** Whether the database has the schema that this version writes. */
export function isNewestSchema(database: DatabaseSync): boolean {
  return schemaVersion(database) === migrationFiles().length;
}

function migrate(database: DatabaseSync, path: string): void {
  const files = migrationFiles();
  const version = schemaVersion(database);
  if (version > files.length) throw newerSchema(path, version, files.length);
  if (version > 0) verifyEnd(database);
  for (const [index, file] of files.entries()) {
    if (index >= version) apply(database, readFileSync(join(migrations, file), 'utf8'), index + 1);
  }
}

function apply(database: DatabaseSync, sql: string, version: number): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(sql);
    database.exec(`PRAGMA user_version = ${version}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function migrationFiles(): readonly string[] {
  return readdirSync(migrations)
    .filter((file) => file.endsWith('.sql'))
    .toSorted();
}

function schemaVersion(database: DatabaseSync): number {
  return integer(database.prepare('PRAGMA user_version').get(), 'user_version');
}

function newerSchema(path: string, version: number, known: number): Fault {
  return new Fault('store.broken', `${path} was written by a newer version of Drayage.`, {
    facts: { schema: version, known },
    next: 'Start the version of Drayage that wrote it, or a later one.',
  });
}
