import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import type { ErasableKind } from '../../core/event.ts';
import type { Digest } from '../../core/hash.ts';
import { Fault } from '../../core/fault.ts';
import { toPayload, type LedgerEntry } from '../../core/ledger.ts';
import type { Clock } from '../../port/clock.ts';
import type {
  Appended,
  AppendRequest,
  DeploymentFilter,
  EntryFilter,
  LeaseRow,
  PageRequest,
  ReleaseFilter,
  Store,
  TokenRow,
} from '../../port/store.ts';
import { leaseGrant, leaseStream } from '../lease-entry.ts';
import { prepare, type PreparedRequest } from '../prepare.ts';
import { toFault } from './failure.ts';
import type { Pause } from './bounded-list.ts';
import { lockDirectory } from './lock.ts';
import { fromRefusal, type Placed, type WriterAnswer, type WriterRequest, type Written } from './message.ts';
import { WriteQueue } from './queue.ts';
import { createReader, type Reader } from './reader.ts';
import { openForReading } from './schema.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';
import { WriterThread } from './thread.ts';
import { TokenUses } from './token-uses.ts';
import type { FoldProgress } from './message.ts';

export interface SqliteStoreOptions {
  /** The data folder; made with mode 0700 when it is not there. */
  readonly directory: string;
  readonly clock: Clock;
  /** Aborts the opening, not the store. */
  readonly signal: AbortSignal;
  /** Told while what follows from the ledger is made: at the opening, and by `rebuild`. */
  readonly onProgress?: (progress: FoldProgress) => void;
}

