import { describeNode, entryOf, type DocumentNode, type MapEntry, type MapNode } from '../document/node.ts';
import { suggest } from '../document/suggest.ts';
import { folderOf } from './bundle-path.ts';
import { rebase, replaceEntry, withoutEntry } from './bundle-rebase.ts';
import { bundleLimits, type Bundle } from './bundle.ts';
import { componentRules } from './merge-rules.ts';
import { merge, settle } from './merge.ts';
import type { Values } from './template.ts';

/** A file's components, with what their paths and variables mean. */
export interface ExtendsScope {
  readonly services: MapNode;
  /** What messages call the file. */
  readonly name: string;
  /** Paths start here; empty for the project's folder. */
  readonly folder: string;
  readonly values: Values;
}

/** A component with all that it extends, and over how many levels. */
interface Extended {
  readonly node: DocumentNode;
  readonly levels: number;
}

/** What was read already. */
interface Run {
  readonly bundle: Bundle;
  readonly done: Map<MapEntry, Extended>;
  readonly settled: Map<DocumentNode, DocumentNode>;
  readonly files: Map<string, ExtendsScope>;
}

/** What a component extends. */
interface Base {
  readonly service: string;
  readonly in: ExtendsScope;
  readonly entry: MapEntry;
}

/**
 * The tree of one file with each component laid over what it extends, by the rules of merging. A component that cannot
 * be extended keeps its `extends`, and its place was told. Networks, volumes, configs and components that a base names
 * are not brought along (Compose Specification, "extends" in 05-services.md).
 */
export function applyExtends(root: MapNode, scope: Omit<ExtendsScope, 'services'>, bundle: Bundle): MapNode {
  const services = entryOf(root, 'services');
  if (services?.value.kind !== 'map') return root;
  const all = { ...scope, services: services.value };
  const run: Run = { bundle, done: new Map(), settled: new Map(), files: new Map() };
  const entries = services.value.entries.map((entry): MapEntry => {
    const { node: value } = extend(entry, all, [idOf(all, entry.key)], run);
    return value === entry.value ? entry : { ...entry, value };
  });
  if (entries.every((entry, at) => entry === all.services.entries[at])) return root;
  return replaceEntry(root, services, { ...services.value, entries });
}

function idOf(scope: ExtendsScope, service: string): string {
  return `${service} (${scope.name})`;
}

function extend(component: MapEntry, scope: ExtendsScope, chain: readonly string[], run: Run): Extended {
  const { bundle, done } = run;
  const node = component.value;
  const entry = node.kind === 'map' ? entryOf(node, 'extends') : undefined;
  if (node.kind !== 'map' || entry === undefined || entry.value.onMerge === 'reset') {
    return { node, levels: 0 };
  }
  const before = done.get(component);
  if (before !== undefined) return before;
  const asItWas = { node, levels: 0 };
  const base = baseOf(entry, scope, run);
  if (base === null) return asItWas;
  const id = idOf(base.in, base.service);
  if (chain.includes(id)) {
    bundle.add(entry, `a circle of extends: ${[...chain, id].join(' extends ')}`, 'take one of them out');
    return asItWas;
  }
  // The chain alone does not tell: what is at its end may be done already.
  const inner = chain.length > bundleLimits.levels ? null : extend(base.entry, base.in, [...chain, id], run);
  if (inner === null || inner.levels >= bundleLimits.levels) {
    bundle.add(entry, `more than ${bundleLimits.levels} levels of extends`);
    return asItWas;
  }
  const found = settled(inner.node, run);
  const own = withoutEntry(node, entry);
  checkHealth(found, own, bundle);
  const merged = merge(found, own, componentRules, bundle);
  // What the base could not extend was told there.
  const leftOver = merged.kind === 'map' ? entryOf(merged, 'extends') : undefined;
  const whole = merged.kind === 'map' && leftOver !== undefined ? withoutEntry(merged, leftOver) : merged;
  const result = { node: whole, levels: inner.levels + 1 };
  done.set(component, result);
  return result;
}

/** A base without what it takes from other files: that is no matter of who extends it. */
function settled(base: DocumentNode, run: Run): DocumentNode {
  const found = run.settled.get(base) ?? settle(base);
  run.settled.set(base, found);
  return found;
}

function baseOf(entry: MapEntry, scope: ExtendsScope, run: Run): Base | null {
  const { bundle } = run;
  const { value } = entry;
  if (value.kind === 'list') {
    bundle.add(entry, `expected a component, or a map with 'service' and 'file', found ${describeNode(value)}`);
    return null;
  }
  const other = value.kind === 'map' ? value.entries.find(({ key }) => key !== 'service' && key !== 'file') : undefined;
  if (other !== undefined) {
    bundle.add(other, `unknown key '${other.key.slice(0, 60)}'`, 'known keys: service, file');
    return null;
  }
  const named = value.kind === 'map' ? entryOf(value, 'service')?.value : value;
  if (named === undefined) {
    bundle.add(entry, "'service' is missing", 'it names the component to extend');
    return null;
  }
  const service = bundle.text(named, 'the name of a component');
  const file = value.kind === 'map' ? entryOf(value, 'file') : undefined;
  const where = file === undefined ? scope : otherFile(file, scope, run);
  if (service === null || where === null) return null;
  const found = entryOf(where.services, service);
  if (found !== undefined) return { service, in: where, entry: found };
  const near = suggest(
    service,
    where.services.entries.map(({ key }) => key),
  );
  bundle.add(named, `${where.name} has no component '${service}'`, near && `did you mean '${near}'?`);
  return null;
}

function otherFile(entry: MapEntry, scope: ExtendsScope, { bundle, files }: Run): ExtendsScope | null {
  const path = bundle.path(entry.value, scope.folder);
  const file = path === null ? null : bundle.find(path, entry.value, true);
  if (path === null || file === null) return null;
  const before = files.get(path);
  if (before !== undefined) return before;
  const folder = folderOf(path);
  const root = rebase(bundle.load(file, scope.values), folder);
  const services = root.kind === 'map' ? entryOf(root, 'services')?.value : undefined;
  if (services?.kind === 'map') {
    const found = { services, name: file.name, folder, values: scope.values };
    files.set(path, found);
    return found;
  }
  bundle.add(entry.value, `${file.name} has no components`, "they stand in a map under 'services'");
  return null;
}

/** A check that a base has cannot be switched off, says the specification. */
function checkHealth(base: DocumentNode, own: MapNode, bundle: Bundle): void {
  const disable = disableOf(own);
  const before = base.kind === 'map' ? entryOf(base, 'healthcheck') : undefined;
  if (disable === undefined || before === undefined || disableOf(base) !== undefined) return;
  bundle.add(disable, 'what it extends has a health check, which cannot be switched off here', 'write test: ["NONE"]');
}

function disableOf(component: DocumentNode): MapEntry | undefined {
  const health = component.kind === 'map' ? entryOf(component, 'healthcheck')?.value : undefined;
  const entry = health?.kind === 'map' ? entryOf(health, 'disable') : undefined;
  return entry?.value.kind === 'scalar' && /^true$/i.test(entry.value.source) ? entry : undefined;
}
