import { hash, createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { Fault } from '../../core/fault.ts';
import type { Digest } from '../../core/hash.ts';
import { readCheckpoint } from '../../core/ledger-evidence.ts';
import { auditLedger } from '../verify.ts';
import { copyLedger } from './copy.ts';
import { openLedgerFile } from './file.ts';
import { projectionTables } from './projections.ts';
import { rebuildSqliteLedger } from './rebuild.ts';
import { bytes, integer, text } from './rows.ts';
import { isNewestSchema, openForReading } from './schema.ts';

/** What a backup or a restore is doing, and how far it is, each in its own units. */
export interface CopyProgress {
  readonly doing: 'copying' | 'verifying' | 'replaying' | 'comparing';
  readonly done: number;
  readonly total: number;
}

/** A copy of a ledger that verifies. */
export interface CheckedCopy {
  readonly entries: number;
  /** Leaf hash of the last entry. */
  readonly head: Digest;
  /** The signed checkpoint beside the data folder that covers it, in entries; null when none does. */
  readonly signed: { readonly origin: string; readonly size: number; readonly note: string } | null;
  /** Why that checkpoint does not fit the copy; null when it does, or when there is none. */
  readonly unfit: string | null;
  /** Why the projections were not made anew and compared; null when they were. */
  readonly notReplayed: string | null;
}

export interface CheckOptions {
  /** The copy, which nobody else has open. */
  readonly path: string;
  /** A folder for what the check needs; made, and removed at the end. */
  readonly scratch: string;
  /** The signed checkpoint beside the ledger's data folder; null when there is none. */
  readonly note: string | null;
  readonly signal: AbortSignal;
  readonly tell: (progress: CopyProgress) => void;
}

/** Rows that are read before others have their turn. */
const rowsAtOnce = 5_000;

/** Tables that are compared: all that is made from the ledger alone. */
const madeTables = [...projectionTables, 'tree_hash'];

/**
 * Verifies a copy by replay: its chain from the first entry, each stored content by its digest, and every table that is
 * made from the ledger against one that is made anew. Rejects with `store.broken`, which names the entry, the content
 * or the table, with `store.failed`, or with the signal's reason.
 */
export async function checkCopy(options: CheckOptions): Promise<CheckedCopy> {
  const { path, scratch, signal } = options;
  const audited = await audit(options);
  const database = openForReading(path);
  try {
    await checkContents(database, signal);
    const notReplayed = reasonNotToReplay(database, audited.entries);
    if (notReplayed === null) await compareReplayed(database, options);
    return { ...audited, notReplayed };
  } finally {
    database.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function audit({ path, note, signal, tell }: CheckOptions): Promise<Omit<CheckedCopy, 'notReplayed'>> {
  const file = openLedgerFile(path);
  const told = (done: number, total: number) => tell({ doing: 'verifying', done, total });
  const evidence = note === null ? null : readCheckpoint('the checkpoint', note);
  try {
    const plain = await auditLedger(file, { keys: [], evidence: [], tell: told }, signal);
    const [broken] = plain.findings;
    if (broken !== undefined) throw unlike(`the ledger does not verify: ${broken.problem}`);
    const { entries, head } = plain;
    if (evidence === null || note === null) return { entries, head, signed: null, unfit: null };
    const { findings, proofs } = await auditLedger(file, { keys: [], evidence: [evidence] }, signal);
    const [proof] = proofs;
    const signed = proof === undefined ? null : { origin: proof.by, size: proof.size, note };
    return { entries, head, signed, unfit: findings[0]?.problem ?? null };
  } finally {
    file.close();
  }
}

async function checkContents(database: DatabaseSync, signal: AbortSignal): Promise<void> {
  const turn = createTurn(signal);
  for (const row of database.prepare('SELECT digest, bytes FROM blob').iterate()) {
    const digest = text(row, 'digest');
    if (hash('sha256', bytes(row, 'bytes')) !== digest) throw unlike(`the stored content ${digest} was altered`);
    await turn();
  }
}

function reasonNotToReplay(database: DatabaseSync, entries: number): string | null {
  if (!isNewestSchema(database)) return 'an earlier version of Drayage wrote it; the next start makes them anew';
  const mark = integer(database.prepare('SELECT sequence FROM projection_mark').get(), 'sequence');
  return mark === entries ? null : 'they were being made anew; the next start goes on with that';
}

async function compareReplayed(database: DatabaseSync, { path, scratch, signal, tell }: CheckOptions): Promise<void> {
  mkdirSync(scratch, { mode: 0o700 });
  const replayed = join(scratch, 'ledger.db');
  await copyLedger({ from: path, to: replayed, signal, tell: () => undefined });
  await rebuildSqliteLedger({
    directory: scratch,
    signal,
    tell: ({ done, total }) => tell({ doing: 'replaying', done, total }),
  });
  const anew = openForReading(replayed);
  try {
    for (const [index, table] of madeTables.entries()) {
      tell({ doing: 'comparing', done: index, total: madeTables.length });
      if ((await digestOf(database, table, signal)) === (await digestOf(anew, table, signal))) continue;
      throw unlike(`its table ${table} is not what the ledger makes of it`, { table });
    }
  } finally {
    anew.close();
  }
}

/** A digest over all rows of a table, in an order of their own. */
async function digestOf(database: DatabaseSync, table: string, signal: AbortSignal): Promise<Digest> {
  const statement = database.prepare(`SELECT * FROM ${table} LIMIT 0`);
  const order = statement.columns().map((_, index) => index + 1);
  const digest = createHash('sha256');
  const turn = createTurn(signal);
  for (const row of database.prepare(`SELECT * FROM ${table} ORDER BY ${order.join(', ')}`).iterate()) {
    digest.update(`${JSON.stringify(Object.values(row).map(plain))}\n`);
    await turn();
  }
  return digest.digest('hex');
}

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

/** Lets others have their turn now and then, and ends with the signal. */
function createTurn(signal: AbortSignal): () => Promise<void> {
  let rows = 0;
  return async () => {
    rows += 1;
    if (rows % rowsAtOnce !== 0) return;
    await setImmediate();
    signal.throwIfAborted();
  };
}

function unlike(problem: string, facts: { readonly table?: string } = {}): Fault {
  return new Fault('store.broken', `The copy is no good: ${problem}.`, {
    facts,
    next: 'Keep it apart. Run `dray ledger verify` where it came from; if that is whole, `dray ledger rebuild` and try again.',
  });
}
