import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import { sha256, type Digest } from '../../core/hash.ts';
import type { JsonObject } from '../../core/json.ts';
import { entryBytesMost, firstPrevious, leafHashOf, type LedgerEntry } from '../../core/ledger.ts';
import { tileWidth } from '../../core/tree/tile.ts';
import type { Head, LeaseRow } from '../../port/store.ts';
import { entryText } from '../entry-text.ts';
import type { PreparedAppend, PreparedEntry, PreparedRequest } from '../prepare.ts';
import { brokenAt } from './end.ts';
import { isDatabaseFailure, toFault } from './failure.ts';
import { checkHeld, checkSeen, createLeaseReader, createLeaseRenewer } from './leases.ts';
import { toRefusal, type FoldProgress, type Placed, type Written } from './message.ts';
import { createProjector, type Projector } from './projections.ts';
import { integer, readEntry, text } from './rows.ts';
import { openForWriting, withoutFlushes } from './schema.ts';
import { createLeafTail } from './leaf-tail.ts';
import { createLogEmptier, type LogEmptier } from './log-emptier.ts';
import { createStreamKeeper, type StreamHead, type StreamKeeper } from './streams.ts';
import { createTreeKeeper, type TreeKeeper } from './tree.ts';

/** Entries folded in one transaction, and entries whose subtrees are made in one. */
const replayEntries = 1_000;
const growEntries = 65_536;

export interface WriterOptions {
  /** Called after each piece of what is made at opening, or by `rebuild`. */
  readonly tell?: (progress: FoldProgress) => void;
  /** Whether opening makes everything anew that follows from the ledger. */
  readonly anew?: boolean;
}

/** The writing connection: places entries on the chain and keeps the projections with them. Synchronous. */
export class Writer {
  readonly #database: DatabaseSync;
  readonly #projector: Projector;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #lease: () => LeaseRow | null;
  readonly #renew: (held: LeaseRow) => LeaseRow;
  readonly #streams: StreamKeeper;
  readonly #tree: TreeKeeper;
  readonly #log: LogEmptier;
  readonly #tail = createLeafTail(tileWidth);
  readonly #tell: (progress: FoldProgress) => void;
  #head: Head;

  /**
   * Opens the database at `path`, verifies its last entry, migrates it, folds what the projections lack, and makes the
   * subtrees that are missing. Throws `store.broken` when the end of the ledger is not what it was, or when a newer
   * version wrote it; `store.failed`.
   */
  constructor(path: string, { tell = () => undefined, anew = false }: WriterOptions = {}) {
    this.#tell = tell;
    this.#database = openForWriting(path);
    try {
      this.#projector = createProjector(this.#database);
      this.#statements = prepareStatements(this.#database);
      this.#lease = createLeaseReader(this.#database);
      this.#renew = createLeaseRenewer(this.#database);
      this.#streams = createStreamKeeper(this.#database);
      this.#tree = createTreeKeeper(this.#database);
      this.#log = createLogEmptier(this.#database);
      this.#head = this.#readHead();
      if (anew) this.#forget();
      this.#catchUp();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /**
   * One transaction for all requests; returns after COMMIT, a result for each in the same order. A request that is
   * refused leaves nothing and touches no other. When the database fails, all are refused and nothing is acknowledged.
   */
  write(requests: readonly PreparedRequest[]): readonly Written[] {
    const written = this.#commit(requests);
    this.#log.emptyAfter(requests);
    return written;
  }

  #commit(requests: readonly PreparedRequest[]): readonly Written[] {
    try {
      return this.#transaction(() => this.#attemptAll(requests));
    } catch (error) {
      const refusal = toRefusal(toFault(error, 'Writing to the ledger'));
      return requests.map(() => ({ kind: 'refused', refusal }));
    }
  }

  /** Writes the grant if the lease still is as it was seen. */
  grantLease(request: PreparedRequest, seen: LeaseRow | null): Written {
    try {
      return this.#transaction(() => {
        checkSeen(seen, this.#lease());
        const [result] = this.#attemptAll([request]);
        assert(result !== undefined, 'one request has one result');
        return result;
      });
    } catch (error) {
      return { kind: 'refused', refusal: toRefusal(toFault(error, 'Granting the lease')) };
    }
  }

