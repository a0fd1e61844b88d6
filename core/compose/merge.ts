import {
  describeNode,
  emptyNode,
  entryOf,
  placeOf,
  type DocumentNode,
  type ListNode,
  type MapEntry,
  type MapNode,
  type ScalarNode,
} from '../document/node.ts';
import type { Subject } from '../document/problems.ts';
import { unreachable } from '../unreachable.ts';
import { rulesBelow, type MergeRules } from './merge-rules.ts';
import { nameOfPair, wholeItem, type KeyOfItem } from './merge-unique.ts';

/** Who is told of what cannot be merged, and of what it costs. */
export interface Merging {
  add(subject: Subject, message: string, hint?: string | null): void;
  /** Called with the entries and items looked at; throws when it becomes too much. */
  spend(parts: number): void;
}

/**
 * One part of a document over the same part of an earlier one. Neither is changed; what only one of them has is shared
 * with the result. Parts of `over` that are tagged `!reset` stay as they are, so that they take effect on whatever the
 * result is laid over next: `settle` takes them out.
 */
export function merge(
  base: DocumentNode,
  over: DocumentNode,
  rules: MergeRules | undefined,
  at: Merging,
): DocumentNode {
  if (over.onMerge !== undefined || base.onMerge === 'reset') return over;
  const rule = rules?.rule;
  switch (rule?.kind) {
    case undefined:
      return mergePlain(base, over, rules, at);
    case 'replace':
      return over;
    case 'named':
      return mergePairs(base, over, nameOfPair, rules, at);
    case 'unique':
      return mergePairs(base, over, rule.keyOf, rules, at);
    case 'names':
      if (base.kind === 'list' && over.kind === 'list') return mergeItems(base, over, wholeItem, at);
      return mergePlain(mapOfNames(base, rule.keys), mapOfNames(over, rule.keys), rules, at);
    case 'short':
      return mergePlain(mapOfText(base, rule.key), mapOfText(over, rule.key), rules, at);
    case 'unless-other':
      return differs(base, over, rule.key) ? over : mergePlain(base, over, rules, at);
    default:
      return unreachable(rule);
  }
}

/** The tree without what is tagged `!reset`; the tree itself when nothing is. */
export function settle<N extends DocumentNode>(node: N): N {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') {
    const items = node.items.filter((item) => item.onMerge !== 'reset').map(settle);
    return items.length === node.items.length && items.every((item, at) => item === node.items[at])
      ? node
      : { ...node, items };
  }
  const entries = node.entries.filter(({ value }) => value.onMerge !== 'reset').map(settleEntry);
  return entries.length === node.entries.length && entries.every((entry, at) => entry === node.entries[at])
    ? node
    : { ...node, entries };
}

function settleEntry(entry: MapEntry): MapEntry {
  const value = settle(entry.value);
  return value === entry.value ? entry : { ...entry, value };
}

function mergePlain(base: DocumentNode, over: DocumentNode, rules: MergeRules | undefined, at: Merging): DocumentNode {
  if (isNothing(over)) return base;
  if (base.kind === 'scalar') return over;
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, rules, at);
  if (base.kind === 'list' && over.kind === 'list') return mergeItems(base, over, () => null, at);
  const there = `${base.file?.name ?? 'line'}${base.file === undefined ? ' ' : ':'}${base.line}`;
  at.add(
    over,
    `${describeNode(over)} cannot go over ${describeNode(base)}`,
    `that is at ${there}; write it in one form`,
  );
  return over;
}

function mergeMaps(base: MapNode, over: MapNode, rules: MergeRules | undefined, at: Merging): MapNode {
  if (over.entries.length === 0) return base;
  at.spend(base.entries.length + over.entries.length);
  const overs = new Map(over.entries.map((entry) => [entry.key, entry]));
  const merged = base.entries.map((entry): MapEntry => {
    const later = overs.get(entry.key);
    if (later === undefined) return entry;
    overs.delete(entry.key);
    const value = merge(entry.value, later.value, rulesBelow(rules, entry.key), at);
    if (value === entry.value) return entry;
    return value === later.value ? later : { ...entry, value };
  });
  return { ...base, entries: [...merged, ...overs.values()] };
}

