import { Fault } from '../core/fault.ts';

/** Reads an Idempotency-Key header; null when there is none. Throws `request.invalid` unless it is 1 to 200 printable ASCII characters. */
export function readIdempotencyKey(header: string | readonly string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/.test(header)) return header;
  throw new Fault('request.invalid', 'The Idempotency-Key header is not 1 to 200 printable ASCII characters.', {
    facts: { header: 'idempotency-key' },
    next: 'Send a random UUID, the same one for every repetition of the request.',
  });
}
