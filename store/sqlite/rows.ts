import type { PersonName } from '../../core/content.ts';
import { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type {
  DeploymentRow,
  ErasableRow,
  EvidenceRow,
  InventoryRow,
  PlatformRow,
  ReleaseRow,
  RevisionRow,
  SecretVersionRow,
  TokenRow,
  WaiverRow,
} from '../../port/store.ts';
import type { StoredEntry } from '../verify.ts';

/** A row as node:sqlite gives it, or undefined when there is none. */
export type Row = Readonly<Record<string, unknown>> | undefined;

/** A column that holds an integer; throws `store.broken` otherwise, as all of these do. */
export function integer(row: Row, column: string): number {
  return asInteger(row?.[column], column);
}

export function text(row: Row, column: string): string {
  return asText(row?.[column], column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row?.[column];
  if (value instanceof Uint8Array) return value;
  throw broken(column);
}

function nullable<T>(row: Row, column: string, read: (row: Row, column: string) => T): T | null {
  return row?.[column] === null ? null : read(row, column);
}

function json(row: Row, column: string): unknown {
  try {
    return JSON.parse(text(row, column));
  } catch (cause) {
    throw broken(column, cause);
  }
}

function broken(column: string, cause?: unknown): Fault {
  return new Fault('store.broken', `The database holds something else than expected in ${column}.`, {
    facts: { column },
    next: 'Run `dray ledger verify`; if the ledger is whole, `dray ledger rebuild` mends the rest.',
    cause,
  });
}

export function readStoredEntry(row: Row): StoredEntry {
  return readStoredColumns(storedEntryColumns.map((column) => row?.[column]));
}

/** The columns of an entry in the order in which `readStoredColumns` reads them. */
export const storedEntryColumns = [
  'sequence',
  'time',
  'stream',
  'kind',
  'v',
  'actor',
  'payload',
  'prev',
  'hash',
] as const;

/** Reads a row that came as an array of `storedEntryColumns`, as node:sqlite gives it when asked to: for who reads millions, half the time of one by names. */
export function readStoredColumns(row: unknown): StoredEntry {
  if (!Array.isArray(row)) throw broken('entry');
  const [sequence, time, stream, kind, v, actor, payload, prev, hash] = row as readonly unknown[];
  return {
    sequence: asInteger(sequence, 'sequence'),
    time: asInteger(time, 'time'),
    stream: asText(stream, 'stream'),
    kind: asText(kind, 'kind'),
    v: asInteger(v, 'v'),
    actor: asText(actor, 'actor'),
    payloadText: asText(payload, 'payload'),
    prev: asText(prev, 'prev'),
    storedHash: asText(hash, 'hash'),
  };
}

function asInteger(value: unknown, column: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw broken(column);
}

function asText(value: unknown, column: string): string {
  if (typeof value === 'string') return value;
  throw broken(column);
}

export function readEntry(row: Row): LedgerEntry {
  const { payloadText: _text, storedHash: _hash, ...members } = readStoredEntry(row);
  return { ...members, kind: members.kind as LedgerEntry['kind'], payload: json(row, 'payload') as JsonObject };
}

export function readRelease(row: Row): ReleaseRow {
  return {
    service: text(row, 'service'),
    version: text(row, 'version'),
    identity: text(row, 'identity'),
    manifest: text(row, 'manifest'),
    sequence: integer(row, 'sequence'),
    time: integer(row, 'time'),
    actor: text(row, 'actor'),
  };
}

export function readEvidence(row: Row): EvidenceRow {
  const document = nullable(row, 'document', text);
  return {
    service: text(row, 'service'),
    version: text(row, 'version'),
    kind: text(row, 'kind') as EvidenceRow['kind'],
    image: nullable(row, 'image', text),
    chain: nullable(row, 'chain', text),
    summary: text(row, 'summary'),
    document:
      document === null
        ? null
        : { digest: document, bytes: integer(row, 'document_bytes'), stored: text(row, 'stored') },
    sequence: integer(row, 'sequence'),
    time: integer(row, 'time'),
    actor: text(row, 'actor'),
  };
}

export function readWaiver(row: Row): WaiverRow {
  return {
    id: text(row, 'id'),
    vulnerability: text(row, 'vulnerability'),
    service: nullable(row, 'service', text),
    reason: text(row, 'reason'),
    until: integer(row, 'until'),
    sequence: integer(row, 'sequence'),
    time: integer(row, 'time'),
    actor: text(row, 'actor'),
  };
}

export function readDeployment(row: Row): DeploymentRow {
  return {
    id: text(row, 'id'),
    environment: text(row, 'environment'),
    plan: text(row, 'plan'),
    services: json(row, 'services') as readonly string[],
    reason: text(row, 'reason'),
    phase: text(row, 'phase') as DeploymentRow['phase'],
    outcome: nullable(row, 'outcome', text) as DeploymentRow['outcome'],
    actor: text(row, 'actor'),
    sequence: integer(row, 'sequence'),
    acceptedAt: integer(row, 'accepted_at'),
    endedAt: nullable(row, 'ended_at', integer),
  };
}

export function readInventory(row: Row): InventoryRow {
  return {
    environment: text(row, 'environment'),
    cluster: text(row, 'cluster'),
    service: text(row, 'service'),
    component: text(row, 'component'),
    target: text(row, 'target'),
    settled: integer(row, 'settled') === 1,
    deployment: text(row, 'deployment'),
    changedAt: integer(row, 'changed_at'),
  };
}

export function readRevision(row: Row): RevisionRow {
  return {
    environment: text(row, 'environment'),
    revision: integer(row, 'revision'),
    spec: text(row, 'spec'),
    deployment: text(row, 'deployment'),
    time: integer(row, 'time'),
  };
}

export function readPlatform(row: Row): PlatformRow {
  return {
    revision: integer(row, 'revision'),
    platform: text(row, 'platform'),
    source: text(row, 'source'),
    time: integer(row, 'time'),
  };
}

function personName(row: Row, column: string): string {
  try {
    return (JSON.parse(new TextDecoder().decode(bytes(row, column))) as PersonName).name;
  } catch (cause) {
    throw broken(column, cause);
  }
}

export function readErasable(row: Row): ErasableRow {
  return {
    digest: text(row, 'digest'),
    kind: text(row, 'kind') as ErasableRow['kind'],
    sequence: integer(row, 'sequence'),
    time: integer(row, 'time'),
    erasedBy: nullable(row, 'erased_by', integer),
  };
}

export function readSecretVersion(row: Row): SecretVersionRow {
  return {
    environment: text(row, 'environment'),
    secret: text(row, 'secret'),
    version: integer(row, 'version'),
    id: text(row, 'id'),
    size: text(row, 'size') as SecretVersionRow['size'],
    sealed: text(row, 'sealed'),
    wrapped: text(row, 'wrapped'),
    createdAt: integer(row, 'created_at'),
    actor: text(row, 'actor'),
    revokedAt: nullable(row, 'revoked_at', integer),
    sequence: integer(row, 'sequence'),
  };
}

export function readToken(row: Row): TokenRow {
  return {
    id: text(row, 'id'),
    name: nullable(row, 'name', text) ?? nullable(row, 'person_blob', personName),
    person: nullable(row, 'person', text),
    role: text(row, 'role') as TokenRow['role'],
    scope: json(row, 'scope') as TokenRow['scope'],
    use: text(row, 'use_kind') as TokenRow['use'],
    parent: nullable(row, 'parent', text),
    secretHash: text(row, 'secret_hash'),
    createdAt: integer(row, 'created_at'),
    expiresAt: nullable(row, 'expires_at', integer),
    revokedAt: nullable(row, 'revoked_at', integer),
    lastUsedAt: nullable(row, 'last_used_at', integer),
    sequence: integer(row, 'sequence'),
  };
}
