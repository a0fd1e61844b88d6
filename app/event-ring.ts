import assert from 'node:assert/strict';
import type { LedgerItem } from './event-subject.ts';

export interface RingLimits {
  readonly entriesMost: number;
  /** Of all texts together, in UTF-16 code units. */
  readonly textMost: number;
}

/** The newest entries of the ledger, held once for all readers. */
export interface EventRing {
  /** Sequence of the newest entry that was put in. */
  head(): number;
  /** Puts in the entry that follows the head; the oldest ones go when a limit is reached. */
  push(item: LedgerItem): void;
  /**
   * Entries after a sequence, in order, at most `limit`; none when nothing newer was put in. Null when the ring does
   * not hold the next entry any more.
   */
  after(sequence: number, limit: number): readonly LedgerItem[] | null;
}

/** Makes an empty ring whose first entry will be the one after `start`. */
export function createEventRing(start: number, { entriesMost, textMost }: RingLimits): EventRing {
  const slots = new Map<number, LedgerItem>(); // by sequence
  let gone = start; // the sequence before the oldest held
  let head = start;
  let held = 0;

  const dropOldest = (): void => {
    gone += 1;
    held -= slots.get(gone)?.text.length ?? 0;
    slots.delete(gone);
  };
  return {
    head: () => head,
    push(item) {
      assert(item.sequence === head + 1, 'the entries of the ledger have no gap');
      slots.set(item.sequence, item);
      head = item.sequence;
      held += item.text.length;
      while (slots.size > entriesMost || (held > textMost && slots.size > 1)) dropOldest();
    },
    after(sequence, limit) {
      if (sequence >= head) return [];
      if (sequence < gone) return null;
      const items: LedgerItem[] = [];
      for (let next = sequence + 1; next <= Math.min(head, sequence + limit); next += 1) {
        const item = slots.get(next);
        assert(item !== undefined, 'the ring holds all from its oldest entry to its head');
        items.push(item);
      }
      return items;
    },
  };
}
