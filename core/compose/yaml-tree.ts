import { Document, isMap, isPair, isScalar, isSeq, parseDocument, visit, type Pair, type YAMLMap } from 'yaml';
import { jsonOfNode, type DocumentNode, type MapEntry, type SourceFile } from '../document/node.ts';

/** A YAML document to change, with its comments, and the lines of the original that its parts came from. */
export interface YamlTree {
  readonly document: Document;
  /** Whether anchors and merge keys had to be written out, which loses comments. */
  readonly wasExpanded: boolean;
  /** The line of a part, or of what it stands in. */
  lineOf(part: unknown, otherwise: number): number;
}

/** Makes a changeable document of a text that was read as `root` without problems. */
export function createTree(source: SourceFile, root: DocumentNode): YamlTree {
  const parsed = parseDocument(source.text, { merge: true, uniqueKeys: false, logLevel: 'silent' });
  const wasExpanded = hasAliases(parsed);
  const document: Document = wasExpanded ? new Document(jsonOfNode(root), { aliasDuplicateObjects: false }) : parsed;
  const lines = new Map<unknown, number>();
  noteLines(document.contents, root, lines);
  return { document, wasExpanded, lineOf: (part, otherwise) => lines.get(part) ?? otherwise };
}

function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias() {
      found = true;
      return visit.BREAK;
    },
    Pair(_, pair) {
      if (keyOf(pair) !== '<<') return undefined;
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function noteLines(part: unknown, node: DocumentNode, lines: Map<unknown, number>): void {
  if (part !== null && !lines.has(part)) lines.set(part, node.line);
  if (isSeq(part) && node.kind === 'list') {
    for (const [index, item] of node.items.entries()) noteLines(part.items[index], item, lines);
  }
  if (!isMap(part) || node.kind !== 'map') return;
  for (const entry of node.entries) {
    const pair = pairOf(part, entry.key);
    if (pair === undefined) continue;
    lines.set(pair, entry.line);
    noteLines(pair.value, entry.value, lines);
  }
}

/** A pair's key as text. */
export function keyOf(pair: Pair): string {
  const { key } = pair;
  if (!isScalar(key)) return String(key);
  if (typeof key.value === 'string') return key.value;
  return typeof key.value === 'symbol' ? '<<' : (key.source ?? String(key.value));
}

/** The pair of a map with this key. */
export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((item) => isPair(item) && keyOf(item) === key);
}

/** The map under a key, if there is one. */
export function mapAt(map: YAMLMap, key: string): YAMLMap | undefined {
  const value = pairOf(map, key)?.value;
  return isMap(value) ? value : undefined;
}

/** Takes a key out of a map and gives its pair. */
export function takePair(map: YAMLMap, key: string): Pair | undefined {
  const pair = pairOf(map, key);
  if (pair !== undefined) map.items = map.items.filter((item) => item !== pair);
  return pair;
}

/** A scalar's text; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  if (!isScalar(value) || value.value === null) return undefined;
  return typeof value.value === 'string' ? value.value : (value.source ?? JSON.stringify(value.value));
}

/** Keys and indexes that lead to a part of the tree. */
export type Path = readonly (string | number)[];

/** The way to a node or entry, by identity; the first if an alias leads to it twice. */
export function pathTo(root: DocumentNode, subject: unknown, path: Path = []): Path | null {
  if (root === subject) return path;
  if (root.kind === 'list') {
    return first(root.items, (item, index) => pathTo(item, subject, [...path, index]));
  }
  if (root.kind !== 'map') return null;
  return first(root.entries, (entry: MapEntry) => {
    const here = [...path, entry.key];
    return entry === subject ? here : pathTo(entry.value, subject, here);
  });
}

function first<T>(items: readonly T[], find: (item: T, index: number) => Path | null): Path | null {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== null) return found;
  }
  return null;
}

/** What stands at a path, with the means to take it out. */
export interface Removable {
  readonly part: unknown;
  remove(): void;
}

/** Finds the pair or list item at a path. */
export function partAt(document: Document, path: Path): Removable | null {
  let inside: unknown = document.contents;
  let found: Removable | null = null;
  for (const step of path) {
    if (isMap(inside) && typeof step === 'string') {
      const map = inside;
      const pair = pairOf(map, step);
      if (pair === undefined) return null;
      found = { part: pair, remove: () => void (map.items = map.items.filter((one) => one !== pair)) };
      inside = pair.value;
    } else if (isSeq(inside) && typeof step === 'number') {
      const list = inside;
      const item = list.items[step];
      found = { part: item, remove: () => void (list.items = list.items.filter((one) => one !== item)) };
      inside = item;
    } else return null;
  }
  return found;
}
