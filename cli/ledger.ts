import type { LedgerVerdictOptions } from './ledger-evidence.ts';
import { createLedgerAudit, type Audit, type AuditEntry } from '../core/ledger-audit.ts';
import { leafHash, type LedgerEntry } from '../core/ledger.ts';
import type { EntriesView } from '../wire/ledger.ts';

/** Reads the entries after a sequence, at most `limit`. */
export type ReadEntries = (after: number, limit: number) => Promise<EntriesView>;

const pageEntries = 1000;

/**
 * All pages up to the head that the first page names, or up to `least` if that is further; entries appended meanwhile
 * are left for another time.
 */
export async function* ledgerPages(read: ReadEntries, least = 0): AsyncGenerator<EntriesView> {
  let after = 0;
  let end: number | null = null;
  do {
    const page = await read(after, pageEntries);
    end ??= Math.max(page.head.sequence, least);
    const last = end;
    const entries = page.entries.filter((entry) => entry.sequence <= last);
    if (entries.length > 0 || after === 0) yield { ...page, entries };
    const reached = page.entries.at(-1)?.sequence ?? end;
    // A server that answers with what was read already must not hold this up for ever.
    after = reached > after ? reached : end;
  } while (after < end);
}

/**
 * Computes every hash from the entries themselves, and compares them with the evidence and with the head that the
 * server names. Rejects as `read` does.
 */
export async function auditPages(
  read: ReadEntries,
  { keys, evidence, tell }: LedgerVerdictOptions & { readonly tell: (done: number, total: number) => void },
): Promise<Audit> {
  const audit = createLedgerAudit({ keys, evidence });
  let head: EntriesView['head'] | null = null;
  for await (const page of ledgerPages(read)) {
    head ??= page.head;
    const isWhole = page.entries.every((entry) => audit.add(toAuditEntry(entry)));
    tell(audit.entries(), head.sequence);
    if (!isWhole) break;
  }
  return audit.end(head === null ? null : { ...head, by: "the server's head" });
}

/** The members alone decide the hash: an entry of a kind that this version does not know is hashed like any other. */
function toAuditEntry(entry: EntriesView['entries'][number]): AuditEntry {
  const { sequence, prev, kind, payload } = entry;
  return { sequence, prev, kind, payload, storedHash: null, leaf: leafHash(entry as LedgerEntry) };
}
