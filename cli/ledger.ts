import { chainStart, follow, type ChainBreak, type ChainState, type LedgerEntry } from '../core/ledger.ts';
import type { EntriesView } from '../wire/ledger.ts';

/** What a verification found: a whole chain, or its first break. */
export type LedgerVerdict =
  | { readonly kind: 'whole'; readonly entries: number; readonly head: string }
  | { readonly kind: 'broken'; readonly break: ChainBreak };

/** Reads the entries after a sequence, at most `limit`. */
export type ReadEntries = (after: number, limit: number) => Promise<EntriesView>;

const pageEntries = 1000;

/** All pages up to the head that the first page names; entries appended meanwhile are left for another time. */
export async function* ledgerPages(read: ReadEntries): AsyncGenerator<EntriesView> {
  let after = 0;
  let end: number | null = null;
  do {
    const page = await read(after, pageEntries);
    end ??= page.head.sequence;
    const last = end;
    const entries = page.entries.filter((entry) => entry.sequence <= last);
    if (entries.length > 0 || after === 0) yield { ...page, entries };
    const reached = page.entries.at(-1)?.sequence ?? end;
    // A server that answers with what was read already must not hold this up for ever.
    after = reached > after ? reached : end;
  } while (after < end);
}

/** Computes every hash from the entries themselves and compares the end with the head that the server names. */
export async function verifyLedger(
  read: ReadEntries,
  tell: (done: number, total: number) => void,
): Promise<LedgerVerdict> {
  let state: ChainState = chainStart;
  let head: EntriesView['head'] | null = null;
  for await (const page of ledgerPages(read)) {
    head ??= page.head;
    for (const entry of page.entries) {
      const next = follow(state, toEntry(entry));
      if ('problem' in next) return { kind: 'broken', break: next };
      state = next;
    }
    tell(state.sequence, head.sequence);
  }
  if (head === null || state.sequence < head.sequence) {
    const sequence = state.sequence + 1;
    const problem = `entry ${sequence} is missing; the head is entry ${head?.sequence ?? '(none)'}`;
    return { kind: 'broken', break: { sequence, problem } };
  }
  if (state.prev !== head.hash) {
    const problem = `its hash is ${state.prev}, but the server's head says ${head.hash}`;
    return { kind: 'broken', break: { sequence: state.sequence, problem } };
  }
  return { kind: 'whole', entries: state.sequence, head: state.prev };
}

/** The members alone decide the hash: an entry of a kind that this version does not know is hashed like any other. */
function toEntry(entry: EntriesView['entries'][number]): LedgerEntry {
  return entry as LedgerEntry;
}
