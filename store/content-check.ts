import {
  contentsOf,
  contentsOfManifest,
  contentsOfPlan,
  type Content,
  type ContentVerdict,
  type WrongContent,
} from '../core/content.ts';
import { isEventKind, type LedgerEvent } from '../core/event.ts';
import { isFault } from '../core/fault.ts';
import { sha256, type Digest } from '../core/hash.ts';
import type { JsonObject } from '../core/json.ts';
import { readEvent } from '../core/ledger.ts';
import type { Plan } from '../core/plan.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Store } from '../port/store.ts';
import { storeSource, type LedgerSource, type StoredEntry } from './verify.ts';

const pageEntries = 1_000;

/** How many wrong contents are named; all are counted. */
const namedMost = 100;

/** Where a check of contents reads from. */
export interface ContentSource extends Pick<LedgerSource, 'page'> {
  /** What is stored under a digest, whatever it is; null: nothing, or it was erased. */
  content(digest: Digest, signal: AbortSignal): Promise<Uint8Array | null>;
}

/**
 * Looks at all content that entries name, at each once: plans, targets, specs, manifests and their files, log excerpts,
 * names. Follows no chain: an entry that cannot be read is passed over, as verifying the ledger tells of it. Remembers
 * 32 bytes of each digest. Rejects only when the source cannot be read.
 */
export async function verifyContent(source: ContentSource, signal: AbortSignal): Promise<ContentVerdict> {
  const seen = new Set<string>();
  const erased = new Set<Digest>();
  const wrong = new Map<Digest, WrongContent>();
  let present = 0;

  async function check(content: Content, sequence: number): Promise<void> {
    const { digest, kind } = content;
    const key = Buffer.from(digest, 'hex').toString('latin1');
    if (seen.has(key)) return;
    seen.add(key);
    if (erased.has(digest)) return;
    const bytes = await source.content(digest, signal);
    const problem = bytes === null ? 'missing' : sha256(bytes) === digest ? null : 'altered';
    if (problem !== null) {
      wrong.set(digest, { digest, kind, problem, sequence });
      return;
    }
    present += 1;
    if (bytes === null) return;
    for (const inner of contentsWithin(content, bytes)) await check(inner, sequence);
  }
  for (let after = 0, count = pageEntries; count === pageEntries;) {
    signal.throwIfAborted();
    const page = await source.page(after, pageEntries, signal);
    for (const entry of page) {
      const event = readStoredEvent(entry);
      if (event === null) continue;
      if (event.kind === 'content-erased') for (const { digest } of event.contents) erased.add(digest);
      for (const content of contentsIn(event)) await check(content, entry.sequence);
    }
    count = page.length;
    after = page.at(-1)?.sequence ?? after;
  }
  // An erasure follows what it erases: only now is it known of all.
  const found = [...wrong.values()].filter(({ digest, problem }) => problem === 'altered' || !erased.has(digest));
  const missing = found.filter(({ problem }) => problem === 'missing').length;
  return { present, erased: erased.size, missing, altered: found.length - missing, wrong: found.slice(0, namedMost) };
}

/** The contents of a store that is open, through its port. */
export function storeContents(store: Store): ContentSource {
  const source = storeSource(store);
  return {
    page: (after, limit, signal) => source.page(after, limit, signal),
    async content(digest, signal) {
      try {
        return await store.blob(digest, signal);
      } catch (error) {
        if (isFault(error, 'store.broken')) return new Uint8Array(); // it is there, and not what it was
        throw error;
      }
    },
  };
}

function readStoredEvent({ kind, v, payloadText }: StoredEntry): LedgerEvent | null {
  if (!isEventKind(kind)) return null;
  try {
    return readEvent({ kind, v, payload: JSON.parse(payloadText) as JsonObject });
  } catch {
    return null;
  }
}

/** None of an event whose payload is not what its kind says: its entry was altered. */
function contentsIn(event: LedgerEvent): readonly Content[] {
  try {
    return contentsOf(event);
  } catch {
    return [];
  }
}

/** None of what is no plan or manifest: whoever wrote the entry meant it so, and its digest says that it is still that. */
function contentsWithin({ kind }: Content, bytes: Uint8Array): readonly Content[] {
  if (kind !== 'plan' && kind !== 'manifest') return [];
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return kind === 'plan' ? contentsOfPlan(document as Plan) : contentsOfManifest(document as ReleaseManifest);
  } catch {
    return [];
  }
}
