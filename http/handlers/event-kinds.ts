import { isEventKind, type LedgerEvent } from '../../core/event.ts';
import { Fault } from '../../core/fault.ts';

/** Kinds of events as a query names them. Throws `request.invalid` for one that there is not: it would match nothing, for ever. */
export function eventKinds(parameter: string, names: readonly string[]): readonly LedgerEvent['kind'][] {
  return names.map((name) => {
    if (isEventKind(name)) return name;
    const path = `query.${parameter}`;
    throw new Fault('request.invalid', `${path}: there are no events of the kind "${name}"`, {
      facts: { members: [{ path, message: 'is no kind of event', hint: null }] },
      next: 'Look at the kinds that the ledger shows.',
    });
  });
}
