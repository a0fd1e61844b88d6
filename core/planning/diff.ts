import { canonical } from '../canonical.ts';
import type { Json } from '../json.ts';
import type { FieldChange } from '../plan.ts';

/** The members in which two values differ, by path, sorted. Lists are compared whole. */
export function diffFields(from: unknown, to: unknown): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  collect('', from, to, changes);
  return changes.toSorted((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

function collect(path: string, from: unknown, to: unknown, changes: FieldChange[]): void {
  if (canonical(from ?? null) === canonical(to ?? null)) return;
  if (!isObject(from) || !isObject(to)) {
    changes.push({ field: path, from: asJson(from), to: asJson(to) });
    return;
  }
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const name = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
    collect(path === '' ? name : `${path}.${name}`, own(from, key), own(to, key), changes);
  }
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
