import { Fault } from '../core/fault.ts';

/**
 * The sequence after which a reader of events goes on, null: from now on. A `Last-Event-ID` header, which browsers send
 * by themselves when they come again, wins over the query. Throws `request.invalid` for a header that is no sequence.
 */
export function resumeAfter(header: string | readonly string[] | undefined, after: number | undefined): number | null {
  if (header === undefined) return after ?? null;
  const sequence = typeof header === 'string' && /^\d{1,16}$/.test(header) ? Number(header) : NaN;
  if (Number.isSafeInteger(sequence)) return sequence;
  throw new Fault('request.invalid', 'The Last-Event-ID header is not the id of an event.', {
    next: 'Send the id of the last event as it came, or leave the header out.',
  });
}
