import { Fault } from '../fault.ts';
import { isIpAddress } from '../ip-address.ts';
import { environmentNetwork } from '../names.ts';
import type { Platform } from '../platform.ts';
import type { HostEntry, PublishedPort, Target } from '../workload.ts';
import { publishedPorts } from './make-target.ts';
import type { Placed } from './place.ts';

/** How a service on one cluster finds what it needs on others. */
export interface Reach {
  /** Sorted by name, then address. */
  readonly hosts: readonly HostEntry[];
  /** `catalog is reached at 10.0.0.5:8081`. */
  readonly notes: readonly string[];
}

/** Throws `plan.export` when two components claim one name on the environment's network. */
export function checkNames(targets: readonly Target[]): void {
  const owners = new Map<string, string>();
  for (const { workload } of targets) {
    const owner = `${workload.service}/${workload.component}`;
    const shared = workload.networks.find((it) => it.network === environmentNetwork(workload.environment));
    for (const name of shared?.aliases ?? []) {
      const holder = owners.get(name) ?? owner;
      if (holder !== owner) throw nameClaimed(name, [holder, owner]);
      owners.set(name, owner);
    }
  }
}

/**
 * What a service on a cluster reaches elsewhere: every export of each service that it needs and that does not run
 * beside it, at the addresses of the clusters that run it. Throws `plan.export` when such a service exports nothing, or
 * what it exports publishes no port; `plan.address` when such a cluster has no IP address.
 */
export function reachFrom(
  cluster: string,
  caller: Placed,
  services: ReadonlyMap<string, Placed>,
  platform: Platform,
): Reach {
  const hosts: HostEntry[] = [];
  const notes: string[] = [];
  for (const need of caller.definition.traits.needs) {
    const provider = services.get(need);
    if (provider === undefined || provider.clusters.includes(cluster)) continue;
    for (const { name, ports } of exportsOf(provider, { service: caller.definition.service, cluster })) {
      for (const at of provider.clusters) {
        const address = addressOf(at, provider, cluster, platform);
        hosts.push({ name, address });
        notes.push(`${name} is reached at ${ports.map((port) => written(address, port)).join(', ')}`);
      }
    }
  }
  return { hosts: hosts.toSorted((a, b) => compare(a.name, b.name) || compare(a.address, b.address)), notes };
}

interface Caller {
  readonly service: string;
  readonly cluster: string;
}

function exportsOf(
  { definition, entry, clusters }: Placed,
  caller: Caller,
): readonly { readonly name: string; readonly ports: readonly PublishedPort[] }[] {
  const { service, version } = definition;
  const exported = Object.entries(definition.traits.exports).toSorted(([a], [b]) => compare(a, b));
  const need = `${caller.service} on ${caller.cluster} needs ${service}, which runs on ${clusters.join(', ')}`;
  const facts = { service: caller.service, cluster: caller.cluster, needs: service, version };
  if (exported.length === 0) {
    throw new Fault('plan.export', `${need}, and ${service} ${version} exports nothing.`, {
      facts,
      next: `Write "x-drayage: { export: true }" into the Compose file of ${service} and release that, or let it run on ${caller.cluster} too.`,
    });
  }
  return exported.map(([name, component]) => {
    const ports = publishedPorts(definition, entry, component);
    if (ports.length > 0) return { name, ports };
    throw new Fault('plan.export', `${need}; it exports ${name}, whose component ${component} publishes no port.`, {
      facts: { ...facts, export: name, component },
      next: `Write one under services.${component}.ports into the Compose file of ${service} and release that, or let it run on ${caller.cluster} too.`,
    });
  });
}

function addressOf(cluster: string, { definition }: Placed, from: string, platform: Platform): string {
  const address = platform.clusters[cluster]?.address ?? null;
  if (address !== null && isIpAddress(address)) return address;
  const found = address === null ? 'no address' : `the address ${address}, which is no IP address`;
  throw new Fault('plan.address', `${definition.service} is reached from ${from} on ${cluster}, which has ${found}.`, {
    facts: { service: definition.service, cluster, from },
    next: `Write the IP address at which ${from} reaches it under clusters.${cluster}.address in the platform document.`,
  });
}

function written(address: string, { published, protocol }: PublishedPort): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${host}:${published}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}

function nameClaimed(name: string, claims: readonly [string, string]): Fault {
  return new Fault('plan.export', `The name ${name} is claimed by ${claims.join(' and by ')}.`, {
    facts: { name, claims: [...claims] },
    next: 'Names within an environment are those of its services and their exports: rename one under x-drayage.export.',
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
