import { Fault } from '../core/fault.ts';
import { canonical } from '../core/canonical.ts';
import type { EvidenceSummary } from '../core/evidence/summary.ts';
import type { Digest } from '../core/hash.ts';
import type { LogExcerpt } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import type { Platform } from '../core/platform.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Spec } from '../core/spec.ts';
import { targetDigest, type Target } from '../core/workload.ts';
import type { Store } from '../port/store.ts';

/** What is stored as JSON blobs, by the name of its type. */
interface Documents {
  readonly plan: Plan;
  readonly target: Target;
  readonly manifest: ReleaseManifest;
  readonly spec: Spec;
  readonly platform: Platform;
  readonly evidence: EvidenceSummary;
}

/** Reads stored documents. What was read stays at hand: a blob never changes, its digest is its content. */
export interface Blobs {
  /** `store.broken` when the blob is missing. */
  read<K extends keyof Documents>(kind: K, digest: Digest, signal: AbortSignal): Promise<Documents[K]>;
  /**
   * The target under a digest. A guess that has the digest is what is stored, whatever that is, and nothing is read: what
   * a service runs on one cluster is nearly always what it runs on another.
   */
  target(digest: Digest, guess: () => Target | null, signal: AbortSignal): Promise<Target>;
  /** Never kept at hand, so that nothing shows it once it is erased; null when it is missing though nobody erased it. */
  excerpt(digest: Digest, signal: AbortSignal): Promise<LogExcerpt | 'erased' | null>;
  bytes(digest: Digest, signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * How many bytes of documents are kept parsed, where they take some eight times as much. Each deployment brings a spec and
 * a plan of its own, as large as its environment and soon past: those have a smaller shelf, on which they do not push
 * out what runs; a plan of thousands of steps that is under way has its place there.
 */
const keptBytesMost = { lasting: 64 * 1_048_576, passing: 16 * 1_048_576 } as const;

/** What a target counts for that shares all but its cluster with another. */
const guessBytes = 1_024;

/** Documents at hand by their keys; the oldest give way. */
interface Shelf {
  readonly kept: Map<string, { readonly document: unknown; readonly size: number }>;
  keep(key: string, document: unknown, size: number): void;
}

function createShelf(bytesMost: number): Shelf {
  const kept: Shelf['kept'] = new Map();
  let bytes = 0;
  return {
    kept,
    keep(key, document, size) {
      kept.set(key, { document, size });
      bytes += size;
      for (const [oldest, { size: freed }] of kept) {
        if (bytes <= bytesMost) return;
        kept.delete(oldest);
        bytes -= freed;
      }
    },
  };
}

export function createBlobs(store: Store): Blobs {
  const lasting = createShelf(keptBytesMost.lasting);
  const passing = createShelf(keptBytesMost.passing);
  async function read<K extends keyof Documents>(kind: K, digest: Digest, signal: AbortSignal): Promise<Documents[K]> {
    const key = keyOf(kind, digest);
    const shelf = kind === 'spec' || kind === 'plan' ? passing : lasting;
    const known = shelf.kept.get(key);
    if (known !== undefined) return known.document as Documents[K];
    const bytes = await store.blob(digest, signal);
    if (bytes === null) throw missing(digest);
    const document = parse(bytes) as Documents[K];
    if (!shelf.kept.has(key)) shelf.keep(key, document, bytes.length);
    return document;
  }
  const missing = (digest: Digest) =>
    new Fault('store.broken', `The stored document ${digest} is missing.`, {
      facts: { digest },
      next: 'Run "dray ledger verify"; restore a backup.',
    });
  return {
    read,
    async target(digest, guess, signal) {
      const key = keyOf('target', digest);
      if (lasting.kept.has(key)) return await read('target', digest, signal);
      const guessed = guess();
      if (guessed === null || targetDigest(guessed) !== digest) return await read('target', digest, signal);
      lasting.keep(key, guessed, guessBytes);
      return guessed;
    },
    async excerpt(digest, signal) {
      const bytes = await store.blob(digest, signal);
      if (bytes !== null) return parse(bytes) as LogExcerpt;
      const row = await store.erasable(digest, signal);
      return row === null || row.erasedBy === null ? null : 'erased';
    },
    async bytes(digest, signal) {
      const bytes = await store.blob(digest, signal);
      if (bytes === null) throw missing(digest);
      return bytes;
    },
  };
}

function keyOf(kind: keyof Documents, digest: Digest): string {
  return `${kind}:${digest}`;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The bytes under which a document is stored: its canonical JSON, so that their SHA-256 is the document's digest. */
export function toBlob(document: unknown): Uint8Array {
  return new TextEncoder().encode(canonical(document));
}
