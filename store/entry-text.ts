import { canonical } from '../core/canonical.ts';
import { type LedgerEntry } from '../core/ledger.ts';

/** An entry whose payload is at hand as canonical JSON. */
export interface EntryMembers extends Omit<LedgerEntry, 'payload' | 'kind'> {
  readonly kind: string;
  readonly payloadText: string;
}

/**
 * The canonical JSON (RFC 8785) of an entry, without parsing its payload: the members in the order of their names.
 * Its numbers are safe integers, which JSON writes as they are. The same text as `canonical(entry)`; a test holds the two
 * together.
 */
export function entryText(entry: EntryMembers): string {
  return (
    `{"actor":${canonical(entry.actor)},"kind":${canonical(entry.kind)},"payload":${entry.payloadText}` +
    `,"prev":${canonical(entry.prev)},"sequence":${entry.sequence}` +
    `,"stream":${canonical(entry.stream)},"time":${entry.time},"v":${entry.v}}`
  );
}
