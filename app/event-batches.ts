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

/** What the ledger holds after a sequence, for one filter: empty at the head. Waits only for what the store has to say. */
export type BatchesOf = (cursor: number, signal: AbortSignal) => EventBatch | Promise<EventBatch>;

/** Batches from the ring, or from the store when the ring does not reach back so far. */
export interface EventBatches {
  of(filter: EventFilter): BatchesOf;
  /** The head moved on: the batches that were shared there are of no use any more. */
  forget(): void;
}

/**
 * Readers with one filter at one place, as most are that wait at the head, get the same batch, made once: it is there for
 * the second of them as soon as the first has it, and both are woken in the same turn.
 */
export function createEventBatches({ store, ring, sieve, limits }: EventBatchParts): EventBatches {
  const shared = new Map<string, EventBatch>();

  function sift(
    cursor: number,
    items: readonly LedgerItem[],
    filter: EventFilter,
    signal: AbortSignal,
  ): EventBatch | Promise<EventBatch> {
    const sifting = startSifting(cursor, limits.batchText);
    for (const [index, item] of items.entries()) {
      const lets = sieve.lets(filter, item, signal);
      if (typeof lets !== 'boolean') return siftOn(sifting, lets, items.slice(index), filter, signal);
      if (!sifting.take(item, lets)) break;
    }
    return sifting.batch();
  }
  /** Goes on where the store has to be asked: `first` is what it says of the first item. */
  async function siftOn(
    sifting: Sifting,
    first: Promise<boolean>,
    items: readonly LedgerItem[],
    filter: EventFilter,
    signal: AbortSignal,
  ): Promise<EventBatch> {
    for (const [index, item] of items.entries()) {
      const lets = await (index === 0 ? first : sieve.lets(filter, item, signal));
      if (!sifting.take(item, lets)) break;
    }
    return sifting.batch();
  }
  /** Lets others have their turn too: a reader to whom little is let through could go on through the whole ledger. */
  async function page(cursor: number, filter: EventFilter, signal: AbortSignal): Promise<EventBatch> {
    const entries = await store.entries(cursor, limits.batchEntries, signal);
    await nextTurn();
    const items = entries.map(toItem);
    for (const item of items) sieve.note(item);
    return await sift(cursor, items, filter, signal);
  }
  return {
    of(filter) {
      const key = keyOf(filter);
      return (cursor, signal) => {
        const place = `${cursor} ${key}`;
        const known = shared.get(place);
        if (known !== undefined) return known;
        const held = ring.after(cursor, limits.batchEntries);
        if (held === null) return page(cursor, filter, signal);
        const batch = sift(cursor, held, filter, signal);
        // What had to wait for the store may be of an earlier head, and goes to this reader alone.
        if (!(batch instanceof Promise) && shared.size < limits.sharedBatches) shared.set(place, batch);
        return batch;
      };
    },
    forget: () => shared.clear(),
  };
}

/** A batch that is being filled. */
interface Sifting {
  /** Takes the next item if it is let through; false when there is no room for it. */
  take(item: LedgerItem, isLet: boolean): boolean;
  batch(): EventBatch;
}

function startSifting(cursor: number, textMost: number): Sifting {
  const events: LedgerItem[] = [];
  let through = cursor;
  let length = 0;
  return {
    take(item, isLet) {
      if (isLet && events.length > 0 && length + item.text.length > textMost) return false;
      if (isLet) {
        length += item.text.length;
        events.push(item);
      }
      through = item.sequence;
      return true;
    },
    batch: () => ({ events, through }),
  };
}

/** The same for filters that let the same through. */
function keyOf({ environment, deployment, service, kinds }: EventFilter): string {
  return JSON.stringify([environment, deployment, service, kinds]);
}
