import { Fault } from '../core/fault.ts';
import type { Page, PageRequest } from '../port/store.ts';

/** The largest page of a list. */
const pageMost = 500;

/** The cursor of a newest-first list: what follows lies below this ledger sequence. */
export function encodeCursor(sequence: number): string {
  return Buffer.from(String(sequence)).toString('base64url');
}

/**
 * The sequence below which a page begins; the largest integer for the first page. Throws `request.invalid` for a
 * cursor that `encodeCursor` did not make.
 */
export function decodeCursor(cursor: string | null | undefined): number {
  if (cursor === null || cursor === undefined) return Number.MAX_SAFE_INTEGER;
  const sequence = Number(Buffer.from(cursor, 'base64url').toString());
  if (!Number.isSafeInteger(sequence) || sequence < 1 || encodeCursor(sequence) !== cursor) {
    throw new Fault('request.invalid', 'The cursor is not one that a list gave.', {
      next: 'Begin again without a cursor.',
    });
  }
  return sequence;
}

/** Throws `request.invalid` unless `limit` is an integer from 1 to `most`. */
export function checkLimit(limit: number, most: number = pageMost): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return;
  throw new Fault('request.invalid', `The limit ${limit} is not a whole number from 1 to ${most}.`, {
    facts: { least: 1, most },
  });
}

/** Checks a page request and reads one row more than asked, to know whether another page follows. */
export function readPage<T extends { readonly sequence: number }>(
  page: PageRequest,
  read: (below: number, limit: number) => readonly T[],
): Page<T> {
  checkLimit(page.limit);
  const rows = read(decodeCursor(page.cursor), page.limit + 1);
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { items, next: more ? encodeCursor(last.sequence) : null };
}
