import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../port/store.ts';
import type { EventBatch, EventFilter } from './api.ts';
import type { EventRing } from './event-ring.ts';
import { toItem, type EventSieve, type LedgerItem } from './event-subject.ts';

export interface EventBatchParts {
  readonly store: Pick<Store, 'entries'>;
  readonly ring: EventRing;
  readonly sieve: EventSieve;
  readonly limits: {
    readonly batchEntries: number;
    /** Of the texts of one batch together, in UTF-16 code units; a single longer one still goes. */
    readonly batchText: number;
    readonly sharedBatches: number;
  };
}

/** What the ledger holds after a sequence, for a filter. */
export interface EventBatches {
  /** From the ring, or from the store when the ring does not reach back so far; empty at the head. */
  after(cursor: number, filter: EventFilter, signal: AbortSignal): Promise<EventBatch>;
  /** The head moved on: the batches that were shared there are of no use any more. */
  forget(): void;
}

/** Readers with one filter at one place, as most are that wait at the head, get the same batch, made once. */
export function createEventBatches({ store, ring, sieve, limits }: EventBatchParts): EventBatches {
  const shared = new Map<string, EventBatch>();

  async function sift(
    cursor: number,
    items: readonly LedgerItem[],
    filter: EventFilter,
    signal: AbortSignal,
  ): Promise<EventBatch> {
    const events: LedgerItem[] = [];
    let through = cursor;
    let length = 0;
    for (const item of items) {
      const lets = sieve.lets(filter, item, signal);
      if (typeof lets === 'boolean' ? lets : await lets) {
        if (events.length > 0 && length + item.text.length > limits.batchText) break;
        length += item.text.length;
        events.push(item);
      }
      through = item.sequence;
    }
    return { events, through };
  }
  /** Lets others have their turn too: a reader to whom little is let through could go on through the whole ledger. */
  async function pageOf(cursor: number, signal: AbortSignal): Promise<readonly LedgerItem[]> {
    const entries = await store.entries(cursor, limits.batchEntries, signal);
    await nextTurn();
    const items = entries.map(toItem);
    for (const item of items) sieve.note(item);
    return items;
  }
  return {
    async after(cursor, filter, signal) {
      const held = ring.after(cursor, limits.batchEntries);
      if (held === null) return await sift(cursor, await pageOf(cursor, signal), filter, signal);
      const place = `${cursor} ${held.length} ${keyOf(filter)}`;
      const known = shared.get(place);
      if (known !== undefined) return known;
      const batch = await sift(cursor, held, filter, signal);
      if (shared.size < limits.sharedBatches) shared.set(place, batch);
      return batch;
    },
    forget: () => shared.clear(),
  };
}

/** The same for filters that let the same through. */
function keyOf({ environment, deployment, service, kinds }: EventFilter): string {
  return JSON.stringify([environment, deployment, service, kinds]);
}
