import type { DatabaseSync } from 'node:sqlite';
import type { ErasableKind } from '../../core/event.ts';
import { Fault } from '../../core/fault.ts';
import { sha256, type Digest } from '../../core/hash.ts';
import { firstPrevious, type LedgerEntry } from '../../core/ledger.ts';
import type {
  DeploymentRow,
  ErasableRow,
  Head,
  InventoryRow,
  Page,
  PageRequest,
  PlatformRow,
  ReleaseRow,
  RevisionRow,
  SecretVersionRow,
  TokenRow,
} from '../../port/store.ts';
import { checkLimit, readPage } from '../cursor.ts';
import { createEvidenceReads } from './evidence-reads.ts';
import { createGenerationReader, createLeaseReader } from './leases.ts';
import { createLists } from './lists.ts';
import { entriesOf, entryColumns } from './streams.ts';
import {
  bytes,
  integer,
  readDeployment,
  readEntry,
  readErasable,
  readInventory,
  readPlatform,
  readRelease,
  readRevision,
  readSecretVersion,
  readToken,
  text,
} from './rows.ts';

const entriesPageMost = 10_000;
const treeHashesMost = 1_024;
const streamMost = 100_000;
const unfinishedMost = 10_000;
const inventoryMost = 100_000;
const secretVersionsMost = 100_000;

const erasableRowsMost = 1_000;

const tokenRows = `SELECT token.*, last_used_at,
  (SELECT bytes FROM erasable_blob WHERE digest = token.person AND erased = 0) AS person_blob
  FROM token LEFT JOIN token_use ON token_use.token = token.id`;

export type Reader = ReturnType<typeof createReader>;

/**
 * All reads of the store on one read-only connection: short statements on an index each, and the lists that look through
 * a bounded number of rows. Limits as in the port.
 */
export function createReader(database: DatabaseSync) {
  return {
    ...createLedgerReads(database),
    ...createLists(database),
    ...createErasableReads(database),
    ...createPageReads(database),
    ...createEvidenceReads(database),
    ...createRowReads(database),
  };
}

function createLedgerReads(database: DatabaseSync) {
  const last = database.prepare('SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1');
  const after = database.prepare('SELECT * FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?');
  const versionOf = database.prepare('SELECT version FROM stream_head WHERE stream = ?');
  const ofStream = database.prepare(`SELECT ${entryColumns} FROM ${entriesOf('?')} ORDER BY sequence LIMIT ?`);
  const blob = database.prepare('SELECT bytes FROM blob WHERE digest = ?');
  const erasable = database.prepare('SELECT bytes FROM erasable_blob WHERE digest = ? AND erased = 0');
  const leaves = database.prepare('SELECT hash FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?');
  const nodes = database.prepare('SELECT hash FROM tree_hash WHERE level = ? AND number >= ? ORDER BY number LIMIT ?');
  return {
    lease: createLeaseReader(database),
    generationAt: createGenerationReader(database),
    head(): Head {
      const row = last.get();
      if (row === undefined) return { sequence: 0, hash: firstPrevious };
      return { sequence: integer(row, 'sequence'), hash: text(row, 'hash') };
    },
    entries(sequence: number, limit: number): readonly LedgerEntry[] {
      checkLimit(limit, entriesPageMost);
      checkSequence(sequence);
      return after.all(sequence, limit).map(readEntry);
    },
    version(stream: string): number {
      const row = versionOf.get(stream);
      return row === undefined ? 0 : integer(row, 'version');
    },
    stream(stream: string): readonly LedgerEntry[] {
      return bounded(ofStream.all(stream, streamMost + 1), streamMost, `The stream ${stream}`).map(readEntry);
    },
    treeHashes(level: number, from: number, count: number): readonly Uint8Array[] {
      checkLimit(count, treeHashesMost);
      checkSequence(from);
      if (level === 0) return leaves.all(from, count).map((row) => Buffer.from(text(row, 'hash'), 'hex'));
      return nodes.all(level, from, count).map((row) => bytes(row, 'hash'));
    },
    blob(digest: Digest): Uint8Array | null {
      const row = blob.get(digest) ?? erasable.get(digest);
      return row === undefined ? null : intact(digest, bytes(row, 'bytes'));
    },
  };
}

function createErasableReads(database: DatabaseSync) {
  const erasable = database.prepare('SELECT * FROM erasable_content WHERE digest = ?');
  const unerased = database.prepare(`SELECT * FROM erasable_content
    WHERE erased_by IS NULL AND kind = ? AND time < ? ORDER BY time, sequence LIMIT ?`);
  return {
    erasable: (digest: Digest): ErasableRow | null => one(erasable.get(digest), readErasable),
    unerased(kind: ErasableKind, before: number, limit: number): readonly ErasableRow[] {
      checkLimit(limit, erasableRowsMost);
      return unerased.all(kind, before, limit).map(readErasable);
    },
  };
}

