import type { Json } from '../json.ts';

/** Where something stands in a document; both count from 1, columns in UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** The file that it stands in; absent: the one that the document is called by. */
  readonly file?: SourceFile;
}

/** A part of a document that says how it goes over what stands in the same place of an earlier document. */
interface Part extends Place {
  /** `reset` takes that away, `override` replaces it as a whole; absent: the two are merged. */
  readonly onMerge?: 'reset' | 'override';
}

/** A single value. */
export interface ScalarNode extends Part {
  readonly kind: 'scalar';
  /** What YAML 1.2 (core schema) takes it for. */
  readonly value: string | number | boolean | null;
  /** The text as written, so that `1.10` is not `1.1`; of a quoted or block scalar, its content. */
  readonly source: string;
  /** Quoted or in a block: no YAML reader takes it for anything but text. */
  readonly quoted: boolean;
}

export interface ListNode extends Part {
  readonly kind: 'list';
  readonly items: readonly DocumentNode[];
}

/** One `key: value` of a map; its place is the key's. */
export interface MapEntry extends Place {
  readonly key: string;
  readonly value: DocumentNode;
}

/** A map in the order of the document. Keys are unique; merge keys and aliases are expanded. */
export interface MapNode extends Part {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

/** A document as a tree that knows where each part stands. */
export type DocumentNode = ScalarNode | ListNode | MapNode;

/** A document as a user wrote it; `name` is what messages call it. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** What a person calls this kind of node. */
export function describeNode(node: DocumentNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map';
  if (node.value === null) return 'nothing';
  return `'${node.source.length > 60 ? `${node.source.slice(0, 60)}...` : node.source}'`;
}

/** Nothing, where YAML has an empty value. */
export function emptyNode(place: Place): ScalarNode {
  return { kind: 'scalar', value: null, source: '', quoted: false, ...placeOf(place) };
}

/** The place of a part, alone. */
export function placeOf({ line, column, file }: Place): Place {
  return file === undefined ? { line, column } : { line, column, file };
}

/** The entry of a map with this key. */
export function entryOf(map: MapNode, key: string): MapEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** What the JSON of a tree has otherwise than the tree. */
export interface Changes {
  /** Entries that are left out. */
  readonly dropped: ReadonlySet<MapEntry>;
  /** Scalars with another text. */
  readonly replaced: ReadonlyMap<ScalarNode, string>;
}

const noChanges: Changes = { dropped: new Set(), replaced: new Map() };

/**
 * The tree as JSON. A number that JSON would write in another way (`1.10`, `0x10`, `.inf`) becomes the text of its
 * source, so that no information is lost.
 */
export function jsonOfNode(node: DocumentNode, changes: Changes = noChanges): Json {
  if (node.kind === 'list') return node.items.map((item) => jsonOfNode(item, changes));
  if (node.kind === 'map') {
    const kept = node.entries.filter((entry) => !changes.dropped.has(entry));
    return Object.fromEntries(kept.map(({ key, value }) => [key, jsonOfNode(value, changes)]));
  }
  const text = changes.replaced.get(node);
  if (text !== undefined) return text;
  if (typeof node.value !== 'number') return node.value;
  return String(node.value) === node.source ? node.value : node.source;
}

/** JSON as a tree. Places are those of the same path in `original`, or line 1, column 1. */
export function nodeOfJson(json: Json, original?: DocumentNode): DocumentNode {
  const place = placeOf(original ?? { line: 1, column: 1 });
  if (json === null || typeof json !== 'object') {
    const source = json === null ? '' : String(json);
    return { kind: 'scalar', value: json, source, quoted: typeof json === 'string', ...place };
  }
  if (isJsonList(json)) {
    const originals = original?.kind === 'list' ? original.items : [];
    const items = json.map((item, index) => nodeOfJson(item, originals[index]));
    return { kind: 'list', items, ...place };
  }
  const originals = new Map(original?.kind === 'map' ? original.entries.map((entry) => [entry.key, entry]) : []);
  const entries = Object.entries(json).map(([key, value]) => {
    const of = originals.get(key);
    const at = of ?? place;
    return { key, value: nodeOfJson(value, of?.value), ...placeOf(at) };
  });
  return { kind: 'map', entries, ...place };
}

function isJsonList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
