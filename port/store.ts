import type { Role, Scope } from '../core/access.ts';
import type { ErasableKind, EvidenceDocument } from '../core/event.ts';
import type { Waiver } from '../core/evidence/findings.ts';
import type { EvidenceKind } from '../core/evidence/summary.ts';
import type { Digest } from '../core/hash.ts';
import type { LedgerEntry, NewEntry } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';
import type { SizeClass } from '../core/secret.ts';
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
  /**
   * Stored under their SHA-256 in the same transaction; one that is there already, or was erased, is left alone. What a
   * `content-erased` entry names is gone with that transaction.
   */
  readonly blobs?: readonly Uint8Array[];
  /**
   * Generation of the lease in whose right it is recorded: `lease.lost` when a later one was granted, whatever the
   * caller's clock says. A process that stood still for a while, and did not notice, records nothing any more.
   */
  readonly lease?: number;
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

/**
 * A page of a list: `next` is the cursor of the following page, null at the end. A page of a list that is filtered by
 * more than one index answers looks through at most 20,000 rows, and may be short or empty while `next` goes on.
 */
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

/** A piece of evidence that was appended to a release. */
export interface EvidenceRow {
  readonly service: string;
  readonly version: string;
  readonly kind: EvidenceKind;
  /** Digest of the image that it speaks of; null: of the release as a whole. */
  readonly image: string | null;
  /** ChainID of that image's layers, where it is the image itself. */
  readonly chain: string | null;
  /** Digest of the stored EvidenceSummary. */
  readonly summary: Digest;
  readonly document: EvidenceDocument | null;
  readonly sequence: number;
  readonly time: number;
  readonly actor: string;
}

/** A finding that somebody answers for. */
export interface WaiverRow extends Waiver {
  readonly sequence: number;
  readonly time: number;
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
  /** When the last entry was recorded that set this row. */
  readonly changedAt: number;
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
  /** Null: it was erased. */
  readonly name: string | null;
  /** Digest of the erasable content that holds the name; null where the entry itself does. */
  readonly person: Digest | null;
  readonly role: Role;
  readonly scope: Scope;
  readonly use: 'api' | 'session';
  /** Of a session: the token that signed in; null for one opened by the server's own link. */
  readonly parent: string | null;
  readonly secretHash: Digest;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** Roughly: noted at most once a minute, and kept beside the ledger. Null: never, or not known any more. */
  readonly lastUsedAt: number | null;
  readonly sequence: number;
}

/** A version of a secret that Drayage keeps. */
export interface SecretVersionRow {
  readonly environment: string;
  readonly secret: string;
  /** Counts from 1. */
  readonly version: number;
  readonly id: string;
  readonly size: SizeClass;
  /** Erasable contents: the sealed value, and its key as it is wrapped now. */
  readonly sealed: Digest;
  readonly wrapped: Digest;
  readonly createdAt: number;
  readonly actor: string;
  /** Its bytes are erased since then; null: they are there. */
  readonly revokedAt: number | null;
  readonly sequence: number;
}

/** Content that may be erased, or was. */
export interface ErasableRow {
  readonly digest: Digest;
  readonly kind: ErasableKind;
  /** Of the first entry that names it. */
  readonly sequence: number;
  readonly time: number;
  /** Sequence of the entry that erased it; null while it is there. */
  readonly erasedBy: number | null;
}

export interface ReleaseFilter {
  readonly service?: string;
  /** Text that the service's name or the version contains; see `DeploymentFilter`. */
  readonly search?: string;
}

export interface DeploymentFilter {
  readonly environment?: string;
  /** One of the services that it changes. */
  readonly service?: string;
  readonly phase?: DeploymentRow['phase'];
  readonly outcome?: Outcome;
  /**
   * Text that the id, the reason or the name of a service contains, taken literally, upper and lower case of ASCII
   * letters being the same; at most 200 characters.
   */
  readonly search?: string;
}

export interface EntryFilter {
  /** Exactly this stream. */
  readonly stream?: string;
  readonly kind?: LedgerEntry['kind'];
  readonly actor?: string;
}

/**
 * Entries newest first. A page that is filtered by kind or actor looks through at most 20,000 entries (of the stream, if
 * one is named) and may be short or empty.
 */
export interface EntriesBefore {
  readonly entries: readonly LedgerEntry[];
  /** `before` of the following page; null at the beginning of the ledger. */
  readonly next: number | null;
}

/** Who drives, as the store has it beside the ledger. */
export interface LeaseRow {
  readonly driver: string;
  /**
   * Fences every write to an engine: ledger sequence of the `lease-granted` entry, and the `generationBase` of the last
   * `ledger-recovered` before it.
   */
  readonly generation: number;
  /** How often it was renewed. Whoever waits to take over tells by it that the holder lives; no clock is compared. */
  readonly renewals: number;
}

/**
 * The ledger and its projections. `append` returns only when the entries are durable. Every method rejects with a
 * Fault: `store.failed`, `store.busy` (the queue is full), `store.conflict` (a stream moved on; nothing was written),
 * `store.broken`. All reads see every append that was acknowledged before they began.
 */
