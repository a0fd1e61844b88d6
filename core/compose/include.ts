import { canonical } from '../canonical.ts';
import {
  describeNode,
  entryOf,
  jsonOfNode,
  type DocumentNode,
  type MapEntry,
  type MapNode,
  type SourceFile,
} from '../document/node.ts';
import { folderOf } from './bundle-path.ts';
import { withoutEntry } from './bundle-rebase.ts';
import { bundleLimits, type Bundle } from './bundle.ts';
import { readEnvFile } from './env-file.ts';
import { composeKeys } from './keys.ts';
import { asText, type Template, type Values } from './template.ts';

/** Where a set of Compose files stands, and what its variables are. */
export interface FileScope {
  /** Relative paths start here; empty for the project's folder. */
  readonly folder: string;
  readonly values: Values;
  /** What messages call the files that lead here by include, the first one first. */
  readonly chain: readonly string[];
}

/** Reads Compose files as one model: the first one, the others merged over it. */
export type LoadFiles = (files: readonly SourceFile[], scope: FileScope) => DocumentNode;

/** One item of `include`. */
interface Included {
  readonly item: DocumentNode;
  readonly files: readonly SourceFile[];
  readonly folder: string;
  readonly values: Values;
}

/** What an included file gives to the model; the rest of it is its own. */
const resources = ['services', 'volumes', 'networks', 'secrets', 'configs', 'models'];

/**
 * The tree of a file with the resources of what it includes. A name that both have is refused unless it says the same in
 * both. Paths in an included file start at its own folder, or at `project_directory`; variables have the values of its
 * env files where none is given from outside (Compose Specification, 14-include.md). The file `.env` beside an included
 * file counts as one, but not the project's own.
 */
export function applyIncludes(root: MapNode, scope: FileScope, bundle: Bundle, loadFiles: LoadFiles): MapNode {
  const entry = entryOf(root, 'include');
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null)) return root;
  if (entry.value.kind !== 'list') {
    bundle.add(entry, `expected a list, found ${describeNode(entry.value)}`, 'write include: [other/compose.yaml]');
    return root;
  }
  const before = bundle.problems.findings.length;
  let model = root;
  for (const item of entry.value.items) {
    const included = readItem(item, scope, bundle);
    if (included === null) continue;
    const [first] = included.files;
    if (first === undefined || isTooDeep(item, first.name, scope, bundle)) continue;
    bundle.include();
    const chain = [...scope.chain, first.name];
    const { folder, values } = included;
    model = addResources(model, loadFiles(included.files, { folder, values, chain }), bundle);
  }
  // What was wrong stays, so that it can be found.
  return bundle.problems.findings.length > before ? model : withoutEntry(model, entry);
}

function isTooDeep(item: DocumentNode, name: string, scope: FileScope, bundle: Bundle): boolean {
  if (scope.chain.includes(name)) {
    bundle.add(item, `a circle of includes: ${[...scope.chain, name].join(' includes ')}`, 'take one of them out');
    return true;
  }
  if (scope.chain.length <= bundleLimits.levels) return false;
  bundle.add(item, `more than ${bundleLimits.levels} levels of include`);
  return true;
}

function readItem(item: DocumentNode, scope: FileScope, bundle: Bundle): Included | null {
  const known = ['path', 'project_directory', 'env_file'];
  const other = item.kind === 'map' ? item.entries.find(({ key }) => !known.includes(key)) : undefined;
  if (other !== undefined) {
    bundle.add(other, `unknown key '${other.key.slice(0, 60)}'`, `known keys: ${known.join(', ')}`);
    return null;
  }
  const path = item.kind === 'map' ? entryOf(item, 'path')?.value : item;
  if (path === undefined) {
    bundle.add(item, "'path' is missing", 'it names the file to include');
    return null;
  }
  const nodes = path.kind === 'list' ? path.items : [path];
  const paths = nodes.map((node) => bundle.path(node, scope.folder));
  const [first] = paths;
  const folderNode = item.kind === 'map' ? entryOf(item, 'project_directory')?.value : undefined;
  const folder = folderNode === undefined ? folderOf(first ?? '') : bundle.path(folderNode, scope.folder);
  const files = paths.flatMap((one, at) => {
    const node = nodes[at];
    return one === null || node === undefined ? [] : (bundle.find(one, node, true) ?? []);
  });
  if (files.length === 0 && nodes.length === 0) bundle.add(path, 'an empty list of files');
  if (folder === null || files.length < nodes.length) return null;
  return { item, files, folder, values: valuesFor(item, folder, scope, bundle) };
}

