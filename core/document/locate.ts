import type { Problem } from '../fault.ts';
import { entryOf, type DocumentNode, type Place, type SourceFile } from './node.ts';
import { parseDocument } from './yaml.ts';

/** Where something stands in a document, with the line itself. */
export type Located = Pick<Problem, 'line' | 'column' | 'text'>;

/** Where these paths of keys stand in a document: each its key, or that of the last part of it that is there. */
export function locate(file: SourceFile, paths: readonly (readonly string[])[]): readonly Located[] {
  const root = parseDocument(file);
  const lines = file.text.split('\n');
  return paths.map((path) => {
    const { line, column } = placeBelow(root, path);
    return { line, column, text: (lines[line - 1] ?? '').replace(/\r$/, '').slice(0, 200).toWellFormed() };
  });
}

function placeBelow(root: DocumentNode, path: readonly string[]): Place {
  let place: Place = root;
  let inside: DocumentNode = root;
  for (const key of path) {
    const entry = inside.kind === 'map' ? entryOf(inside, key) : undefined;
    if (entry === undefined) return place;
    place = entry;
    inside = entry.value;
  }
  return place;
}
