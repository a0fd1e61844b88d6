import * as read from '../document/reader.ts';
import type { WorkloadExtras } from '../workload.ts';
import type { Deploy } from './deploy.ts';
import type { Mount } from './short-mount.ts';
import { labels, sysctls } from './pairs.ts';
import {
  capabilities,
  dnsServers,
  dnsWords,
  extraHosts,
  groups,
  hostname,
  logging,
  stopSignal,
  ulimits,
  workingDir,
} from './runtime.ts';

/** Keys of a component that few have. */
export const extraKeys = {
  working_dir: read.optional(workingDir, null),
  stop_signal: read.optional(stopSignal, null),
  hostname: read.optional(hostname, null),
  tty: read.optional(read.boolean, false),
  stdin_open: read.optional(read.boolean, false),
  group_add: read.optional(groups, []),
  extra_hosts: read.optional(extraHosts, []),
  dns: read.optional(dnsServers, []),
  dns_search: read.optional(dnsWords, []),
  dns_opt: read.optional(dnsWords, []),
  sysctls: read.optional(sysctls, {}),
  ulimits: read.optional(ulimits, []),
  cap_add: read.optional(capabilities, []),
  cap_drop: read.optional(capabilities, []),
  labels: read.optional(labels, {}),
  logging: read.optional(logging, null),
  isolation: read.optional(read.choice(['default', 'process', 'hyperv']), null),
};

/** What else of a component its extras are made of. */
interface Others {
  readonly network_mode: 'host' | null;
  readonly volumes: readonly Mount[];
  readonly deploy: Deploy;
}

type ExtraKeys = read.Shaped<typeof extraKeys> & Others;

/** The members that few components ask for; what is not asked for is absent. */
export function extrasOf(keys: ExtraKeys): WorkloadExtras {
  return {
    ...given('workingDir', keys.working_dir),
    ...given('stopSignal', keys.stop_signal),
    ...given('hostname', keys.hostname),
    ...given('tty', keys.tty),
    ...given('stdinOpen', keys.stdin_open),
    ...given('groups', keys.group_add),
    ...given('hosts', keys.extra_hosts),
    ...dnsOf(keys),
    ...given('sysctls', keys.sysctls),
    ...given('ulimits', keys.ulimits),
    ...given('addedCapabilities', keys.cap_add),
    ...given('droppedCapabilities', keys.cap_drop),
    ...given('labels', keys.labels),
    ...given('serviceLabels', keys.deploy.labels),
    ...given('logging', keys.logging),
    ...given('binds', bindsOf(keys.volumes)),
    ...given('hostNetwork', keys.network_mode === 'host'),
    ...given('mode', keys.deploy.mode === 'global' ? 'global' : null),
    ...given('genericResources', keys.deploy.genericResources),
    ...given('isolation', keys.isolation),
  };
}

function dnsOf({ dns: servers, dns_search: search, dns_opt: opts }: ExtraKeys): Pick<WorkloadExtras, 'dns'> {
  if (servers.length + search.length + opts.length === 0) return {};
  return { dns: { servers, search, options: opts } };
}

function bindsOf(mounts: readonly Mount[]): NonNullable<WorkloadExtras['binds']> {
  return mounts
    .flatMap((mount) => {
      if (mount.kind !== 'bind') return [];
      const { kind: _, ...bind } = mount;
      return [bind];
    })
    .toSorted((a, b) => (a.target < b.target ? -1 : 1));
}

/** A member where it says anything. */
function given<K extends string, const T>(name: K, value: T): { readonly [name in K]?: Exclude<T, null | false> } {
  return isBlank(value) ? {} : ({ [name]: value } as { readonly [name in K]?: Exclude<T, null | false> });
}

function isBlank(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