export interface Store {
  /** One process at a time has it open: whoever held the lease before is gone. */
  readonly exclusive: boolean;
  /** Who holds the lease; null when nobody ever did. */
  lease(signal: AbortSignal): Promise<LeaseRow | null>;
  /**
   * Grants the lease to a driver, with a `lease-granted` entry in the same transaction, if the row still is the one that
   * the caller saw; else `store.conflict`.
   */
  grantLease(driver: string, seen: LeaseRow | null, signal: AbortSignal): Promise<LeaseRow>;
  /** Counts one renewal of a held lease, beside the ledger; `lease.lost` when another holds it by now. */
  renewLease(held: LeaseRow, signal: AbortSignal): Promise<LeaseRow>;
  append(request: AppendRequest, signal: AbortSignal): Promise<Appended>;
  head(signal: AbortSignal): Promise<Head>;
  /** Entries with a sequence above `after`, in order, at most `limit` (1 to 10,000). */
  entries(after: number, limit: number, signal: AbortSignal): Promise<readonly LedgerEntry[]>;
  /** Entries with a sequence below `before` (null: all), newest first, at most `limit` (1 to 1,000). */
  entriesBefore(before: number | null, limit: number, filter: EntryFilter, signal: AbortSignal): Promise<EntriesBefore>;
  /** Calls the listener after each append of this process, with the new last sequence. A hint: read to know. */
  onAppended(listener: (sequence: number) => void): () => void;
  /** A whole stream in order; its length is its version. At most 100,000 entries, else `store.failed`. */
  stream(stream: string, signal: AbortSignal): Promise<readonly LedgerEntry[]>;
  /** How many entries the stream holds; 0 when it does not exist. */
  version(stream: string, signal: AbortSignal): Promise<number>;
  /** Null for what was never stored, and for what was erased: `erasable` tells one from the other. */
  blob(digest: Digest, signal: AbortSignal): Promise<Uint8Array | null>;
  /** What the ledger tells of erasable content; null for a digest that no entry names as such. */
  erasable(digest: Digest, signal: AbortSignal): Promise<ErasableRow | null>;
  /** Content of a kind that is not erased and was first named before `before` (ms), oldest first, `limit` 1 to 1,000. */
  unerased(kind: ErasableKind, before: number, limit: number, signal: AbortSignal): Promise<readonly ErasableRow[]>;
  /**
   * Hashes of a level of the ledger's Merkle tree, from number `from` on, at most `count` (1 to 1,024): of level 0 the
   * leaf hashes of the entries (number 0 is entry 1), of level L the roots of complete subtrees of 256^L leaves (C2SP
   * tlog-tiles). Fewer where the tree ends.
   */
  treeHashes(level: number, from: number, count: number, signal: AbortSignal): Promise<readonly Uint8Array[]>;

  release(service: string, version: string, signal: AbortSignal): Promise<ReleaseRow | null>;
  /** Newest first. */
  releases(filter: ReleaseFilter, page: PageRequest, signal: AbortSignal): Promise<Page<ReleaseRow>>;
  /** What was appended to a release, oldest first, at most 1,000; beyond that the newest. */
  evidence(service: string, version: string, signal: AbortSignal): Promise<readonly EvidenceRow[]>;
  /** The oldest evidence of an image for each of the ChainIDs (at most 500) that one is known for. */
  imagesOfChains(chains: readonly string[], signal: AbortSignal): Promise<readonly EvidenceRow[]>;
  /** Reports that name a vulnerability, in whatever case, newest first, at most 1,000. */
  reportsOf(vulnerability: string, signal: AbortSignal): Promise<readonly EvidenceRow[]>;
  /** Waivers that end after a moment (ms), those that end first before the others, at most 10,000. */
  waivers(endingAfter: number, signal: AbortSignal): Promise<readonly WaiverRow[]>;
  deployment(id: string, signal: AbortSignal): Promise<DeploymentRow | null>;
  /** Newest first. */
  deployments(filter: DeploymentFilter, page: PageRequest, signal: AbortSignal): Promise<Page<DeploymentRow>>;
  /** Queued and active deployments in the order of their acceptance, at most 10,000. */
  unfinished(filter: { readonly environment?: string }, signal: AbortSignal): Promise<readonly DeploymentRow[]>;
  inventory(environment: string, signal: AbortSignal): Promise<readonly InventoryRow[]>;
  /** The given revision, or the newest when it is null; null when the environment has none. */
  revision(environment: string, revision: number | null, signal: AbortSignal): Promise<RevisionRow | null>;
  /** The revision that a deployment made; null when it made none. */
  revisionOf(deployment: string, signal: AbortSignal): Promise<RevisionRow | null>;
  /** Newest first. */
  revisions(environment: string, page: PageRequest, signal: AbortSignal): Promise<Page<RevisionRow>>;
  /** All versions of an environment's secrets, or of all when null, by name and version; at most 100,000. */
  secretVersions(environment: string | null, signal: AbortSignal): Promise<readonly SecretVersionRow[]>;
  platform(signal: AbortSignal): Promise<PlatformRow | null>;
  /** Newest first, ended ones too. */
  tokens(filter: { readonly use?: TokenRow['use'] }, page: PageRequest, signal: AbortSignal): Promise<Page<TokenRow>>;
  token(id: string, signal: AbortSignal): Promise<TokenRow | null>;
  /** The first token of this secret hash: a later one of the same secret is no token. */
  tokenByHash(secretHash: Digest, signal: AbortSignal): Promise<TokenRow | null>;
  /**
   * Notes when tokens were last used, in ms since 1970: beside the ledger, never earlier than is noted already, unknown
   * ids left out. Waits behind the appends that came before, and rejects with `store.busy` when 10,000 tokens wait.
   */
  noteTokenUse(lastUsedAt: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void>;

  /**
   * Drops all that follows from the ledger and makes it anew; when it is stopped in the middle, the next opening goes on.
   * Reads meanwhile see what is made so far: for when nobody else uses the store.
   */
  rebuild(signal: AbortSignal): Promise<{ readonly entries: number }>;
  /** Waits for what was accepted, then closes. */
  close(): Promise<void>;
}
