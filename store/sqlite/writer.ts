import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import type { JsonObject } from '../../core/json.ts';
import { entryBytesMost, firstPrevious, leafHashOf, type LedgerEntry } from '../../core/ledger.ts';
import type { Head, LeaseRow } from '../../port/store.ts';
import { entryText } from '../entry-text.ts';
import type { PreparedAppend, PreparedEntry, PreparedRequest } from '../prepare.ts';
import { brokenAt } from './end.ts';
import { isDatabaseFailure, toFault } from './failure.ts';
import { checkHeld, checkSeen, createLeaseReader, createLeaseRenewer } from './leases.ts';
import { toRefusal, type Placed, type Written } from './message.ts';
import { createProjector, type Projector } from './projections.ts';
import { integer, readEntry, text } from './rows.ts';
import { openForWriting } from './schema.ts';

/** Entries folded at a time; on open, also the entries of one transaction. */
const replayEntries = 1_000;

/** The writing connection: places entries on the chain and keeps the projections with them. Synchronous. */
export class Writer {
  readonly #database: DatabaseSync;
  readonly #projector: Projector;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #lease: () => LeaseRow | null;
  readonly #renew: (held: LeaseRow) => LeaseRow;
  #head: Head;

  /**
   * Opens the database at `path`, verifies its last entry, migrates it, and folds what the projections lack. Throws
   * `store.broken` when the end of the ledger is not what it was, or when a newer version wrote it; `store.failed`.
   */
  constructor(path: string) {
    this.#database = openForWriting(path);
    try {
      this.#projector = createProjector(this.#database);
      this.#statements = prepareStatements(this.#database);
      this.#lease = createLeaseReader(this.#database);
      this.#renew = createLeaseRenewer(this.#database);
      this.#head = this.#readHead();
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

  /** Empties the projections and folds the whole ledger again, in one transaction; the number of entries folded. */
  rebuild(): number {
    return this.#transaction(() => {
      this.#projector.clear();
      for (let folded = 0; folded < this.#head.sequence;) folded = this.#replay(folded);
      return this.#head.sequence;
    });
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
    if (this.#head.sequence > before) this.#statements.setMark.run(this.#head.sequence);
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
      this.#statements.release.run();
      this.#head = before;
      return { kind: 'refused', refusal: toRefusal(toFault(error, 'Appending to the ledger')) };
    }
  }

  #place(request: PreparedRequest): readonly Placed[] {
    for (const blob of request.blobs) this.#statements.insertBlob.run(sha256(blob), blob);
    return request.appends.flatMap((append) => {
      this.#checkVersion(append);
      return append.entries.map((entry) => this.#append(append.stream, entry, request.timeMs));
    });
  }

  #checkVersion({ stream, expectedVersion }: PreparedAppend): void {
    const row = this.#statements.version.get(stream);
    const actual = row === undefined ? 0 : integer(row, 'version');
    if (actual === expectedVersion) return;
    throw new Fault('store.conflict', `${stream} has ${actual} entries, not ${expectedVersion}: somebody was faster.`, {
      facts: { stream, expected: expectedVersion, actual },
      next: 'Read the stream again, decide again, and append to what is there.',
    });
  }

  #append(stream: string, { actor, kind, v, payloadText }: PreparedEntry, time: number): Placed {
    const sequence = this.#head.sequence + 1;
    const prev = this.#head.hash;
    const canonicalText = entryText({ sequence, time, stream, kind, v, actor, payloadText, prev });
    checkSize(stream, kind, Buffer.byteLength(canonicalText));
    const hash = leafHashOf(canonicalText);
    this.#statements.insertEntry.run(sequence, time, stream, kind, v, actor, payloadText, prev, hash);
    const payload = JSON.parse(payloadText) as JsonObject;
    this.#projector.apply({ sequence, time, stream, kind: kind as LedgerEntry['kind'], v, actor, payload, prev });
    this.#head = { sequence, hash };
    return { sequence, prev };
  }

  #readHead(): Head {
    const row = this.#statements.lastEntries.get(1);
    if (row === undefined) return { sequence: 0, hash: firstPrevious };
    return { sequence: integer(row, 'sequence'), hash: text(row, 'hash') };
  }

  /**
   * Folds in pieces of 1,000 entries, each a transaction that moves the mark with it: whoever is stopped in the middle
   * goes on from there. A mark of 0 says that nothing is folded, whatever a migration left in the projections.
   */
  #catchUp(): void {
    for (let mark = this.#mark(); mark < this.#head.sequence;) {
      mark = this.#transaction(() => {
        if (mark === 0) this.#projector.clear();
        const folded = this.#replay(mark);
        this.#statements.setMark.run(folded);
        return folded;
      });
    }
  }

  /** Folds the next entries after `from` into the projections; the sequence it came to. */
  #replay(from: number): number {
    let folded = from;
    for (const row of this.#statements.entriesAfter.all(from, replayEntries)) {
      const entry = readEntry(row);
      folded += 1;
      if (entry.sequence !== folded) throw brokenAt(folded, 'it is missing');
      this.#projector.apply(entry);
    }
    assert(folded > from, 'replay found no entry where the head says there is one');
    return folded;
  }

  #mark(): number {
    return integer(this.#statements.mark.get(), 'sequence');
  }
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
    version: database.prepare('SELECT version FROM stream_head WHERE stream = ?'),
    insertEntry: database.prepare(`INSERT INTO entry
      (sequence, time, stream, kind, v, actor, payload, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    insertBlob: database.prepare('INSERT INTO blob (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    lastEntries: database.prepare('SELECT * FROM entry ORDER BY sequence DESC LIMIT ?'),
    entriesAfter: database.prepare('SELECT * FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?'),
    noteTokenUse: database.prepare(`INSERT INTO token_use (token, last_used_at) SELECT id, ? FROM token WHERE id = ?
      ON CONFLICT (token) DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)`),
    mark: database.prepare('SELECT sequence FROM projection_mark'),
    setMark: database.prepare('UPDATE projection_mark SET sequence = ?'),
  };
}
