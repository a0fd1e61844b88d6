import { readEvent, type LedgerEntry } from '../core/ledger.ts';
import { parseVerifierKey, type VerifierKey } from '../core/tree/note.ts';
import type { EntriesBefore, Store } from '../port/store.ts';

/** The stream of what is about the ledger itself. */
export const ledgerStream = 'ledger';

/** Pages of entries that are read at most: a key changes by hand. */
const pagesMost = 1_000;

/** What the ledger says of its signing keys. */
export interface KeyHistory {
  /** All that ever signed, the newest first. */
  readonly keys: readonly VerifierKey[];
  /** The newest, as it is recorded; null when none is. */
  readonly present: string | null;
  /** The sequence of the entry that names it; 0 when none does. */
  readonly since: number;
  /** The checkpoints that a recovery gave up. */
  readonly lost: readonly string[];
  /** How often the ledger was recovered. */
  readonly recoveries: number;
}

/** Reads what the ledger says of its signing keys and recoveries. Rejects with the store's Fault. */
export async function readKeyHistory(store: Store, signal: AbortSignal): Promise<KeyHistory> {
  const changes = await entriesOf(store, 'signing-key-changed', signal);
  const recovered = await entriesOf(store, 'ledger-recovered', signal);
  const keys = changes.flatMap((entry) => {
    const event = readEvent(entry);
    const key = event.kind === 'signing-key-changed' ? parseVerifierKey(event.key) : null;
    return key === null ? [] : [key];
  });
  const lost = recovered.flatMap((entry) => {
    const event = readEvent(entry);
    return event.kind === 'ledger-recovered' && event.lost !== null ? [event.lost] : [];
  });
  const [newest] = changes;
  const event = newest === undefined ? null : readEvent(newest);
  const present = event?.kind === 'signing-key-changed' ? event.key : null;
  return { keys, present, since: newest?.sequence ?? 0, lost, recoveries: recovered.length };
}

/** The name of the ledger and of its keys: counted up with each recovery, after which it is another ledger. */
export function originOf(installation: string, recoveries: number): string {
  return recoveries === 0 ? `drayage/${installation}` : `drayage/${installation}/${recoveries}`;
}

/** Newest first. */
async function entriesOf(
  store: Store,
  kind: LedgerEntry['kind'],
  signal: AbortSignal,
): Promise<readonly LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  let before: number | null = null;
  for (let page = 0; page < pagesMost; page += 1) {
    const filter = { stream: ledgerStream, kind };
    const read: EntriesBefore = await store.entriesBefore(before, 1_000, filter, signal);
    found.push(...read.entries);
    if (read.next === null) break;
    before = read.next;
  }
  return found;
}
