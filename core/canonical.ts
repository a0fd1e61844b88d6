/**
 * Canonical JSON after RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no white space,
 * numbers and strings as ECMAScript serialises them. The same value always gives the same bytes, so that its hash is
 * its identity. `undefined` members are left out. Throws on what JSON cannot say: a non-finite number, a lone
 * surrogate, a bigint, a function.
 */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return canonicalString(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return canonicalArray(value);
  if (isObject(value)) return canonicalObject(value);
  throw new TypeError(`canonical JSON: cannot hold ${typeof value === 'number' ? value : `a ${typeof value}`}`);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

type Members = { readonly [key: string]: unknown };

/** Printable ASCII that JSON writes as it is: nearly every string, and sooner told than serialised. */
const plain = /^[ !#-[\]-~]*$/;

function canonicalString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('canonical JSON: a lone surrogate in a string');
  return JSON.stringify(text);
}

// Texts are added up, not joined, and loops count: most of what is hashed passes here, and this takes half the time.
function canonicalArray(values: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) text += ',';
    text += canonical(values[index]);
  }
  return `${text}]`;
}

function canonicalObject(object: Members): string {
  const keys = sortedKeys(object);
  let text = '{';
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    const value = object[key];
    if (value === undefined) continue;
    const written = keyText(key);
    text += text === '{' ? written.first : written.later;
    text += canonical(value);
  }
  return `${text}}`;
}

interface KeyText {
  readonly first: string;
  /** The same after a comma. */
  readonly later: string;
}

/** Keys as they are written, with their colon: the same few hundred come with nearly every object. */
const keyTexts = new Map<string, KeyText>();
const keysMost = 2_000;

function keyText(key: string): KeyText {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const first = `${canonicalString(key)}:`;
  const text = { first, later: `,${first}` };
  if (keyTexts.size < keysMost) keyTexts.set(key, text);
  return text;
}

/** Sorted by UTF-16 code units, which is how strings compare; what was read back from canonical JSON is so already. */
function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object);
  for (let index = 1; index < keys.length; index += 1)
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.toSorted();
  return keys;
}
