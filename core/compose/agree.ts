import type { DocumentNode } from '../document/node.ts';
import { entryAt, type ComposeReader } from './context.ts';

/** Whether the value at a path still waits for a variable: then nothing can be said of what it comes to. */
export function isOpen(node: DocumentNode, path: readonly string[], at: ComposeReader): boolean {
  const entry = entryAt(node, ...path);
  const value = 'key' in entry ? entry.value : entry;
  return value.kind === 'scalar' && at.resolve(value, 'text') === null;
}

/** What one key says in an old form and another in the new one. Both may stand only where they agree. */
export function agreed<T extends number>(
  node: DocumentNode,
  at: ComposeReader,
  old: { readonly key: string; readonly value: T | null },
  now: { readonly path: readonly string[]; readonly value: T | null },
): T | null {
  if (old.value === null || now.value === null) return now.value ?? old.value;
  const isKnown = !isOpen(node, [old.key], at) && !isOpen(node, now.path, at);
  if (isKnown && old.value !== now.value) {
    const name = now.path.join('.');
    at.add(entryAt(node, old.key), `'${old.key}' and ${name} say different things`, `leave ${old.key} out`);
  }
  return now.value;
}
