import {
  Composer,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Alias,
  type CST,
  type Document,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import {
  emptyNode,
  placeOf,
  type DocumentNode,
  type ListNode,
  type MapEntry,
  type MapNode,
  type Place,
  type ScalarNode,
  type SourceFile,
} from './node.ts';
import { createProblems, type Problems } from './problems.ts';
import { brokenCharacter, checkSize, documentLimits, findLoneSurrogate, scan, tooLarge } from './scan.ts';

/** What a document may hold besides plain YAML. */
export interface DocumentOptions {
  /** The tags `!reset` and `!override` of the Compose Specification. */
  readonly mergeTags?: boolean;
}

/** A converted node with how many nodes and levels it stands for once aliases are expanded. */
interface Converted {
  readonly node: DocumentNode;
  readonly nodes: number;
  readonly levels: number;
}

interface Conversion {
  readonly file: SourceFile;
  readonly mergeTags: boolean;
  readonly problems: Problems;
  readonly anchors: Map<string, Converted | null>;
  /** How many nodes were made so far, aliases expanded. */
  nodes: number;
  place(node: { range?: readonly [number, number, number] | null | undefined }): Place;
}

/** Tags of the YAML 1.2 core schema; every other one asks a reader to do something that this one does not do. */
const coreTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq', 'merge'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/**
 * Reads a YAML 1.2 text (core schema, with merge keys) as one positioned tree. Its sizes are checked before the text is
 * composed. Throws a Fault: `document.too-large` above 1 MiB, 20,000 nodes (aliases expanded), 64 levels or 100
 * aliases; `document.invalid` with every problem found, at most 50.
 */
export function parseDocument(file: SourceFile, options: DocumentOptions = {}): DocumentNode {
  checkSize(file);
  const problems = createProblems(file);
  const broken = findLoneSurrogate(file);
  if (broken !== null) problems.add(broken, brokenCharacter);
  problems.throwIfAny();
  const placeAt = placeFinder(file.text);
  const document = composeOne(file, problems, placeAt);
  problems.throwIfAny();
  const conversion: Conversion = {
    file,
    mergeTags: options.mergeTags ?? false,
    problems,
    anchors: new Map(),
    nodes: 0,
    place: (node) => ({ ...placeAt(node.range?.[0] ?? 0), file }),
  };
  const { node } = convert(document?.contents ?? null, { line: 1, column: 1, file }, 1, conversion);
  problems.throwIfAny();
  return node;
}

function composeOne(file: SourceFile, problems: Problems, placeAt: (offset: number) => Place): Document.Parsed | null {
  const tokens: readonly CST.Token[] = scan(file);
  const composer = new Composer({
    uniqueKeys: false,
    merge: true,
    version: '1.2',
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens, true, file.text.length)];
  for (const document of documents) {
    for (const error of document.errors) problems.add(placeAt(error.pos[0]), yamlMessage(error.message));
    const { yaml } = document.directives;
    if (yaml.explicit === true && yaml.version !== '1.2') {
      problems.add({ line: 1, column: 1 }, `this is YAML ${yaml.version}`, 'only YAML 1.2 is read');
    }
  }
  const [first, second] = documents;
  if (second !== undefined) {
    problems.add(placeAt(second.range[0]), 'a second document begins here', 'one file, one document');
  }
  return first ?? null;
}

function yamlMessage(message: string): string {
  const [line] = message.split('\n');
  return `not YAML: ${line ?? message}`;
}

function convert(node: ParsedNode | null, fallback: Place, level: number, of: Conversion): Converted {
  of.nodes += 1;
  if (of.nodes > documentLimits.nodes) throw tooLarge(of.file, 'nodes', of.nodes);
  if (level > documentLimits.levels) throw tooLarge(of.file, 'levels', level);
  if (node === null) {
    return { node: emptyNode(fallback), nodes: 1, levels: 1 };
  }
  if (isAlias(node)) return expand(node, level, of);
  const place = of.place(node);
  const onMerge = of.mergeTags ? mergeTagOf(node.tag) : undefined;
  if (node.tag !== undefined && onMerge === undefined && !coreTags.has(node.tag)) {
    of.problems.add(place, `the tag ${node.tag} is not known here`, 'leave it out');
  }
  const anchor = node.anchor;
  // While it is being read an anchor has no value: an alias inside refers to itself.
  if (anchor !== undefined) of.anchors.set(anchor, null);
  const before = of.nodes - 1;
  const content = convertContent(node, place, level, of);
  const converted = onMerge === undefined ? content : { ...content, node: { ...content.node, onMerge } };
  const result = { ...converted, nodes: of.nodes - before };
  if (anchor !== undefined) of.anchors.set(anchor, result);
  return result;
}

function mergeTagOf(tag: string | undefined): 'reset' | 'override' | undefined {
  if (tag === '!reset') return 'reset';
  return tag === '!override' ? 'override' : undefined;
}

function convertContent(
  node: Exclude<ParsedNode, Alias.Parsed>,
  place: Place,
  level: number,
  of: Conversion,
): Omit<Converted, 'nodes'> {
  if (isMap(node)) return convertMap(node, place, level, of);
  if (isSeq(node)) {
    const children = node.items.map((item) => convert(item as ParsedNode | null, place, level + 1, of));
    const list: ListNode = { kind: 'list', items: children.map((child) => child.node), ...place };
    return { node: list, levels: 1 + deepest(children) };
  }
  return { node: convertScalar(node, place, of), levels: 1 };
}

function convertScalar(node: Scalar, place: Place, of: Conversion): ScalarNode {
  const { value } = node;
  const source = typeof value === 'symbol' ? '<<' : plainSource(node);
  if (!source.isWellFormed() || source.includes('\0')) {
    of.problems.add(place, brokenCharacter);
  }
  const native = value === null || typeof value === 'number' || typeof value === 'boolean';
  const quoted = node.type !== 'PLAIN' && !native;
  return { kind: 'scalar', value: native ? value : source, source, quoted, ...place };
}

function plainSource(node: Scalar): string {
  if (typeof node.value === 'string') return node.value;
  return node.source ?? String(node.value);
}

function expand(alias: Alias.Parsed, level: number, of: Conversion): Converted {
  const place = of.place(alias);
  const target = of.anchors.get(alias.source);
  if (target === undefined || target === null) {
    const why = target === null ? 'refers to itself' : 'has no anchor before it';
    of.problems.add(place, `the alias *${alias.source} ${why}`);
    return { node: emptyNode(place), nodes: 1, levels: 1 };
  }
  of.nodes += target.nodes - 1;
  if (of.nodes > documentLimits.nodes) throw tooLarge(of.file, 'nodes', of.nodes);
  const levels = level + target.levels - 1;
  if (levels > documentLimits.levels) throw tooLarge(of.file, 'levels', levels);
  return target;
}

function convertMap(map: YAMLMap, place: Place, level: number, of: Conversion): { node: MapNode; levels: number } {
  const own = new Map<string, MapEntry>();
  const merged: MapEntry[] = [];
  const children: Converted[] = [];
  for (const item of map.items) {
    if (!isPair(item)) continue;
    const keyNode = item.key as ParsedNode | null;
    const at = keyNode === null ? place : of.place(keyNode);
    const key = convert(keyNode, at, level + 1, of);
    const value = convert(item.value as ParsedNode | null, at, level + 1, of);
    children.push(value);
    if (isMergeKey(keyNode)) {
      merged.push(...mergedEntries(value.node, at, of));
      continue;
    }
    addEntry(own, key.node, value.node, at, of);
  }
  const entries = new Map(own);
  // Keys of the map itself win, then the earlier of the merged maps (yaml.org/type/merge.html).
  for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
  return { node: { kind: 'map', entries: [...entries.values()], ...place }, levels: 1 + deepest(children) };
}

function addEntry(own: Map<string, MapEntry>, key: DocumentNode, value: DocumentNode, at: Place, of: Conversion): void {
  if (key.kind !== 'scalar' || key.value === null) {
    of.problems.add(at, 'a key must be a plain word');
    return;
  }
  const first = own.get(key.source);
  if (first !== undefined) {
    const there = `line ${first.line}, column ${first.column}`;
    of.problems.add(at, `the key '${key.source}' stands twice: it stands at ${there} already`, 'keep one');
    return;
  }
  own.set(key.source, { key: key.source, value, ...placeOf(at) });
}

function isMergeKey(key: ParsedNode | null): boolean {
  return isScalar(key) && (typeof key.value === 'symbol' || (key.type === 'PLAIN' && key.value === '<<'));
}

function mergedEntries(node: DocumentNode, at: Place, of: Conversion): readonly MapEntry[] {
  if (node.kind === 'map') return count(node.entries, of);
  if (node.kind === 'list' && node.items.every((item) => item.kind === 'map')) {
    return count(
      node.items.flatMap((item) => item.entries),
      of,
    );
  }
  of.problems.add(at, '<< takes a map or a list of maps', 'write <<: *anchor');
  return [];
}

function count(entries: readonly MapEntry[], of: Conversion): readonly MapEntry[] {
  of.nodes += entries.length;
  if (of.nodes > documentLimits.nodes) throw tooLarge(of.file, 'nodes', of.nodes);
  return entries;
}

function deepest(children: readonly Converted[]): number {
  return children.reduce((most, child) => Math.max(most, child.levels), 0);
}

function placeFinder(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