/**
 * Opens the embedded store: `ledger.db` in the data folder, which this process holds alone. Verifies the last entry and
 * folds what the projections lack, which after a crash is at most one transaction. Rejects with `store.locked`,
 * `store.broken` (a newer version wrote it, or its end does not verify) or `store.failed`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { directory, clock, signal, onProgress: tell = () => undefined } = options;
  signal.throwIfAborted();
  const unlock = takeDirectory(directory);
  let thread: WriterThread | null = null;
  try {
    thread = await WriterThread.start({ directory, anew: false, signal, tell });
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
  readonly exclusive = true;
  readonly #thread: WriterThread;
  readonly #database: DatabaseSync;
  readonly #reader: Reader;
  readonly #snapshot: Snapshot;
  readonly #queue: WriteQueue;
  readonly #uses: TokenUses;
  readonly #listeners = new Set<{ readonly listener: (sequence: number) => void }>();
  readonly #clock: Clock;
  readonly #unlock: () => void;
  #closing: Promise<void> | null = null;

  constructor(thread: WriterThread, database: DatabaseSync, clock: Clock, unlock: () => void) {
    this.#thread = thread;
    this.#database = database;
    this.#reader = createReader(database);
    this.#snapshot = createSnapshot(database);
    this.#queue = new WriteQueue({ write: (requests) => this.#write(requests) });
    this.#uses = new TokenUses(
      (work) => this.#queue.turn(work),
      (lastUsedAt) => this.#noteTokenUse(lastUsedAt),
    );
    this.#clock = clock;
    this.#unlock = unlock;
  }

  async append(request: AppendRequest, signal: AbortSignal): Promise<Appended> {
    this.#checkOpen();
    const prepared = prepare(request, this.#clock.now());
    const placed = await this.#queue.append(prepared, signal);
    return { entries: toEntries(request, prepared, placed) };
  }

  onAppended(listener: (sequence: number) => void): () => void {
    const held = { listener };
    this.#listeners.add(held);
    return () => void this.#listeners.delete(held);
  }

  head = (signal: AbortSignal) => this.#read(signal, (from) => from.head());
  entries = (after: number, limit: number, signal: AbortSignal) =>
    this.#read(signal, (from) => from.entries(after, limit));
  entriesBefore = (before: number | null, limit: number, filter: EntryFilter, signal: AbortSignal) =>
    this.#read(signal, (from, pause) => from.entriesBefore(before, limit, filter, pause));
  version = (stream: string, signal: AbortSignal) => this.#read(signal, (from) => from.version(stream));
  stream = (stream: string, signal: AbortSignal) => this.#read(signal, (from) => from.stream(stream));
  blob = (digest: Digest, signal: AbortSignal) => this.#read(signal, (from) => from.blob(digest));
  erasable = (digest: Digest, signal: AbortSignal) => this.#read(signal, (from) => from.erasable(digest));
  unerased = (kind: ErasableKind, before: number, limit: number, signal: AbortSignal) =>
    this.#read(signal, (from) => from.unerased(kind, before, limit));
  treeHashes = (level: number, from: number, count: number, signal: AbortSignal) =>
    this.#read(signal, (reader) => reader.treeHashes(level, from, count));
  release = (service: string, version: string, signal: AbortSignal) =>
    this.#read(signal, (from) => from.release(service, version));
  releases = (filter: ReleaseFilter, page: PageRequest, signal: AbortSignal) =>
    this.#read(signal, (from, pause) => from.releases(filter, page, pause));
  evidence = (service: string, version: string, signal: AbortSignal) =>
    this.#read(signal, (from) => from.evidence(service, version));
  imagesOfChains = (chains: readonly string[], signal: AbortSignal) =>
    this.#read(signal, (from) => from.imagesOfChains(chains));
  reportsOf = (vulnerability: string, signal: AbortSignal) =>
    this.#read(signal, (from) => from.reportsOf(vulnerability));
  waivers = (endingAfter: number, signal: AbortSignal) => this.#read(signal, (from) => from.waivers(endingAfter));
  deployment = (id: string, signal: AbortSignal) => this.#read(signal, (from) => from.deployment(id));
  deployments = (filter: DeploymentFilter, page: PageRequest, signal: AbortSignal) =>
    this.#read(signal, (from, pause) => from.deployments(filter, page, pause));
  unfinished = (filter: { readonly environment?: string }, signal: AbortSignal) =>
    this.#read(signal, (from) => from.unfinished(filter));
  inventory = (environment: string, signal: AbortSignal) => this.#read(signal, (from) => from.inventory(environment));
  revision = (environment: string, revision: number | null, signal: AbortSignal) =>
    this.#read(signal, (from) => from.revision(environment, revision));
  revisionOf = (deployment: string, signal: AbortSignal) => this.#read(signal, (from) => from.revisionOf(deployment));
  secretVersions = (environment: string | null, signal: AbortSignal) =>
    this.#read(signal, (from) => from.secretVersions(environment));
  platform = (signal: AbortSignal) => this.#read(signal, (from) => from.platform());
  revisions = (environment: string, page: PageRequest, signal: AbortSignal) =>
    this.#read(signal, (from) => from.revisions(environment, page));
  tokens = (filter: { readonly use?: TokenRow['use'] }, page: PageRequest, signal: AbortSignal) =>
    this.#read(signal, (from) => from.tokens(filter, page));
  token = (id: string, signal: AbortSignal) => this.#read(signal, (from) => from.token(id));
  tokenByHash = (secretHash: Digest, signal: AbortSignal) => this.#read(signal, (from) => from.tokenByHash(secretHash));

  async noteTokenUse(lastUsedAt: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#checkOpen();
    return this.#uses.note(lastUsedAt, signal);
  }

  lease = (signal: AbortSignal) => this.#read(signal, (from) => from.lease());

  async grantLease(driver: string, seen: LeaseRow | null, signal: AbortSignal): Promise<LeaseRow> {
    const grants = await this.version(leaseStream, signal);
    const request = prepare(leaseGrant(driver, grants), this.#clock.now());
    return this.#queue.turn(async () => {
      signal.throwIfAborted();
      const answer = await this.#ask({ kind: 'grant-lease', request, seen });
      assert(answer.kind === 'written', 'the writer answers what it was asked');
      const [result] = answer.results;
      if (result?.kind !== 'appended') throw refusalOf(result);
      this.#tell(answer.results);
      const [placed] = result.placed;
      assert(placed !== undefined, 'a grant is one entry');
      return { driver, generation: this.#reader.generationAt(placed.sequence), renewals: 0 };
    });
  }

  async renewLease(held: LeaseRow, signal: AbortSignal): Promise<LeaseRow> {
    signal.throwIfAborted();
    this.#checkOpen();
    return this.#queue.turn(async () => {
      const answer = await this.#ask({ kind: 'renew-lease', held });
      assert(answer.kind === 'renewed', 'the writer answers what it was asked');
      return answer.lease;
    });
  }

  async rebuild(signal: AbortSignal): Promise<{ readonly entries: number }> {
    this.#checkOpen();
    return this.#queue.turn(async () => {
      signal.throwIfAborted();
      const answer = await this.#ask({ kind: 'rebuild' });
      assert(answer.kind === 'rebuilt', 'the writer answers what it was asked');
      return { entries: answer.entries };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.turn(() => this.#end());
    return this.#closing;
  }

  /** What its answer acknowledges, every later read sees. */
  async #ask(request: WriterRequest): Promise<WriterAnswer> {
    try {
      return await this.#thread.ask(request);
    } finally {
      this.#snapshot.release();
    }
  }

  async #end(): Promise<void> {
    this.#snapshot.release();
    this.#database.close();
    try {
      await this.#thread.ask({ kind: 'close' });
    } finally {
      await this.#thread.terminate();
      this.#unlock();
    }
  }

  async #write(requests: readonly PreparedRequest[]): Promise<readonly Written[]> {
    const answer = await this.#ask({ kind: 'write', requests });
    assert(answer.kind === 'written', 'the writer answers what it was asked');
    this.#tell(answer.results);
    return answer.results;
  }

  /** Listeners are called apart from the write: what one of them throws is no failure to append. */
  #tell(results: readonly Written[]): void {
    const placed = results.flatMap((result) => (result.kind === 'appended' ? result.placed : []));
    const last = placed.at(-1);
    if (last === undefined) return;
    for (const held of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(held)) held.listener(last.sequence);
      });
    }
  }

  async #noteTokenUse(lastUsedAt: ReadonlyMap<string, number>): Promise<void> {
    const answer = await this.#ask({ kind: 'note-token-use', lastUsedAt });
    assert(answer.kind === 'noted', 'the writer answers what it was asked');
  }

  /** Statements on the reading connection, which sees all that was committed; one takes no longer than its rows do. */
  async #read<T>(signal: AbortSignal, read: (from: Reader, pause: Pause) => T | Promise<T>): Promise<T> {
    const checkWanted = (): void => {
      signal.throwIfAborted();
      this.#checkOpen();
    };
    const pause = async (): Promise<void> => {
      await setImmediate();
      checkWanted();
      this.#snapshot.hold();
    };
    checkWanted();
    try {
      this.#snapshot.hold();
      return await read(this.#reader, pause);
    } catch (error) {
      throw signal.aborted && error === signal.reason ? error : toFault(error, 'Reading the ledger');
    }
  }

  #checkOpen(): void {
    if (this.#closing === null) return;
    throw new Fault('store.failed', 'The ledger is closed; the server is stopping.', { next: 'Start it again.' });
  }
}

function refusalOf(result: Written | undefined): Fault {
  assert(result?.kind === 'refused', 'the writer answers every request');
  return fromRefusal(result.refusal);
}

/** The entries as they were appended. Their payloads are the callers' own, which nobody changes: nothing is parsed anew. */
function toEntries(
  { appends }: AppendRequest,
  prepared: PreparedRequest,
  placed: readonly Placed[],
): readonly LedgerEntry[] {
  const entries = prepared.appends.flatMap(({ stream, entries: own }, place) =>
    own.map(({ actor, kind, v }, index) => {
      const event = appends[place]?.entries[index]?.event;
      assert(event !== undefined, 'every entry was prepared from an event');
      return { actor, kind: kind as LedgerEntry['kind'], v, stream, payload: toPayload(event) };
    }),
  );
  return entries.map((entry, index) => {
    const at = placed[index];
    assert(at !== undefined, 'the writer places every entry');
    return { ...entry, ...at, time: prepared.timeMs };
  });
}
