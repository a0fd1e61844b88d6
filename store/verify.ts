import { canonical } from '../core/canonical.ts';
import type { Digest } from '../core/hash.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { chainStart, follow, type ChainBreak, type ChainState, type LedgerEntry } from '../core/ledger.ts';
import type { Store } from '../port/store.ts';
import type { EntryMembers } from './entry-text.ts';

const pageEntries = 1_000;

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
}

/** What a verification found: a whole chain, or its first break. */
export type Verdict =
  | { readonly kind: 'whole'; readonly entries: number; readonly head: Digest }
  | { readonly kind: 'broken'; readonly break: ChainBreak };

/**
 * Reads every entry in pages of 1,000, computes its leaf hash from its own members and follows the chain from the
 * first. Finds any entry that was altered, dropped, swapped or added by hand, and entries cut off at the end as far as
 * `reach` knows of them. Entries appended meanwhile are verified too. Rejects only when the source cannot be read.
 */
export async function verifyLedger(source: LedgerSource, signal: AbortSignal): Promise<Verdict> {
  const reach = await source.reach(signal);
  let state = chainStart;
  for (;;) {
    signal.throwIfAborted();
    const page = await source.page(state.sequence, pageEntries, signal);
    for (const stored of page) {
      const next = followStored(state, stored);
      if ('problem' in next) return { kind: 'broken', break: next };
      state = next;
    }
    if (page.length < pageEntries) break;
  }
  if (state.sequence < reach) {
    const sequence = state.sequence + 1;
    return { kind: 'broken', break: { sequence, problem: `entries ${sequence} to ${reach} are missing at the end` } };
  }
  return { kind: 'whole', entries: state.sequence, head: state.prev };
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

function followStored(state: ChainState, stored: StoredEntry): ChainState | ChainBreak {
  const { sequence } = stored;
  const payload = parseCanonical(stored.payloadText);
  if (payload === null) return { sequence, problem: `the payload of entry ${sequence} is not canonical JSON` };
  const next = follow(state, toEntry(stored, payload));
  if ('problem' in next) return next;
  if (stored.storedHash !== null && stored.storedHash !== next.prev) {
    return { sequence, problem: `entry ${sequence} was altered: its stored hash is not that of its content` };
  }
  return next;
}

/** The members alone decide the hash, so a kind that nobody knows is hashed like any other. */
function toEntry(stored: StoredEntry, payload: JsonObject): LedgerEntry {
  const { sequence, time, stream, v, actor, prev } = stored;
  return { sequence, time, stream, kind: stored.kind as LedgerEntry['kind'], v, actor, payload, prev };
}

function parseCanonical(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && canonical(value) === text ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}
