import { Fault } from '../core/fault.ts';
import { namePattern } from '../core/name-patterns.ts';
import type { Page, PageRequest } from '../port/store.ts';

const pageMost = 500;

/**
 * A page of names, sorted and unique; the cursor is the last name of the page before, so that names that come and go
 * between two pages neither shift nor repeat others. Throws `request.invalid` for a cursor that no page gave, and for a
 * limit that is not 1 to 500.
 */
export function pageOfNames(names: readonly string[], { cursor, limit }: PageRequest): Page<string> {
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMost)
    throw new Fault('request.invalid', `The limit ${limit} is not a whole number from 1 to ${pageMost}.`, {
      facts: { least: 1, most: pageMost },
    });
  const after = cursor === null || cursor === undefined ? '' : decode(cursor);
  const begin = names.findIndex((name) => name > after);
  const rest = begin < 0 ? [] : names.slice(begin);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last !== undefined ? encode(last) : null };
}

function encode(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function decode(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (namePattern.test(name) && encode(name) === cursor) return name;
  throw new Fault('request.invalid', 'The cursor is not one that a list gave.', {
    next: 'Begin again without a cursor.',
  });
}
