import { Fault } from '../core/fault.ts';
import { canonical } from '../core/canonical.ts';
import type { Digest } from '../core/hash.ts';
import type { LogExcerpt } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import type { Platform } from '../core/platform.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Spec } from '../core/spec.ts';
import type { Target } from '../core/workload.ts';
import type { Store } from '../port/store.ts';

/** What is stored as JSON blobs, by the name of its type. */
interface Documents {
  readonly plan: Plan;
  readonly target: Target;
  readonly manifest: ReleaseManifest;
  readonly spec: Spec;
  readonly platform: Platform;
  readonly excerpt: LogExcerpt;
}

/** Reads stored documents. What was read stays at hand: a blob never changes, its digest is its content. */
export interface Blobs {
  /** `store.broken` when the blob is missing. */
  read<K extends keyof Documents>(kind: K, digest: Digest, signal: AbortSignal): Promise<Documents[K]>;
  /** The same, but null for a blob that is missing: it may have been erased. */
  find<K extends keyof Documents>(kind: K, digest: Digest, signal: AbortSignal): Promise<Documents[K] | null>;
  bytes(digest: Digest, signal: AbortSignal): Promise<Uint8Array>;
}

/** How many bytes of documents are kept parsed. */
const keptBytesMost = 64 * 1_048_576;

export function createBlobs(store: Store): Blobs {
  const kept = new Map<string, { readonly document: unknown; readonly size: number }>();
  let keptBytes = 0;
  function keep(key: string, document: unknown, size: number): void {
    kept.set(key, { document, size });
    keptBytes += size;
    for (const [oldest, { size: freed }] of kept) {
      if (keptBytes <= keptBytesMost) return;
      kept.delete(oldest);
      keptBytes -= freed;
    }
  }
  async function find<K extends keyof Documents>(
    kind: K,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<Documents[K] | null> {
    const key = `${kind}:${digest}`;
    const known = kept.get(key);
    if (known !== undefined) return known.document as Documents[K];
    const bytes = await store.blob(digest, signal);
    if (bytes === null) return null;
    const document = JSON.parse(new TextDecoder().decode(bytes)) as Documents[K];
    if (!kept.has(key)) keep(key, document, bytes.length);
    return document;
  }
  const missing = (digest: Digest) =>
    new Fault('store.broken', `The stored document ${digest} is missing.`, {
      facts: { digest },
      next: 'Run "dray ledger verify"; restore a backup.',
    });
  return {
    find,
    async read(kind, digest, signal) {
      const document = await find(kind, digest, signal);
      if (document === null) throw missing(digest);
      return document;
    },
    async bytes(digest, signal) {
      const bytes = await store.blob(digest, signal);
      if (bytes === null) throw missing(digest);
      return bytes;
    },
  };
}

/** The bytes under which a document is stored: its canonical JSON, so that their SHA-256 is the document's digest. */
export function toBlob(document: unknown): Uint8Array {
  return new TextEncoder().encode(canonical(document));
}
