import type { EntriesBefore, Head } from '../../port/store.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { EntriesView } from '../../wire/ledger.ts';
import { nameOf, type Names } from './names.ts';

/** Entries exactly as they are hashed: no member more, none less. Who caused them is named beside them. */
export function entriesView(page: EntriesBefore & { readonly head: Head }, names: Names): EntriesView {
  const { entries, head, next } = page;
  const actors = new Set(entries.map(({ actor }) => actor));
  return {
    entries: entries.map(entryView),
    head: { sequence: head.sequence, hash: head.hash },
    next,
    actorNames: Object.fromEntries([...actors].map((actor) => [actor, nameOf(names, actor)])),
  };
}

function entryView(entry: LedgerEntry): EntriesView['entries'][number] {
  const { sequence, time, stream, kind, v, actor, payload, prev } = entry;
  return { sequence, time, stream, kind, v, actor, payload, prev };
}
