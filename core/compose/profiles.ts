import {
  describeNode,
  entryOf,
  type DocumentNode,
  type ListNode,
  type MapEntry,
  type MapNode,
} from '../document/node.ts';
import { replaceEntry } from './bundle-rebase.ts';
import type { Bundle } from './bundle.ts';
import { wholeItem } from './merge-unique.ts';

/**
 * The tree without the components of which no profile is active, and without `profiles` and `depends_on.required`. `*`
 * makes all profiles active. What is left out is told as a warning; a dependency on it is wrong unless
 * `required: false`.
 */
export function applyProfiles(root: MapNode, active: readonly string[], bundle: Bundle): MapNode {
  const services = entryOf(root, 'services');
  const all = services?.value;
  if (services === undefined || all?.kind !== 'map') return root;
  const profiles = new Map(all.entries.map((entry) => [entry.key, profilesOf(entry.value, bundle)]));
  for (const name of active) {
    const isKnown = name === '*' || [...profiles.values()].some((of) => of?.includes(name));
    if (!isKnown) bundle.warn(services, `no component has the profile '${name}'`);
  }
  const isActive = (of: readonly string[] | null | undefined): boolean =>
    of === null || of === undefined || active.includes('*') || of.some((one) => active.includes(one));
  const inactive = new Map<string, readonly string[]>();
  for (const [name, of] of profiles) if (of !== null && !isActive(of)) inactive.set(name, of);
  const entries = all.entries.flatMap((entry): MapEntry[] => {
    const of = inactive.get(entry.key);
    if (of === undefined) return [withoutProfileKeys(entry, inactive, bundle)];
    bundle.warn(entry, `the component ${entry.key} is left out; ${takeIn(of)}`);
    return [];
  });
  if (entries.length === all.entries.length && entries.every((entry, at) => entry === all.entries[at])) return root;
  return replaceEntry(root, services, { ...all, entries });
}

function takeIn(profiles: readonly string[]): string {
  return profiles.map((name) => `--profile ${name}`).join(' or ') + ' takes it in';
}

/** Null: always active. */
function profilesOf(component: DocumentNode, bundle: Bundle): readonly string[] | null {
  const value = component.kind === 'map' ? entryOf(component, 'profiles')?.value : undefined;
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return null;
  if (value.kind !== 'list') {
    bundle.add(value, `expected a list of profiles, found ${describeNode(value)}`);
    return null;
  }
  const names = value.items.flatMap((item) => bundle.text(item, 'the name of a profile') ?? []);
  return names.length === 0 ? null : names;
}

function withoutProfileKeys(
  component: MapEntry,
  inactive: ReadonlyMap<string, readonly string[]>,
  bundle: Bundle,
): MapEntry {
  const { value } = component;
  if (value.kind !== 'map') return component;
  const entries = value.entries.flatMap((entry): MapEntry[] => {
    // A list that was wrong stays, so that it can be found.
    if (entry.key === 'profiles') return entry.value.kind === 'list' || isEmpty(entry.value) ? [] : [entry];
    if (entry.key !== 'depends_on') return [entry];
    const dependencies = activeDependencies(entry.value, inactive, bundle);
    return [dependencies === entry.value ? entry : { ...entry, value: dependencies }];
  });
  const isSame = entries.length === value.entries.length && entries.every((entry, at) => entry === value.entries[at]);
  return isSame ? component : { ...component, value: { ...value, entries } };
}

function isEmpty(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function activeDependencies(
  node: DocumentNode,
  inactive: ReadonlyMap<string, readonly string[]>,
  bundle: Bundle,
): DocumentNode {
  if (node.kind === 'list') return activeNames(node, inactive, bundle);
  if (node.kind !== 'map') return node;
  const entries = node.entries.flatMap((entry): MapEntry[] => {
    const required = requiredOf(entry, bundle);
    const of = inactive.get(entry.key);
    if (of === undefined) return [required === undefined ? entry : withoutRequired(entry)];
    if (required === false) {
      bundle.warn(entry, `the component ${entry.key} is left out and not waited for; ${takeIn(of)}`);
      return [];
    }
    refuse(entry, entry.key, of, bundle);
    return [];
  });
  const isSame = entries.length === node.entries.length && entries.every((entry, at) => entry === node.entries[at]);
  return isSame ? node : { ...node, entries };
}

function activeNames(node: ListNode, inactive: ReadonlyMap<string, readonly string[]>, bundle: Bundle): ListNode {
  const items = node.items.filter((item) => {
    const name = wholeItem(item) ?? '';
    const of = inactive.get(name);
    if (of !== undefined) refuse(item, name, of, bundle);
    return of === undefined;
  });
  return items.length === node.items.length ? node : { ...node, items };
}

function refuse(subject: DocumentNode | MapEntry, name: string, of: readonly string[], bundle: Bundle): void {
  bundle.add(subject, `it depends on ${name}, which is left out`, `${takeIn(of)}; or write required: false`);
}

/** Undefined: it does not say. */
function requiredOf({ value }: MapEntry, bundle: Bundle): boolean | undefined {
  const node = value.kind === 'map' ? entryOf(value, 'required')?.value : undefined;
  if (node === undefined) return undefined;
  const text = bundle.text(node, 'true or false');
  if (text !== null && !/^(?:true|false)$/i.test(text)) {
    bundle.add(node, `expected true or false, found ${describeNode(node)}`);
  }
  return text?.toLowerCase() !== 'false';
}

function withoutRequired(entry: MapEntry): MapEntry {
  if (entry.value.kind !== 'map') return entry;
  const entries = entry.value.entries.filter(({ key }) => key !== 'required');
  return { ...entry, value: { ...entry.value, entries } };
}
