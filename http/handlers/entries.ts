import { Fault } from '../../core/fault.ts';
import type { EntryFilter } from '../../port/store.ts';
import type { Parts } from '../request-parts.ts';
import { given } from './call.ts';
import { eventKinds } from './event-kinds.ts';

/** Which entries of the ledger are asked for, from which end. */
export type EntriesRequest =
  | { readonly order: 'oldest'; readonly after: number; readonly limit: number }
  | { readonly order: 'newest'; readonly before: number | null; readonly limit: number; readonly filter: EntryFilter };

/** Throws `request.invalid` for parameters that mean nothing together: a filter that is ignored would look like a match. */
export function entriesRequest(query: Parts<'ledgerEntries'>['query']): EntriesRequest {
  const { order, after, before, limit } = query;
  if (order === 'oldest') {
    refuse(
      [...(before === undefined ? [] : ['before']), ...Object.keys(given(query, ['stream', 'kind', 'actor']))],
      'newest',
    );
    return { order, after: after ?? 0, limit };
  }
  refuse(after === undefined ? [] : ['after'], 'oldest');
  const [kind] = eventKinds('kind', query.kind === undefined ? [] : [query.kind]);
  const exact = kind === undefined ? {} : { kind };
  return { order, before: before ?? null, limit, filter: { ...given(query, ['stream', 'actor']), ...exact } };
}

function refuse(names: readonly string[], order: 'oldest' | 'newest'): void {
  const [first] = names;
  if (first === undefined) return;
  throw new Fault('request.invalid', `query.${first}: works only with order=${order}`, {
    facts: { members: names.map((name) => ({ path: `query.${name}`, message: `works only with order=${order}` })) },
    next: `Add order=${order}, or leave it out.`,
  });
}