  /** Counts one renewal of a held lease. Throws `lease.lost`. */
  renewLease(held: LeaseRow): LeaseRow {
    return this.#transaction(() => this.#renew(held));
  }

  /** How many entries the ledger has. */
  entries(): number {
    return this.#head.sequence;
  }

  /**
   * Makes the projections and the stored subtrees anew, in pieces: when it is stopped in the middle, the next opening
   * goes on from there. The number of entries folded.
   */
  rebuild(): number {
    this.#forget();
    this.#catchUp();
    return this.#head.sequence;
  }

  /** Notes when tokens were last used, never earlier than is noted already; unknown ids are left out. */
  noteTokenUse(lastUsedAt: ReadonlyMap<string, number>): void {
    this.#transaction(() => {
      for (const [token, time] of lastUsedAt) this.#statements.noteTokenUse.run(time, token);
    });
  }

  close(): void {
    this.#database.close();
  }

  #transaction<T>(work: () => T): T {
    this.#rollBackOpen();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      this.#head = this.#readHead(); // never what a transaction that failed had left in memory
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollBackOpen();
      this.#projector.forget();
      this.#tail.cutBack(0);
      throw error;
    }
  }

  /** SQLite rolls back by itself after some failures, and not after others. */
  #rollBackOpen(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  #attemptAll(requests: readonly PreparedRequest[]): readonly Written[] {
    const before = this.#head.sequence;
    const results = requests.map((request) => this.#attempt(request));
    if (this.#head.sequence > before) {
      this.#statements.setMark.run(this.#head.sequence);
      this.#tree.grow(before, this.#head.sequence, this.#tail);
    }
    return results;
  }

  #attempt(request: PreparedRequest): Written {
    const before = this.#head;
    this.#statements.savepoint.run();
    try {
      checkHeld(request.lease, this.#lease);
      const placed = this.#place(request);
      this.#statements.release.run();
      return { kind: 'appended', placed };
    } catch (error) {
      if (isDatabaseFailure(error)) throw error;
      this.#statements.rollbackTo.run();
      this.#projector.forget();
      this.#statements.release.run();
      this.#head = before;
      this.#tail.cutBack(before.sequence);
      return { kind: 'refused', refusal: toRefusal(toFault(error, 'Appending to the ledger')) };
    }
  }

  #place(request: PreparedRequest): readonly Placed[] {
    for (const blob of request.blobs) this.#keep(sha256(blob), blob, request.erasable);
    return request.appends.flatMap((append) => {
      const head = this.#streams.head(append.stream);
      checkVersion(append, head);
      const placed = append.entries.map((entry) => this.#append(append.stream, entry, request.timeMs));
      const [first] = placed;
      if (first !== undefined) this.#streams.extend(append.stream, head, first.sequence, placed.length);
      return placed;
    });
  }

  #keep(digest: Digest, blob: Uint8Array, erasable: readonly Digest[]): void {
    const { insertBlob, insertErasable } = this.#statements;
    (erasable.includes(digest) ? insertErasable : insertBlob).run(digest, blob);
  }

  #append(stream: string, { actor, kind, v, payloadText }: PreparedEntry, time: number): Placed {
    const sequence = this.#head.sequence + 1;
    const prev = this.#head.hash;
    const canonicalText = entryText({ sequence, time, stream, kind, v, actor, payloadText, prev });
    checkSize(stream, kind, Buffer.byteLength(canonicalText));
    const hash = leafHashOf(canonicalText);
    this.#statements.insertEntry.run(sequence, time, stream, kind, v, actor, payloadText, prev, hash);
    const payload = JSON.parse(payloadText) as JsonObject;
    this.#projector.project({ sequence, time, stream, kind: kind as LedgerEntry['kind'], v, actor, payload, prev });
    this.#head = { sequence, hash };
    this.#tail.add(sequence, hash);
    return { sequence, prev };
  }

  #readHead(): Head {
    const row = this.#statements.lastEntry.get();
    if (row === undefined) return { sequence: 0, hash: firstPrevious };
    return { sequence: integer(row, 'sequence'), hash: text(row, 'hash') };
  }

  /** Empties all that follows from the ledger, and says so by the mark. */
  #forget(): void {
    this.#transaction(() => {
      this.#projector.clear();
      this.#tree.clear();
      this.#statements.setMark.run(0);
    });
  }

  #catchUp(): void {
    const total = this.#head.sequence;
    if (this.#mark() >= total && this.#tree.covered() + tileWidth > total) return;
    withoutFlushes(this.#database, () => {
      this.#foldProjections();
      this.#growTree();
    });
  }

  /** Makes the subtrees that are missing, in pieces that are a transaction each, from what the entries' hashes are. */
  #growTree(): void {
    const total = this.#head.sequence;
    for (let covered = this.#tree.covered(); covered + tileWidth <= total;) {
      const to = Math.min(covered + growEntries, total);
      this.#transaction(() => this.#tree.grow(covered, to));
      covered = this.#tree.covered();
      this.#tell({ making: 'tree', done: to, total });
    }
  }

  /**
   * Folds in pieces of 1,000 entries, each a transaction that moves the mark with it: whoever is stopped in the middle
   * goes on from there. A mark of 0 says that nothing is folded, whatever a migration left in the projections.
   */
  #foldProjections(): void {
    for (let mark = this.#mark(); mark < this.#head.sequence;) {
      mark = this.#transaction(() => {
        if (mark === 0) this.#projector.clear();
        const folded = this.#replay(mark);
        this.#statements.setMark.run(folded);
        return folded;
      });
      this.#tell({ making: 'projections', done: mark, total: this.#head.sequence });
    }
  }

  /** Folds the next entries after `from` into the projections; the sequence it came to. */
  #replay(from: number): number {
    let folded = from;
    for (const row of this.#statements.entriesAfter.all(from, replayEntries)) {
      const entry = readEntry(row);
      folded += 1;
      if (entry.sequence !== folded) throw brokenAt(folded, 'it is missing');
      this.#projector.project(entry);
    }
    assert(folded > from, 'replay found no entry where the head says there is one');
    this.#streams.fold(from, folded);
    return folded;
  }

  #mark(): number {
    return integer(this.#statements.mark.get(), 'sequence');
  }
}

