import { canonical } from '../core/canonical.ts';
import { sha256, type Digest } from '../core/hash.ts';
import { createLedgerAudit, type Audit, type AuditEntry, type LedgerAudit } from '../core/ledger-audit.ts';
import type { Evidence } from '../core/ledger-evidence.ts';
import { leafHashOf, type ChainBreak, type LedgerEntry } from '../core/ledger.ts';
import type { VerifierKey } from '../core/tree/note.ts';
import { tileWidth } from '../core/tree/tile.ts';
import type { Store } from '../port/store.ts';
import { entryText, type EntryMembers } from './entry-text.ts';

/** Few, so that a page is gone before the memory that it took is tidied up: pages of 1,000 were copied time and again. */
const pageEntries = 128;

/** An entry as it lies in storage, nothing of it believed yet. */
export interface StoredEntry extends EntryMembers {
  /** The leaf hash that is stored beside the entry; null where the source shows none. */
  readonly storedHash: Digest | null;
}

/** Where a verification reads from. */
export interface LedgerSource {
  /** Entries with a sequence above `after`, in order, at most `limit`; fewer only at the end. */
  page(after: number, limit: number, signal: AbortSignal): Promise<readonly StoredEntry[]>;
  /** The sequence that the ledger reaches at least, by what is recorded beside the entries. */
  reach(signal: AbortSignal): Promise<number>;
  /** The stored root of a subtree (see `Store.treeHashes`); null where it is not made. Absent: none are to be checked. */
  readonly subtree?: (level: number, number: number) => Digest | null;
}

/** What a verification found: a whole chain, or its first break. */
export type Verdict =
  | { readonly kind: 'whole'; readonly entries: number; readonly head: Digest }
  | { readonly kind: 'broken'; readonly break: ChainBreak };

export interface AuditSourceOptions {
  /** Verifier keys that are trusted; empty: the first that the ledger names. */
  readonly keys: readonly VerifierKey[];
  readonly evidence: readonly Evidence[];
  /** Told after each page: entries so far, and how far the ledger reaches. */
  readonly tell?: (done: number, total: number) => void;
}

/**
 * Reads every entry in pages of 128, computes its leaf hash from its own members and follows the chain from the
 * first, builds the Merkle tree, and compares it with the stored subtrees and the evidence. Entries appended meanwhile
 * are verified too. Rejects only when the source cannot be read.
 */
export async function auditLedger(
  source: LedgerSource,
  { keys, evidence, tell = () => undefined }: AuditSourceOptions,
  signal: AbortSignal,
): Promise<Audit> {
  const reach = await source.reach(signal);
  const audit: LedgerAudit = createLedgerAudit({
    keys,
    evidence,
    onSubtree: (level, number, root) => {
      const stored = source.subtree?.(level, number) ?? null;
      if (stored !== null && stored !== root) audit.report(wrongSubtree(level, number));
    },
  });
  for (let isWhole = true; isWhole;) {
    signal.throwIfAborted();
    const page = await source.page(audit.entries(), pageEntries, signal);
    isWhole = page.every((stored) => audit.add(toAuditEntry(stored))) && page.length === pageEntries;
    tell(audit.entries(), reach);
  }
  return audit.end({ sequence: reach, hash: null, by: 'the database' });
}

/** `auditLedger` without evidence: the chain and the stored subtrees alone. */
export async function verifyLedger(source: LedgerSource, signal: AbortSignal): Promise<Verdict> {
  const { findings, entries, head } = await auditLedger(source, { keys: [], evidence: [] }, signal);
  const [first] = findings;
  if (first === undefined) return { kind: 'whole', entries, head };
  return { kind: 'broken', break: { sequence: first.sequence ?? entries, problem: first.problem } };
}

function wrongSubtree(level: number, number: number) {
  const width = tileWidth ** level;
  const [from, to] = [number * width + 1, (number + 1) * width];
  const problem = `the stored tree does not fit entries ${from} to ${to}; \`dray ledger rebuild\` makes it anew`;
  return { kind: 'subtree', sequence: from, problem } as const;
}

/** Entries of a store that is open, through its port. */
export function storeSource(store: Store): LedgerSource {
  return {
    page: async (after, limit, signal) => (await store.entries(after, limit, signal)).map(fromEntry),
    reach: async (signal) => (await store.head(signal)).sequence,
  };
}

function fromEntry({ payload, ...members }: LedgerEntry): StoredEntry {
  return { ...members, payloadText: canonical(payload), storedHash: null };
}

/** The text decides the hash, whatever its kind: a payload in other bytes, or in bytes that are no JSON, is another entry. */
function toAuditEntry(stored: StoredEntry): AuditEntry {
  const { sequence, prev, kind, payloadText, storedHash } = stored;
  return { sequence, prev, kind, payload: payloadText, storedHash, leaf: leafOf(stored) };
}

function leafOf(stored: StoredEntry): Digest {
  try {
    return leafHashOf(entryText(stored));
  } catch {
    return sha256(''); // a lone surrogate, which no text of an entry can hold
  }
}
