/**
 * Canonical JSON after RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no white space,
 * numbers and strings as ECMAScript serialises them. The same value always gives the same bytes, so that its hash is
 * its identity. `undefined` members are left out. Throws on what JSON cannot say: a non-finite number, a lone
 * surrogate, a bigint, a function.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return canonicalArray(value);
  if (typeof value === 'object') return canonicalObject(value);
  throw new TypeError(`canonical JSON: cannot hold ${typeof value === 'number' ? value : `a ${typeof value}`}`);
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical JSON: a lone surrogate in a string');
  return JSON.stringify(text);
}

function canonicalArray(values: readonly unknown[]): string {
  return `[${values.map((value) => canonical(value)).join(',')}]`;
}

function canonicalObject(object: object): string {
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, value]) => `${canonical(key)}:${canonical(value)}`).join(',')}}`;
}
