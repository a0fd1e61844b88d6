import type { BindMount, Workload } from '../../core/workload.ts';

/** Members of a ContainerSpec (Docker Engine API 1.41) for what few components ask for; the others are absent. */
export function containerExtras(workload: Workload): object {
  return {
    ...asked('Dir', workload.workingDir),
    ...asked('StopSignal', workload.stopSignal),
    ...asked('Hostname', workload.hostname),
    ...asked('TTY', workload.tty),
    ...asked('OpenStdin', workload.stdinOpen),
    ...asked('Groups', workload.groups),
    ...asked(
      'Hosts',
      workload.hosts?.map(({ name, address }) => `${address} ${name}`),
    ),
    ...asked('DNSConfig', dnsConfig(workload)),
    ...asked('Sysctls', workload.sysctls),
    ...asked(
      'Ulimits',
      workload.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    ),
    ...asked('CapabilityAdd', workload.addedCapabilities?.map(capability)),
    ...asked('CapabilityDrop', workload.droppedCapabilities?.map(capability)),
    ...asked('Isolation', workload.isolation),
  };
}

/** Members of a TaskTemplate likewise. */
export function taskExtras({ logging }: Workload): object {
  if (logging === undefined) return {};
  return { LogDriver: { ...(logging.driver === '' ? {} : { Name: logging.driver }), Options: logging.options } };
}

/** Members of the reservations likewise. */
export function reservationExtras({ genericResources }: Workload): object {
  if (genericResources === undefined) return {};
  return {
    GenericResources: Object.entries(genericResources)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, value]) => ({ DiscreteResourceSpec: { Kind: kind, Value: value } })),
  };
}

/** A Mount for a path of the node. */
export function bindMount({ source, target, readOnly, propagation }: BindMount): object {
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    ...asked('BindOptions', propagation === undefined ? undefined : { Propagation: propagation }),
  };
}

function dnsConfig({ dns }: Workload): object | undefined {
  return dns === undefined ? undefined : { Nameservers: dns.servers, Search: dns.search, Options: dns.options };
}

/** As the engine's own command line spells them (docker/cli, opts/capabilities.go). */
function capability(name: string): string {
  return name === 'ALL' ? name : `CAP_${name}`;
}

function asked(name: string, value: unknown): object {
  return value === undefined ? {} : { [name]: value };
}
