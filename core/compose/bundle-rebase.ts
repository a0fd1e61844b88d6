import { entryOf, type DocumentNode, type MapEntry, type MapNode, type ScalarNode } from '../document/node.ts';
import { pathFrom } from './bundle-path.ts';

type Change = (node: DocumentNode) => DocumentNode;

/**
 * The tree of a file in a folder of the project, with the paths that are read later written as seen from the project's
 * folder: `env_file` and `label_file` of components, `file` of configs and secrets. `include` and `extends` are resolved
 * where the file stands and stay as they are.
 */
export function rebase(root: DocumentNode, folder: string): DocumentNode {
  if (folder === '') return root;
  const path: Change = (node) => (node.kind === 'scalar' ? rebaseText(node, folder) : node);
  const files: Change = (node) => {
    if (node.kind === 'list') return { ...node, items: node.items.map(files) };
    return node.kind === 'map' ? at(node, 'path', path) : path(node);
  };
  const component: Change = (node) => at(at(node, 'env_file', files), 'label_file', files);
  const source: Change = (node) => at(node, 'file', path);
  const whole = at(at(root, 'services', every(component)), 'configs', every(source));
  return at(whole, 'secrets', every(source));
}

function rebaseText(node: ScalarNode, folder: string): ScalarNode {
  if (typeof node.value !== 'string') return node;
  // What leaves the project, or is no path at all, is told where it is read.
  const plain = pathFrom(folder, node.source);
  if (plain === null) return node;
  const text = `./${plain}`;
  return { ...node, value: text, source: text };
}

/** The tree with the value under a key of a map changed. */
function at(node: DocumentNode, key: string, change: Change): DocumentNode {
  const entry = node.kind === 'map' ? entryOf(node, key) : undefined;
  if (node.kind !== 'map' || entry === undefined) return node;
  return replaceEntry(node, entry, change(entry.value));
}

function every(change: Change): Change {
  return (node) => {
    if (node.kind !== 'map') return node;
    return { ...node, entries: node.entries.map((entry) => ({ ...entry, value: change(entry.value) })) };
  };
}

/** A map with another value under one of its keys. */
export function replaceEntry(map: MapNode, entry: MapEntry, value: DocumentNode): MapNode {
  if (value === entry.value) return map;
  return { ...map, entries: map.entries.map((one) => (one === entry ? { ...entry, value } : one)) };
}

/** A map without one of its entries. */
export function withoutEntry(map: MapNode, entry: MapEntry): MapNode {
  return { ...map, entries: map.entries.filter((one) => one !== entry) };
}
