import { canonical } from '../canonical.ts';
import type { Json } from '../json.ts';
import type { FieldChange } from '../plan.ts';

/** Members that name an entry of a list: where all entries have one, and no two the same, the list is compared by name. */
const nameKeys: readonly string[] = ['config', 'secret', 'network', 'volume', 'target'];

/** The members in which two values differ, by path, sorted. Lists without names are compared whole. */
export function diffFields(from: unknown, to: unknown): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  if (!isSame(from ?? null, to ?? null)) collect('', from, to, changes);
  return changes.toSorted((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

/** Of two values that are not the same. */
function collect(path: string, from: unknown, to: unknown, changes: FieldChange[]): void {
  const known = changes.length;
  const [before, after] = Array.isArray(from) === Array.isArray(to) ? [byName(from), byName(to)] : [null, null];
  if (before !== null && after !== null) {
    const added = Object.keys(after).filter((key) => !Object.hasOwn(before, key));
    for (const key of [...Object.keys(before), ...added]) {
      const was = own(before, key);
      const is = own(after, key);
      if (isSame(was ?? null, is ?? null)) continue;
      const name = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
      collect(path === '' ? name : `${path}.${name}`, was, is, changes);
    }
  }
  // Nothing within differs, and yet the whole does: another order, or another kind of thing.
  if (changes.length === known) changes.push({ field: path, from: asJson(from), to: asJson(to) });
}

/** Whether both have the same canonical JSON, told without writing it: nearly all that is compared is the same. */
function isSame(from: unknown, to: unknown): boolean {
  if (from === to) return true;
  if (Array.isArray(from) && Array.isArray(to)) {
    return from.length === to.length && from.every((item, index) => isSame(item, to[index]));
  }
  if (!isObject(from) || !isObject(to)) return false;
  let members = 0;
  for (const key of Object.keys(from)) {
    if (from[key] === undefined) continue;
    members += 1;
    if (!isSame(from[key], own(to, key))) return false;
  }
  for (const key of Object.keys(to)) if (to[key] !== undefined) members -= 1;
  return members === 0;
}

/** An object as it is, a list of named things as an object by their names; null for anything else. */
function byName(value: unknown): { readonly [key: string]: unknown } | null {
  if (isObject(value)) return value;
  if (!Array.isArray(value)) return null;
  for (const key of nameKeys) {
    const names = value.map((item) => (isObject(item) ? own(item, key) : undefined));
    const usable = names.every((name) => typeof name === 'string' || typeof name === 'number');
    if (usable && new Set(names).size === names.length)
      return Object.fromEntries(value.map((item, index) => [String(names[index]), item]));
  }
  return null;
}

function own(object: { readonly [key: string]: unknown }, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(canonical(value)) as Json);
}
