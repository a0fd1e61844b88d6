import type { Digest } from '../core/hash.ts';
import type { LedgerEntry, NewEntry } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Spot } from '../core/workload.ts';

/** What goes onto one stream, if the stream still is where the caller saw it. */
export interface StreamAppend {
  readonly stream: string;
  /** How many entries the stream holds; 0 when it does not exist. */
  readonly expectedVersion: number;
  readonly entries: readonly NewEntry[];
}

/** All of it happens in one transaction, or nothing. */
export interface AppendRequest {
  readonly appends: readonly StreamAppend[];
  /** Stored under their SHA-256 in the same transaction; one that is there already is left alone. */
  readonly blobs?: readonly Uint8Array[];
}

export interface Appended {
  /** In the order of the request. */
  readonly entries: readonly LedgerEntry[];
}

export interface Head {
  readonly sequence: number;
  /** Leaf hash of the last entry; `firstPrevious` when the ledger is empty. */
  readonly hash: Digest;
}

/** A page of a list: `next` is the cursor of the following page, null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface PageRequest {
  readonly cursor?: string | null;
  /** 1 to 500. */
  readonly limit: number;
}

export interface ReleaseRow {
  readonly service: string;
  readonly version: string;
  readonly identity: Digest;
  readonly manifest: Digest;
  readonly sequence: number;
  readonly time: number;
  readonly actor: string;
}

export interface DeploymentRow {
  readonly id: string;
  readonly environment: string;
  readonly plan: Digest;
  readonly services: readonly string[];
  readonly reason: string;
  /** `queued` until it holds its locks; `active`; then `ended`. */
  readonly phase: 'queued' | 'active' | 'ended';
  readonly outcome: Outcome | null;
  readonly actor: string;
  readonly sequence: number;
  readonly acceptedAt: number;
  readonly endedAt: number | null;
}

export interface InventoryRow extends Spot {
  readonly environment: string;
  /** Digest of the stored Target. */
  readonly target: Digest;
  /** False while a step changes it, and when it is not known whether the engine runs it. */
  readonly settled: boolean;
  readonly deployment: string;
}

export interface RevisionRow {
  readonly environment: string;
  readonly revision: number;
  readonly spec: Digest;
  readonly deployment: string;
  readonly time: number;
}

export interface PlatformRow {
  readonly revision: number;
  readonly platform: Digest;
  readonly source: Digest;
  readonly time: number;
}

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: 'admin' | 'viewer';
  readonly secretHash: Digest;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/**
 * The ledger and its projections. `append` returns only when the entries are durable. Every method rejects with a
 * Fault: `store.failed`, `store.busy` (the queue is full), `store.conflict` (a stream moved on; nothing was written),
 * `store.broken`. All reads see every append that was acknowledged before they began.
 */
export interface Store {
  append(request: AppendRequest, signal: AbortSignal): Promise<Appended>;
  head(signal: AbortSignal): Promise<Head>;
  /** Entries with a sequence above `after`, in order, at most `limit` (1 to 10,000). */
  entries(after: number, limit: number, signal: AbortSignal): Promise<readonly LedgerEntry[]>;
  /** A whole stream in order; its length is its version. At most 100,000 entries, else `store.failed`. */
  stream(stream: string, signal: AbortSignal): Promise<readonly LedgerEntry[]>;
  /** How many entries the stream holds; 0 when it does not exist. */
  version(stream: string, signal: AbortSignal): Promise<number>;
  blob(digest: Digest, signal: AbortSignal): Promise<Uint8Array | null>;

  release(service: string, version: string, signal: AbortSignal): Promise<ReleaseRow | null>;
  /** Newest first. */
  releases(filter: { readonly service?: string }, page: PageRequest, signal: AbortSignal): Promise<Page<ReleaseRow>>;
  deployment(id: string, signal: AbortSignal): Promise<DeploymentRow | null>;
  /** Newest first. */
  deployments(
    filter: { readonly environment?: string },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<Page<DeploymentRow>>;
  /** Queued and active deployments in the order of their acceptance, at most 10,000. */
  unfinished(filter: { readonly environment?: string }, signal: AbortSignal): Promise<readonly DeploymentRow[]>;
  inventory(environment: string, signal: AbortSignal): Promise<readonly InventoryRow[]>;
  /** The given revision, or the newest when it is null; null when the environment has none. */
  revision(environment: string, revision: number | null, signal: AbortSignal): Promise<RevisionRow | null>;
  /** The revision that a deployment made; null when it made none. */
  revisionOf(deployment: string, signal: AbortSignal): Promise<RevisionRow | null>;
  platform(signal: AbortSignal): Promise<PlatformRow | null>;
  tokens(signal: AbortSignal): Promise<readonly TokenRow[]>;

  /** Drops all projections and makes them anew from the ledger. */
  rebuild(signal: AbortSignal): Promise<{ readonly entries: number }>;
  /** Waits for what was accepted, then closes. */
  close(): Promise<void>;
}
