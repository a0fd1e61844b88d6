import type { DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import { isIpAddress } from '../ip-address.ts';
import type { HostEntry, ResourceLimit, RestartPolicy, WorkloadExtras } from '../workload.ts';
import { isOpen } from './agree.ts';
import { section, type ComposeReader, type ReadCompose } from './context.ts';
import { options } from './pairs.ts';

/** Swarm's own, where nothing is said (swarmkit, api/defaults/service.go). */
export const defaultRestartDelayMs = 5000;

/** One text, or a list of them. */
function oneOrMore(item: ReadCompose<string>): ReadCompose<readonly string[]> {
  return read.byKind('a text or a list', {
    scalar: read.chain(item, (one): readonly string[] => [one]),
    list: read.listOf(item),
  });
}

/** `hostname`; the engine fills in placeholders such as `{{.Task.Slot}}`. */
export const hostname: ReadCompose<string> = read.matching(
  'a host name',
  /^(?=.{1,253}$)(?:[A-Za-z0-9_.-]|\{\{[^{}]*\}\})+$/,
  'letters, digits, dots, hyphens, and placeholders such as {{.Task.Slot}}',
);

/** `stop_signal`. */
export const stopSignal: ReadCompose<string> = read.matching(
  'a signal',
  /^(?:[A-Z][A-Z0-9]{1,11}(?:[+-]\d{1,2})?|[1-9]\d?)$/i,
  'such as SIGINT or 2',
);

/** `working_dir`. */
export const workingDir: ReadCompose<string> = read.matching(
  'an absolute path',
  /^(?:\/|[A-Za-z]:[\\/])[^\0]*$/,
  'it begins with /',
);

/** `group_add`, sorted, each once. */
export const groups: ReadCompose<readonly string[]> = read.chain(read.listOf(read.filledText), sorted);

function sorted(items: readonly string[]): readonly string[] {
  return [...new Set(items)].filter((item) => item !== '').toSorted();
}

const capability: ReadCompose<string> = read.chain(
  read.matching('a capability', /^(?:CAP_)?[A-Z_]{2,40}$/i, 'such as NET_ADMIN'),
  (name) => name.toUpperCase().replace(/^CAP_/, ''),
);

/** `cap_add` or `cap_drop`, without `CAP_`, sorted. */
export const capabilities: ReadCompose<readonly string[]> = read.chain(read.listOf(capability), sorted);

const address: ReadCompose<string> = read.scalar({
  expected: 'an IP address',
  type: 'text',
  placeholder: '',
  native: null,
  parse: (source) => (isIpAddress(source) ? { value: source } : { wrong: '' }),
});

/** `dns`. */
export const dnsServers: ReadCompose<readonly string[]> = oneOrMore(address);

/** `dns_search` or `dns_opt`, whose order counts. */
export const dnsWords: ReadCompose<readonly string[]> = oneOrMore(read.filledText);

const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$/;

function hostAddress(text: string): read.Parsed<string> {
  if (text === 'host-gateway') return { wrong: 'every node has another address; there is no host-gateway' };
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  return isIpAddress(bare) ? { value: bare } : { wrong: 'an IP address' };
}

const hostAddressValue: ReadCompose<string> = read.scalar({
  expected: 'an IP address',
  type: 'text',
  placeholder: '',
  native: null,
  parse: hostAddress,
});

function checkHostName(name: string): string | null {
  return hostName.test(name) ? null : 'is no host name';
}

const hostLine: ReadCompose<HostEntry> = read.scalar<HostEntry>({
  expected: 'NAME=ADDRESS or NAME:ADDRESS',
  type: 'text',
  placeholder: { name: '', address: '' },
  native: null,
  parse: (text) => {
    const [, name = '', rest = ''] = /^([^=:]+)[=:](.+)$/.exec(text) ?? [];
    if (!hostName.test(name)) return { wrong: 'such as db.example.com=10.0.0.5' };
    const found = hostAddress(rest);
    return 'wrong' in found ? found : { value: { name, address: found.value } };
  },
});

/** `extra_hosts` in every form, sorted, each once. */
export const extraHosts: ReadCompose<readonly HostEntry[]> = read.chain(
  read.byKind('a map or a list', {
    list: read.listOf(hostLine),
    map: read.chain(read.mapOf(checkHostName, oneOrMore(hostAddressValue)), (of) =>
      Object.entries(of).flatMap(([name, addresses]) => addresses.map((one): HostEntry => ({ name, address: one }))),
    ),
  }),
  (entries) => {
    const byKey = new Map(entries.map((entry) => [`${entry.name} ${entry.address}`, entry]));
    return [...byKey]
      .filter(([, { address: of }]) => of !== '')
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, entry]) => entry);
  },
);

