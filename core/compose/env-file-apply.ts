import {
  describeNode,
  entryOf,
  placeOf,
  type DocumentNode,
  type MapEntry,
  type MapNode,
  type ScalarNode,
} from '../document/node.ts';
import type { Bundle } from './bundle.ts';
import { replaceEntry, withoutEntry } from './bundle-rebase.ts';
import { readEnvFile, type EnvFormat, type EnvValue } from './env-file.ts';
import { nameOfPair } from './merge-unique.ts';
import { parseTemplate, printTemplate, TemplateError, type Template, type Values } from './template.ts';

/** A file that a component has variables or labels from. */
interface FileItem {
  readonly node: DocumentNode;
  readonly path: string;
  readonly required: boolean;
  readonly format: EnvFormat;
}

/**
 * The tree with the variables of `env_file` under `environment`, and those of `label_file` under `labels`: what stands
 * there already wins, then the later file. Variables in them have the values of `values`, then of `environment`, then of
 * the file itself; the others stay open. A component whose files cannot be read keeps the key, and its place was told.
 */
export function applyEnvFiles(root: MapNode, values: Values, bundle: Bundle): MapNode {
  const services = entryOf(root, 'services');
  const all = services?.value;
  if (services === undefined || all?.kind !== 'map') return root;
  const entries = all.entries.map((entry): MapEntry => {
    if (entry.value.kind !== 'map') return entry;
    const withVariables = putFiles(entry.value, 'env_file', 'environment', values, bundle);
    const value = putFiles(withVariables, 'label_file', 'labels', values, bundle);
    return value === entry.value ? entry : { ...entry, value };
  });
  if (entries.every((entry, at) => entry === all.entries[at])) return root;
  return replaceEntry(root, services, { ...all, entries });
}

function putFiles(
  component: MapNode,
  key: 'env_file' | 'label_file',
  into: 'environment' | 'labels',
  values: Values,
  bundle: Bundle,
): MapNode {
  const entry = entryOf(component, key);
  if (entry === undefined) return component;
  const before = bundle.problems.findings.length;
  const own = entryOf(component, into);
  const known = key === 'env_file' && own !== undefined ? templatesOf(own.value) : new Map<string, Template>();
  const lookup = (name: string): Template | undefined => {
    return bundle.valueOf(name, values) ?? known.get(name);
  };
  const found = new Map<string, EnvValue>();
  for (const item of itemsOf(entry, key === 'env_file', bundle)) {
    const file = bundle.find(item.path, item.node, item.required);
    if (file === null) continue;
    const all = (name: string): Template | undefined => lookup(name) ?? found.get(name)?.value;
    for (const [name, value] of readEnvFile(file, item.format, all, bundle.problems)) found.set(name, value);
  }
  // What was wrong stays, so that it can be found.
  if (bundle.problems.findings.length > before) return component;
  const rest = withoutEntry(component, entry);
  if (found.size === 0) return rest;
  bundle.spend(found.size);
  if (own === undefined) {
    const value: MapNode = { kind: 'map', entries: entriesOf(found), ...placeOf(entry) };
    return { ...rest, entries: [...rest.entries, { key: into, value, ...placeOf(entry) }] };
  }
  return replaceEntry(rest, own, underneath(own.value, found));
}

function itemsOf(entry: MapEntry, hasForms: boolean, bundle: Bundle): readonly FileItem[] {
  const { value } = entry;
  if (value.kind === 'scalar' && value.value === null) return [];
  const nodes = value.kind === 'list' ? value.items : [value];
  return nodes.flatMap((node) => {
    if (hasForms && node.kind === 'map') return longItem(node, bundle);
    const path = bundle.path(node, '');
    return path === null ? [] : [{ node, path, required: true, format: 'compose' }];
  });
}

function longItem(node: MapNode, bundle: Bundle): readonly FileItem[] {
  const known = ['path', 'required', 'format'];
  const other = node.entries.find(({ key }) => !known.includes(key) && !key.startsWith('x-'));
  if (other !== undefined) {
    bundle.add(other, `unknown key '${other.key.slice(0, 60)}'`, `known keys: ${known.join(', ')}`);
    return [];
  }
  const named = entryOf(node, 'path')?.value;
  if (named === undefined) {
    bundle.add(node, "'path' is missing");
    return [];
  }
  const path = bundle.path(named, '');
  const required = word(node, 'required', ['true', 'false'], bundle);
  const format = word(node, 'format', ['raw'], bundle);
  if (path === null || required === null || format === null) return [];
  return [{ node, path, required: required !== 'false', format: format === 'raw' ? 'raw' : 'compose' }];
}

/** One of a few words; undefined: it is not there; null: it is another one. */
function word(node: MapNode, key: string, words: readonly string[], bundle: Bundle): string | null | undefined {
  const value = entryOf(node, key)?.value;
  if (value === undefined) return undefined;
  const text = bundle.text(value, words.join(' or '))?.toLowerCase();
  if (text !== undefined && words.includes(text)) return text;
  if (text !== undefined) bundle.add(value, `expected ${words.join(' or ')}, found ${describeNode(value)}`);
  return null;
}

/** What the component itself says of its variables, as far as it is known. */
function templatesOf(node: DocumentNode): ReadonlyMap<string, Template> {
  const pairs =
    node.kind === 'map'
      ? node.entries.map(
          ({ key, value }) => [key, value.kind === 'scalar' && value.value !== null ? value : null] as const,
        )
      : [];
  const known = new Map<string, Template>();
  for (const [key, value] of pairs) if (value !== null) known.set(key, templateIn(value.source, value));
  for (const item of node.kind === 'list' ? node.items : []) {
    const name = nameOfPair(item);
    if (item.kind !== 'scalar' || name === null || name.length === item.source.length) continue;
    known.set(name, templateIn(item.source.slice(name.length + 1), item));
  }
  return known;
}

function templateIn(text: string, { value }: ScalarNode): Template {
  if (typeof value !== 'string') return [{ kind: 'text', text }];
  try {
    return parseTemplate(text);
  } catch (error) {
    // It is told where the variable is read.
    if (!(error instanceof TemplateError)) throw error;
    return [];
  }
}

/** The values as they are, with those of the files for the names that are not there. */
function underneath(own: DocumentNode, found: ReadonlyMap<string, EnvValue>): DocumentNode {
  if (own.kind === 'map') {
    const names = new Set(own.entries.map(({ key }) => key));
    return { ...own, entries: [...entriesOf(found).filter(({ key }) => !names.has(key)), ...own.entries] };
  }
  if (own.kind === 'list') {
    const names = new Set(own.items.map(nameOfPair));
    const items = entriesOf(found)
      .filter(({ key }) => !names.has(key))
      .map(({ key, value }): ScalarNode => {
        const text = `${key}=${value.source}`;
        return { ...value, value: text, source: text };
      });
    return { ...own, items: [...items, ...own.items] };
  }
  return own.value === null ? { kind: 'map', entries: entriesOf(found), ...placeOf(own) } : own;
}

function entriesOf(found: ReadonlyMap<string, EnvValue>): readonly (MapEntry & { readonly value: ScalarNode })[] {
  return [...found].map(([key, { value, place }]) => {
    const text = printTemplate(value);
    const node: ScalarNode = { kind: 'scalar', value: text, source: text, quoted: true, ...place };
    return { key, value: node, ...place };
  });
}
