import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../core/hash.ts';
import { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Clock } from '../../port/clock.ts';
import type { Appended, AppendRequest, PageRequest, Store } from '../../port/store.ts';
import { prepare, type PreparedRequest } from '../prepare.ts';
import { toFault } from './failure.ts';
import { lockDirectory } from './lock.ts';
import type { Placed, Written } from './message.ts';
import { WriteQueue } from './queue.ts';
import { createReader, type Reader } from './reader.ts';
import { openForReading } from './schema.ts';
import { WriterThread } from './thread.ts';

export interface SqliteStoreOptions {
  /** The data folder; made with mode 0700 when it is not there. */
  readonly directory: string;
  readonly clock: Clock;
  /** Aborts the opening, not the store. */
  readonly signal: AbortSignal;
}

/**
 * Opens the embedded store: `ledger.db` in the data folder, which this process holds alone. Verifies the last entry and
 * folds what the projections lack, which after a crash is at most one transaction. Rejects with `store.locked`,
 * `store.broken` (a newer version wrote it, or its end does not verify) or `store.failed`.
 */
export async function openSqliteStore({ directory, clock, signal }: SqliteStoreOptions): Promise<Store> {
  signal.throwIfAborted();
  const unlock = takeDirectory(directory);
  let thread: WriterThread | null = null;
  try {
    thread = await WriterThread.start(directory, signal);
    return new SqliteStore(thread, openForReading(join(directory, 'ledger.db')), clock, unlock);
  } catch (error) {
    await thread?.terminate();
    unlock();
    throw signal.aborted ? error : toFault(error, 'Opening the ledger');
  }
}

function takeDirectory(directory: string): () => void {
  try {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) chmodSync(directory, 0o700); // whatever the umask
    return lockDirectory(directory);
  } catch (error) {
    throw error instanceof Fault ? error : unusable(directory, error);
  }
}

function unusable(directory: string, cause: unknown): Fault {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Fault('store.failed', `The data folder ${directory} cannot be used: ${message}.`, {
    facts: { directory },
    next: 'Name a folder that this user may write to.',
    cause,
  });
}

class SqliteStore implements Store {
  readonly #thread: WriterThread;
  readonly #database: DatabaseSync;
  readonly #reader: Reader;
  readonly #queue: WriteQueue;
  readonly #clock: Clock;
  readonly #unlock: () => void;
  #closing: Promise<void> | null = null;

  constructor(thread: WriterThread, database: DatabaseSync, clock: Clock, unlock: () => void) {
    this.#thread = thread;
    this.#database = database;
    this.#reader = createReader(database);
    this.#queue = new WriteQueue({ write: (requests) => this.#write(requests) });
    this.#clock = clock;
    this.#unlock = unlock;
  }

  async append(request: AppendRequest, signal: AbortSignal): Promise<Appended> {
    this.#checkOpen();
    const prepared = prepare(request, this.#clock.now());
    return { entries: toEntries(prepared, await this.#queue.append(prepared, signal)) };
  }

  head = (signal: AbortSignal) => this.#read(signal, (from) => from.head());
  entries = (after: number, limit: number, signal: AbortSignal) =>
    this.#read(signal, (from) => from.entries(after, limit));
  version = (stream: string, signal: AbortSignal) => this.#read(signal, (from) => from.version(stream));
  stream = (stream: string, signal: AbortSignal) => this.#read(signal, (from) => from.stream(stream));
  blob = (digest: Digest, signal: AbortSignal) => this.#read(signal, (from) => from.blob(digest));
  release = (service: string, version: string, signal: AbortSignal) =>
    this.#read(signal, (from) => from.release(service, version));
  releases = (filter: { readonly service?: string }, page: PageRequest, signal: AbortSignal) =>
    this.#read(signal, (from) => from.releases(filter, page));
  deployment = (id: string, signal: AbortSignal) => this.#read(signal, (from) => from.deployment(id));
  deployments = (filter: { readonly environment?: string }, page: PageRequest, signal: AbortSignal) =>
    this.#read(signal, (from) => from.deployments(filter, page));
  unfinished = (filter: { readonly environment?: string }, signal: AbortSignal) =>
    this.#read(signal, (from) => from.unfinished(filter));
  inventory = (environment: string, signal: AbortSignal) => this.#read(signal, (from) => from.inventory(environment));
  revision = (environment: string, revision: number | null, signal: AbortSignal) =>
    this.#read(signal, (from) => from.revision(environment, revision));
  revisionOf = (deployment: string, signal: AbortSignal) => this.#read(signal, (from) => from.revisionOf(deployment));
  platform = (signal: AbortSignal) => this.#read(signal, (from) => from.platform());
  tokens = (signal: AbortSignal) => this.#read(signal, (from) => from.tokens());

  async rebuild(signal: AbortSignal): Promise<{ readonly entries: number }> {
    this.#checkOpen();
    return this.#queue.turn(async () => {
      signal.throwIfAborted();
      const answer = await this.#thread.ask({ kind: 'rebuild' });
      assert(answer.kind === 'rebuilt', 'the writer answers what it was asked');
      return { entries: answer.entries };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.turn(() => this.#end());
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#database.close();
    try {
      await this.#thread.ask({ kind: 'close' });
    } finally {
      await this.#thread.terminate();
      this.#unlock();
    }
  }

  async #write(requests: readonly PreparedRequest[]): Promise<readonly Written[]> {
    const answer = await this.#thread.ask({ kind: 'write', requests });
    assert(answer.kind === 'written', 'the writer answers what it was asked');
    return answer.results;
  }

  /** A statement on the reading connection, which sees all that was committed; it takes no longer than its rows do. */
  async #read<T>(signal: AbortSignal, read: (from: Reader) => T): Promise<T> {
    signal.throwIfAborted();
    this.#checkOpen();
    try {
      return read(this.#reader);
    } catch (error) {
      throw toFault(error, 'Reading the ledger');
    }
  }

  #checkOpen(): void {
    if (this.#closing === null) return;
    throw new Fault('store.failed', 'The ledger is closed; the server is stopping.', { next: 'Start it again.' });
  }
}

function toEntries(request: PreparedRequest, placed: readonly Placed[]): readonly LedgerEntry[] {
  const entries = request.appends.flatMap(({ stream, entries }) => entries.map((entry) => ({ ...entry, stream })));
  return entries.map(({ payloadText, kind, ...members }, index) => {
    const at = placed[index];
    assert(at !== undefined, 'the writer places every entry');
    const payload = JSON.parse(payloadText) as JsonObject;
    return { ...members, ...at, time: request.timeMs, kind: kind as LedgerEntry['kind'], payload };
  });
}
