import type { ComponentStatus, EnvironmentView } from '../../../../wire/environment.ts';

type Asked = EnvironmentView['spec'][string];

/** What one service is to run in an environment, and what was seen of it. */
export interface ServiceHere {
  readonly service: string;
  /** Null when the spec does not name it (any more). */
  readonly asked: Asked | null;
  readonly components: readonly ComponentStatus[];
}

/** The services that an environment is to run or was seen to run, by name, whose name contains `search`. */
export function servicesOf(
  { spec, components }: Pick<EnvironmentView, 'spec' | 'components'>,
  search: string,
): readonly ServiceHere[] {
  const byService = Map.groupBy(components, ({ service }) => service);
  const names = [...new Set([...Object.keys(spec), ...byService.keys()])].filter((name) => name.includes(search));
  return names.toSorted().map((service) => ({
    service,
    asked: spec[service] ?? null,
    components: byService.get(service) ?? [],
  }));
}

/** What a spec sets beside the version, in words: `on be`, `12 replicas`, `LOG_LEVEL=warn`, `port 80 at 8081`. */
export function settingsOf({ cluster, replicas, parameters, ports }: Asked): readonly string[] {
  return [
    ...(cluster === undefined ? [] : [`on ${cluster}`]),
    ...(replicas === null ? [] : [`${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`]),
    ...Object.entries(parameters).map(([name, value]) => `${name}=${value}`),
    ...Object.entries(ports).map(([inside, outside]) => `port ${inside} at ${outside}`),
  ];
}

/** One difference between two revisions, in words. */
export interface Difference {
  readonly service: string;
  readonly from: string | null;
  readonly to: string | null;
}

type Change = { readonly from: Asked | null; readonly to: Asked | null };

/** What a revision changed of one service: its version, then each setting that is another. Null: was not set. */
export function differencesOf(service: string, { from, to }: Change): readonly Difference[] {
  if (from === null || to === null || from.version !== to.version) {
    const version = { service, from: from?.version ?? null, to: to?.version ?? null };
    return to === null ? [version] : [version, ...settingDifferences(service, from, to)];
  }
  return settingDifferences(service, from, to);
}

function settingDifferences(service: string, from: Asked | null, to: Asked): readonly Difference[] {
  const before = from === null ? new Map<string, string>() : settingMap(from);
  const after = settingMap(to);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({
      service: `${service} ${name}`,
      from: before.get(name) ?? null,
      to: after.get(name) ?? null,
    }));
}

function settingMap({ cluster, replicas, parameters, ports }: Asked): ReadonlyMap<string, string> {
  return new Map([
    ...(cluster === undefined ? [] : [['cluster', cluster] as const]),
    ...(replicas === null ? [] : [['replicas', String(replicas)] as const]),
    ...Object.entries(parameters),
    ...Object.entries(ports).map(([inside, outside]) => [`port ${inside}`, String(outside)] as const),
  ]);
}

/** An image reference in its parts: what people read, and the digest that counts; null without one. */
export function imageParts(reference: string): { readonly name: string; readonly digest: string | null } {
  const [name = reference, digest] = reference.split('@sha256:', 2);
  return { name: name.slice(name.lastIndexOf('/') + 1), digest: digest ?? null };
}