function checkVersion({ stream, expectedVersion }: PreparedAppend, head: StreamHead | null): void {
  const actual = head?.version ?? 0;
  if (actual === expectedVersion) return;
  throw new Fault('store.conflict', `${stream} has ${actual} entries, not ${expectedVersion}: somebody was faster.`, {
    facts: { stream, expected: expectedVersion, actual },
    next: 'Read the stream again, decide again, and append to what is there.',
  });
}

function checkSize(stream: string, kind: string, bytes: number): void {
  if (bytes <= entryBytesMost) return;
  throw new Fault(
    'request.too-large',
    `The ${kind} for ${stream} has ${bytes} bytes; an entry holds ${entryBytesMost}.`,
    {
      facts: { stream, bytes, bytesMost: entryBytesMost },
      next: 'Keep the bulk of it in a blob and name its digest.',
    },
  );
}

function prepareStatements(database: DatabaseSync) {
  return {
    savepoint: database.prepare('SAVEPOINT request'),
    release: database.prepare('RELEASE request'),
    rollbackTo: database.prepare('ROLLBACK TO request'),
    insertEntry: database.prepare(`INSERT INTO entry
      (sequence, time, stream, kind, v, actor, payload, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    insertBlob: database.prepare('INSERT INTO blob (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    insertErasable: database.prepare(`INSERT INTO erasable_blob (digest, erased, bytes) VALUES (?, 0, ?)
      ON CONFLICT DO NOTHING`),
    lastEntry: database.prepare('SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1'),
    entriesAfter: database.prepare('SELECT * FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?'),
    noteTokenUse: database.prepare(`INSERT INTO token_use (token, last_used_at) SELECT id, ? FROM token WHERE id = ?
      ON CONFLICT (token) DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)`),
    mark: database.prepare('SELECT sequence FROM projection_mark'),
    setMark: database.prepare('UPDATE projection_mark SET sequence = ?'),
  };
}