function createPageReads(database: DatabaseSync) {
  const unfinished = database.prepare(`SELECT * FROM deployment WHERE phase <> 'ended' ORDER BY sequence LIMIT ?`);
  const unfinishedOf = database.prepare(`SELECT * FROM deployment WHERE phase <> 'ended' AND environment = ?
    ORDER BY sequence LIMIT ?`);
  const revisions = database.prepare(`SELECT * FROM environment_revision WHERE environment = ? AND revision < ?
    ORDER BY revision DESC LIMIT ?`);
  const tokens = database.prepare(`${tokenRows} WHERE sequence < ? ORDER BY sequence DESC LIMIT ?`);
  const tokensOf = database.prepare(`${tokenRows} WHERE use_kind = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`);
  return {
    unfinished: ({ environment }: { readonly environment?: string }): readonly DeploymentRow[] =>
      (environment === undefined ? unfinished.all(unfinishedMost) : unfinishedOf.all(environment, unfinishedMost)).map(
        readDeployment,
      ),
    revisions: (environment: string, page: PageRequest): Page<RevisionRow> =>
      readPage(
        page,
        (row) => row.revision,
        (below, limit) => revisions.all(environment, below, limit).map(readRevision),
      ),
    tokens: ({ use }: { readonly use?: TokenRow['use'] }, page: PageRequest): Page<TokenRow> =>
      readPage(
        page,
        (row) => row.sequence,
        (below, limit) =>
          (use === undefined ? tokens.all(below, limit) : tokensOf.all(use, below, limit)).map(readToken),
      ),
  };
}

function createRowReads(database: DatabaseSync) {
  const release = database.prepare('SELECT * FROM release WHERE service = ? AND version = ?');
  const deployment = database.prepare('SELECT * FROM deployment WHERE id = ?');
  const inventory = database.prepare(`SELECT * FROM inventory WHERE environment = ?
    ORDER BY cluster, service, component LIMIT ?`);
  const revision = database.prepare('SELECT * FROM environment_revision WHERE environment = ? AND revision = ?');
  const newest = database.prepare(`SELECT * FROM environment_revision WHERE environment = ?
    ORDER BY revision DESC LIMIT 1`);
  const revisionOf = database.prepare(`SELECT * FROM environment_revision WHERE deployment = ?
    ORDER BY revision DESC LIMIT 1`);
  const platform = database.prepare('SELECT * FROM platform');
  const secrets = database.prepare(`SELECT * FROM secret_version WHERE environment > ''
    ORDER BY environment, secret, version LIMIT ?`);
  const secretsOf = database.prepare(`SELECT * FROM secret_version WHERE environment = ?
    ORDER BY secret, version LIMIT ?`);
  const token = database.prepare(`${tokenRows} WHERE id = ?`);
  const tokenByHash = database.prepare(`${tokenRows} WHERE secret_hash = ?`);
  return {
    release: (service: string, version: string): ReleaseRow | null => one(release.get(service, version), readRelease),
    deployment: (id: string): DeploymentRow | null => one(deployment.get(id), readDeployment),
    inventory: (environment: string): readonly InventoryRow[] =>
      bounded(inventory.all(environment, inventoryMost + 1), inventoryMost, `The inventory of ${environment}`).map(
        readInventory,
      ),
    revision: (environment: string, number: number | null): RevisionRow | null =>
      one(number === null ? newest.get(environment) : revision.get(environment, number), readRevision),
    revisionOf: (id: string): RevisionRow | null => one(revisionOf.get(id), readRevision),
    secretVersions: (environment: string | null): readonly SecretVersionRow[] =>
      bounded(
        environment === null ? secrets.all(secretVersionsMost + 1) : secretsOf.all(environment, secretVersionsMost + 1),
        secretVersionsMost,
        'The list of secrets',
      ).map(readSecretVersion),
    platform: (): PlatformRow | null => one(platform.get(), readPlatform),
    token: (id: string): TokenRow | null => one(token.get(id), readToken),
    tokenByHash: (secretHash: Digest): TokenRow | null => one(tokenByHash.get(secretHash), readToken),
  };
}

function one<Row, T>(row: Row | undefined, read: (row: Row) => T): T | null {
  return row === undefined ? null : read(row);
}

function bounded<T>(rows: readonly T[], most: number, what: string): readonly T[] {
  if (rows.length <= most) return rows;
  throw new Fault('store.failed', `${what} has more than ${most} rows, which is more than is read at once.`, {
    facts: { most },
  });
}

function checkSequence(sequence: number): void {
  if (Number.isSafeInteger(sequence) && sequence >= 0) return;
  throw new Fault('request.invalid', `${sequence} is not a sequence of the ledger.`);
}

function intact(digest: Digest, content: Uint8Array): Uint8Array {
  if (sha256(content) === digest) return content;
  throw new Fault('store.broken', `The stored content under ${digest} is not what it was when it was stored.`, {
    facts: { digest },
    next: 'Keep a copy of the data folder and restore the last backup.',
  });
}