/** The values from outside, and those of the env files for the names that have none. */
function valuesFor(item: DocumentNode, folder: string, scope: FileScope, bundle: Bundle): Values {
  const given = item.kind === 'map' ? entryOf(item, 'env_file') : undefined;
  const found = new Map<string, string>();
  for (const file of given === undefined ? besides(item, folder, bundle) : named(given, scope, bundle)) {
    const lookup = (name: string): Template | undefined => {
      return bundle.valueOf(name, scope.values) ?? bundle.valueOf(name, found);
    };
    for (const [name, { value, place }] of readEnvFile(file, 'compose', lookup, bundle.problems)) {
      const { text, open } = asText(value);
      found.set(name, text);
      if (open === null) continue;
      const hint = `give it with --var ${open}=VALUE, or a value in ${file.name}`;
      bundle.add(place, `\${${open}} must be known when the release is registered`, hint);
    }
  }
  return found.size === 0 ? scope.values : new Map([...found, ...scope.values]);
}

function named(entry: MapEntry, scope: FileScope, bundle: Bundle): readonly SourceFile[] {
  const nodes = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  return nodes.flatMap((node) => {
    // Nothing at all: also not the file beside it.
    if (node.kind === 'scalar' && node.source === '/dev/null') return [];
    const path = bundle.path(node, scope.folder);
    return path === null ? [] : (bundle.find(path, node, true) ?? []);
  });
}

function besides(item: DocumentNode, folder: string, bundle: Bundle): readonly SourceFile[] {
  if (folder === '') return [];
  const file = bundle.find(`${folder}/.env`, item, false);
  if (file === null) return [];
  bundle.warn(item, `variables of this file have their values from ${file.name} where --var gives none`);
  return [file];
}

function addResources(model: MapNode, included: DocumentNode, bundle: Bundle): MapNode {
  if (included.kind !== 'map') return model;
  const known = Object.keys(composeKeys.file);
  for (const entry of included.entries) {
    const { key } = entry;
    if (key === 'x-drayage') bundle.warn(entry, "'x-drayage' of an included file is left out");
    else if (!known.includes(key) && !key.startsWith('x-')) {
      bundle.add(entry, `unknown key '${key.slice(0, 60)}'`, `known keys: ${known.join(', ')}`);
    }
  }
  return resources.reduce((before, key) => {
    const entry = entryOf(included, key);
    return entry === undefined ? before : addSection(before, entry, bundle);
  }, model);
}

function addSection(model: MapNode, from: MapEntry, bundle: Bundle): MapNode {
  if (from.value.kind === 'scalar' && from.value.value === null) return model;
  if (from.value.kind !== 'map') {
    bundle.add(from, `expected a map, found ${describeNode(from.value)}`);
    return model;
  }
  const entry = entryOf(model, from.key);
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null)) {
    const rest = entry === undefined ? model : withoutEntry(model, entry);
    return { ...rest, entries: [...rest.entries, from] };
  }
  const into = entry.value;
  // What is no map is told where it is read.
  if (into.kind !== 'map') return model;
  bundle.spend(into.entries.length + from.value.entries.length);
  const own = new Map(into.entries.map((one) => [one.key, one]));
  const added = from.value.entries.filter((one) => {
    const same = own.get(one.key);
    if (same === undefined) return true;
    if (canonical(jsonOfNode(same.value)) === canonical(jsonOfNode(one.value))) return false;
    const there = `${one.file?.name}:${one.line}:${one.column}`;
    const hint = 'give one another name, or change it in a file that is merged over: -f, or a list under path';
    bundle.add(same, `'${one.key}' stands under ${from.key} of an included file too: ${there}`, hint);
    return false;
  });
  const value = { ...into, entries: [...into.entries, ...added] };
  return { ...model, entries: model.entries.map((one) => (one === entry ? { ...entry, value } : one)) };
}