const amount = read.integer(-1, Number.MAX_SAFE_INTEGER);

const softAndHard = section('ulimit', { soft: read.required(amount), hard: read.required(amount) });

type Limits = Pick<ResourceLimit, 'soft' | 'hard'>;

const ulimit: ReadCompose<Limits> = read.byKind('a number, or soft and hard', {
  scalar: read.chain(amount, (both): Limits => ({ soft: both, hard: both })),
  map: read.chain(softAndHard, (limits, node, at: ComposeReader): Limits => {
    const isKnown = !isOpen(node, ['soft'], at) && !isOpen(node, ['hard'], at);
    const reachesOver = limits.hard !== -1 && (limits.soft === -1 || limits.soft > limits.hard);
    if (isKnown && reachesOver) at.add(node, "'soft' is above 'hard'");
    return limits;
  }),
});

/** `ulimits`, sorted by name. */
export const ulimits: ReadCompose<readonly ResourceLimit[]> = read.chain(
  read.mapOf((name) => (/^[a-z]+$/.test(name) ? null : 'is no limit, such as nofile'), ulimit),
  (of) =>
    Object.entries(of)
      .map(([name, limits]): ResourceLimit => ({ name, ...limits }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
);

/** `logging`; without a driver the engine's own takes the options. */
export const logging: ReadCompose<NonNullable<WorkloadExtras['logging']>> = section('logging', {
  driver: read.optional(read.filledText, ''),
  options: read.optional(options, {}),
});

/**
 * `restart`. As docker stack reads it where deploy.restart_policy is silent (docker/cli, convertRestartPolicy), but for
 * `no`, of which that makes `any`: here a task that ended stays ended, as Compose has it.
 */
export const restart: ReadCompose<RestartPolicy> = read.scalar<RestartPolicy>({
  expected: 'no, always, unless-stopped, on-failure or on-failure:N',
  type: 'text',
  placeholder: restartPolicy('any'),
  native: null,
  parse: (text) => {
    if (text === 'no') return { value: restartPolicy('none') };
    if (text === 'always' || text === 'unless-stopped') return { value: restartPolicy('any') };
    const onFailure = /^on-failure(?::(\d{1,6}))?$/.exec(text);
    if (onFailure === null) return { wrong: '' };
    return { value: restartPolicy('on-failure', Number(onFailure[1] ?? 0) || null) };
  },
});

function restartPolicy(condition: RestartPolicy['condition'], maxAttempts: number | null = null): RestartPolicy {
  return { condition, delayMs: defaultRestartDelayMs, maxAttempts, windowMs: null };
}

/** `network_mode`: the network of the node. */
export const networkMode: ReadCompose<'host'> = (node: DocumentNode, at: ComposeReader) => {
  if (node.kind === 'scalar' && /^(?:none|bridge|service:|container:)/.test(node.source)) {
    const hint = 'leave it out: every component joins the networks that it names';
    at.add(node, `the network mode ${node.source} is refused: the engine of a cluster cannot do that`, hint);
    return undefined;
  }
  return read.choice(['host'])(node, at);
};
