/** What an engine answers is `unknown` until one of these readers has looked at it. None of them throws. */
export type JsonRecord = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one when it is none. */
export function record(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

/** The value at a path of member names; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = record(found)[name];
  return found;
}

/** The value as an array; an empty one when it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string at a path; null when there is none or an empty one. */
export function text(value: unknown, ...path: readonly string[]): string | null {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : null;
}

/** The safe integer at a path; null when there is none. */
export function integer(value: unknown, ...path: readonly string[]): number | null {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : null;
}

/** The time at a path, in ms since 1970; null when there is none or it is Go's zero time. */
export function time(value: unknown, ...path: readonly string[]): number | null {
  const ms = Date.parse(text(value, ...path) ?? '');
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}
