import { Fault } from '../core/fault.ts';
import type { Page, PageRequest } from '../port/store.ts';

/** The largest page of a list. */
const pageMost = 500;

/**
 * The cursor of a newest-first list: what follows lies below this place. A place is a ledger sequence, in an
 * environment's history the number of a revision.
 */
export function encodeCursor(place: number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/**
 * The place below which a page begins; the largest integer for the first page. Throws `request.invalid` for a
 * cursor that `encodeCursor` did not make.
 */
export function decodeCursor(cursor: string | null | undefined): number {
  if (cursor === null || cursor === undefined) return Number.MAX_SAFE_INTEGER;
  const place = Number(Buffer.from(cursor, 'base64url').toString());
  if (!Number.isSafeInteger(place) || place < 1 || encodeCursor(place) !== cursor) {
    throw new Fault('request.invalid', 'The cursor is not one that a list gave.', {
      next: 'Begin again without a cursor.',
    });
  }
  return place;
}

/** Throws `request.invalid` unless `limit` is an integer from 1 to `most`. */
export function checkLimit(limit: number, most: number = pageMost): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return;
  throw new Fault('request.invalid', `The limit ${limit} is not a whole number from 1 to ${most}.`, {
    facts: { least: 1, most },
  });
}

/** Checks a page request and reads one row more than asked, to know whether another page follows. */
export function readPage<T>(
  page: PageRequest,
  placeOf: (row: T) => number,
  read: (below: number, limit: number) => readonly T[],
): Page<T> {
  checkLimit(page.limit);
  const rows = read(decodeCursor(page.cursor), page.limit + 1);
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { items, next: more ? encodeCursor(placeOf(last)) : null };
}