/** Two lists, two maps, or one of each, which then become lists. */
function mergePairs(
  base: DocumentNode,
  over: DocumentNode,
  keyOf: KeyOfItem,
  rules: MergeRules | undefined,
  at: Merging,
): DocumentNode {
  if (isNothing(over)) return base;
  if (isNothing(base)) return over;
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, rules, at);
  const [first, second] = [listOfPairs(base, at), listOfPairs(over, at)];
  return first === null || second === null ? over : mergeItems(first, second, keyOf, at);
}

/** Items with a key that the later list has too give their place to it; the others come one after the other. */
function mergeItems(base: ListNode, over: ListNode, keyOf: KeyOfItem, at: Merging): ListNode {
  if (over.items.length === 0) return base;
  at.spend(base.items.length + over.items.length);
  const later = new Map<string, DocumentNode>();
  for (const item of over.items) {
    const key = keyOf(item);
    if (key !== null && !later.has(key)) later.set(key, item);
  }
  const placed = new Set<DocumentNode>();
  const items = base.items.flatMap((item) => {
    const key = keyOf(item);
    const instead = key === null ? undefined : later.get(key);
    if (instead === undefined) return [item];
    if (placed.has(instead)) return [];
    placed.add(instead);
    return [instead];
  });
  const rest = over.items.filter((item) => !placed.has(item));
  return { ...base, items: [...items, ...rest] };
}

function isNothing(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** One item alone as a list of it; a map as `NAME=value`, or `NAME` where it has no value. Null: it is none. */
function listOfPairs(node: DocumentNode, at: Merging): ListNode | null {
  if (node.kind === 'list') return node;
  if (node.kind === 'scalar') return { kind: 'list', items: [node], ...placeOf(node) };
  const items = node.entries.map((entry): ScalarNode | null => {
    const { value } = entry;
    if (value.kind !== 'scalar') {
      at.add(entry, `expected a text, found ${describeNode(value)}`);
      return null;
    }
    // A key is no template, but an item of a list is.
    const name = entry.key.replaceAll('$', '$$$$');
    return textNode(value.value === null ? name : `${name}=${pairText(value)}`, entry);
  });
  const texts = items.flatMap((item) => (item === null ? [] : [item]));
  return texts.length === items.length ? { kind: 'list', items: texts, ...placeOf(node) } : null;
}

function pairText(value: ScalarNode): string {
  return typeof value.value === 'boolean' ? String(value.value) : value.source;
}

function textNode(text: string, at: MapEntry): ScalarNode {
  return { kind: 'scalar', value: text, source: text, quoted: true, ...placeOf(at) };
}

/** A list of names as a map from each to its keys. Anything else as it is. */
function mapOfNames(node: DocumentNode, keys: { readonly [key: string]: string }): DocumentNode {
  if (node.kind !== 'list') return node;
  const entries = node.items.flatMap((item): MapEntry[] => {
    const key = wholeItem(item);
    if (key === null) return [];
    const members = Object.entries(keys).map(([name, text]): MapEntry => {
      const value: ScalarNode = { kind: 'scalar', value: text, source: text, quoted: false, ...placeOf(item) };
      return { key: name, value, ...placeOf(item) };
    });
    const value: DocumentNode =
      members.length === 0 ? emptyNode(item) : { kind: 'map', entries: members, ...placeOf(item) };
    return [{ key, value, ...placeOf(item) }];
  });
  return { kind: 'map', entries, ...placeOf(node) };
}

function mapOfText(node: DocumentNode, key: string): DocumentNode {
  if (node.kind !== 'scalar' || node.value === null) return node;
  return { kind: 'map', entries: [{ key, value: node, ...placeOf(node) }], ...placeOf(node) };
}

function differs(base: DocumentNode, over: DocumentNode, key: string): boolean {
  const [before, after] = [base, over].map((node) => (node.kind === 'map' ? entryOf(node, key)?.value : undefined));
  if (before?.kind !== 'scalar' || after?.kind !== 'scalar') return false;
  return before.source !== after.source;
}
