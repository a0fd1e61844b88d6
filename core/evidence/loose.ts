import { keptText } from '../bom/text.ts';

/**
 * Readers for documents of other tools: what is not as expected is as if it were not there. Reports have tens of
 * thousands of members, of which few are wanted: nothing is copied but those.
 */

/** A member of a member, by its path; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, key))
      return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

/** The items of a list; none where it is no list. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A text as it may be kept, cut at `most` characters; null where it is none. */
export function textAt(value: unknown, path: readonly string[], most = 200): string | null {
  const found = at(value, ...path);
  return typeof found === 'string' ? keptText(found, most) : null;
}

/** The members of a map. */
export function membersAt(value: unknown, ...path: readonly string[]): readonly (readonly [string, unknown])[] {
  const found = at(value, ...path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.entries(found) : [];
}

/** Every `sha256:...` in a text, in the order in which they stand there. */
export function digestsIn(text: string | null): readonly string[] {
  return (text ?? '').match(/sha256:[0-9a-f]{64}(?![0-9a-f])/g) ?? [];
}
