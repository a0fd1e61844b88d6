import { at, list, record, text } from '../../../engine/swarm/json.ts';

/** One value of a service, network or config: where it stands -> what it is. Members that are empty are left out. */
export type Shape = ReadonlyMap<string, unknown>;

/** What an engine holds of one Compose file, under the names that the file itself uses. */
export interface Holding {
  readonly services: ReadonlyMap<string, Shape>;
  readonly networks: ReadonlyMap<string, Shape>;
  readonly configs: ReadonlyMap<string, Shape>;
}

/** The answers of an engine, and how to get from its names to those of the Compose file. */
export interface Inspected {
  /** As `/services?insertDefaults=true` gives each: a default that is written out equals one that is not. */
  readonly services: readonly unknown[];
  /** All of the engine, for the names behind the ids. */
  readonly networks: readonly unknown[];
  readonly configs: readonly unknown[];
  /** An engine's name as the Compose file's; null: the object is none of the file's. */
  readonly plain: (name: string) => string | null;
}

/**
 * Brings what an engine holds into one shape: ids become names, names lose their prefixes, and lists whose order means
 * nothing become members by what tells their items apart.
 */
export function holdingOf(inspected: Inspected): Holding {
  const { services, networks, configs, plain } = inspected;
  const networkNames = new Map(networks.map((it) => [text(it, 'Id') ?? '', text(it, 'Name') ?? '']));
  const renamed = new Map([...networkNames].map(([id, name]) => [id, plain(name) ?? name]));
  const own = <T>(items: readonly T[], nameOf: (item: T) => string | null, shape: (item: T) => Shape) =>
    new Map(
      items.flatMap((item) => {
        const name = plain(nameOf(item) ?? '');
        return name === null ? [] : [[name, shape(item)] as const];
      }),
    );
  return {
    services: own(
      services,
      (it) => text(it, 'Spec', 'Name'),
      (it) => flatten(serviceMembers(it, renamed, plain)),
    ),
    networks: own(
      networks,
      (it) => text(it, 'Name'),
      (it) => flatten(networkMembers(it)),
    ),
    configs: own(
      configs,
      (it) => text(it, 'Spec', 'Name'),
      (it) => flatten({ ...record(at(it, 'Spec')), Name: undefined }),
    ),
  };
}

function serviceMembers(
  service: unknown,
  networks: ReadonlyMap<string, string>,
  plain: (name: string) => string | null,
): object {
  const spec = record(at(service, 'Spec'));
  const template = record(at(spec, 'TaskTemplate'));
  const container = record(at(template, 'ContainerSpec'));
  const named = (name: unknown): unknown => (typeof name === 'string' ? (plain(name) ?? name) : name);
  const mounts = list(at(container, 'Mounts')).map((mount) => {
    const isVolume = text(mount, 'Type') === 'volume';
    return { ...record(mount), ...(isVolume ? { Source: named(at(mount, 'Source')) } : {}) };
  });
  const configs = list(at(container, 'Configs')).map((config) => {
    return { File: at(config, 'File'), Config: named(at(config, 'ConfigName')) };
  });
  const attachments = list(at(template, 'Networks')).map((attachment) => {
    const id = text(attachment, 'Target') ?? '';
    return { ...record(attachment), Target: networks.get(id) ?? id };
  });
  const changed = { ...container, Mounts: mounts, Configs: configs };
  return {
    ...spec,
    Name: undefined,
    TaskTemplate: { ...template, ContainerSpec: changed, Networks: attachments },
  };
}

/** Without what is state, and without the addresses that the engine allots to each network as it comes. */
function networkMembers(network: unknown): object {
  const { Driver, Internal, Attachable, Ingress, EnableIPv6, ConfigOnly, Scope, Labels, Options } = record(network);
  const ipam = record(at(network, 'IPAM'));
  const { 'com.docker.network.driver.overlay.vxlanid_list': _allotted, ...options } = record(Options);
  return {
    Driver,
    Internal,
    Attachable,
    Ingress,
    EnableIPv6,
    ConfigOnly,
    Scope,
    Labels,
    Options: options,
    IPAM: { Driver: ipam['Driver'], Options: ipam['Options'] },
  };
}

/** Lists whose order means nothing -> what tells an item from the others, and what is left of it. */
const sets: Readonly<Record<string, (item: unknown) => readonly [key: string, rest: unknown]>> = {
  Env: (item) => split(String(item), '='),
  Mounts: (item) => without(item, 'Target'),
  // A relative name lies below the root.
  Configs: (item) => [`/${(text(item, 'File', 'Name') ?? '').replace(/^\//, '')}`, item],
  Networks: (item) => without(item, 'Target'),
  Ports: (item) => {
    const { TargetPort, Protocol, PublishMode, PublishedPort, ...rest } = record(item);
    const key = [PublishedPort, TargetPort, Protocol, PublishMode].map(String);
    return [key.join(' '), rest];
  },
  Ulimits: (item) => without(item, 'Name'),
  GenericResources: (item) => [text(item, 'DiscreteResourceSpec', 'Kind') ?? '', item],
  ...Object.fromEntries(
    ['Aliases', 'Constraints', 'CapabilityAdd', 'CapabilityDrop', 'Groups', 'Hosts'].map((name) => [
      name,
      (item: unknown) => [String(item), true] as const,
    ]),
  ),
};

/** Maps whose keys are users' own words. */
const maps: ReadonlySet<string> = new Set(['Labels', 'Options', 'Sysctls']);

function split(item: string, mark: string): readonly [string, string] {
  const place = item.indexOf(mark);
  return place < 0 ? [item, ''] : [item.slice(0, place), item.slice(place + 1)];
}

function without(item: unknown, key: string): readonly [string, unknown] {
  const { [key]: name, ...rest } = record(item);
  return [String(name), rest];
}

function flatten(members: object): Shape {
  const found = new Map<string, unknown>();
  const add = (path: string, value: unknown): void => {
    if (found.has(path)) throw new Error(`${path} stands twice`);
    found.set(path, value);
  };
  const visit = (path: string, name: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    const keyOf = Object.hasOwn(sets, name) ? sets[name] : undefined;
    if (Array.isArray(value) && keyOf !== undefined) {
      for (const item of value) {
        const [key, rest] = keyOf(item);
        if (typeof rest === 'object') add(`${path}[${key}]`, true);
        visit(`${path}[${key}]`, '', rest);
      }
    } else if (Array.isArray(value)) {
      if (value.length > 0) add(path, value);
    } else if (typeof value === 'object') {
      for (const [key, of] of Object.entries(record(value))) {
        const isOwnWord = maps.has(name);
        visit(isOwnWord ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, isOwnWord ? '' : key, of);
      }
    } else add(path, value);
  };
  visit('', '', members);
  return found;
}
