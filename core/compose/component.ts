import type { ComponentDefinition } from '../definition.ts';
import { duration } from '../document/duration.ts';
import { describeNode, type DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import type { TmpfsMount } from '../workload.ts';
import { entryAt, frozen, section, type ComposeReader, type ReadCompose } from './context.ts';
import { agreed } from './agree.ts';
import { bytes } from './bytes.ts';
import { cpus } from './cpus.ts';
import { anyRestart, defaultDeploy, deploy, leastMemoryBytes, pidsLimit, type Deploy } from './deploy.ts';
import { mountedConfigs, mounts, tmpfs, type MountedConfig } from './mount.ts';
import { extrasOf, extraKeys } from './extras.ts';
import { mountedSecrets, type MountedSecret } from './secret.ts';
import { joinedNetworks, ports, type JoinedNetwork } from './network.ts';
import { health, variables, words } from './process.ts';
import { networkMode, restart } from './runtime.ts';

/** A component as its own part of the file says, before what the top of the file says of its networks and configs. */
export type ReadComponent = Omit<ComponentDefinition, 'configs' | 'secrets' | 'networks'> & {
  readonly configs: readonly MountedConfig[];
  readonly secrets: readonly MountedSecret[];
  readonly networks: readonly JoinedNetwork[];
};

/** An image reference (distribution/reference, regexp.go), at most 512 characters. */
const imagePattern =
  /^(?=.{1,512}$)(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\/)?[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*(?::\w[\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/;

const image = frozen(read.matching('an image reference', imagePattern, 'such as registry.example.com/team/app:1.4.2'));

const dependency = read.chain(
  section('dependency', {
    condition: read.optional(dependencyCondition, 'service_started'),
  }),
  () => true,
);

function dependencyCondition(node: DocumentNode, at: ComposeReader): string | undefined {
  if (node.kind === 'scalar' && node.source === 'service_completed_successfully') {
    at.add(node, 'a component that runs once and ends is not carried to the engine yet');
    return undefined;
  }
  return read.choice(['service_started', 'service_healthy'])(node, at);
}

const dependsOn: ReadCompose<readonly string[]> = frozen(
  read.byKind('a list or a map of components', {
    list: read.chain(read.listOf(read.name), (names) => [...new Set(names)].sort()),
    map: read.chain(read.mapOf(read.nameOf('a component'), dependency), (of) => Object.keys(of).sort()),
  }),
);

const componentKeys = section('service', {
  image: read.required(image),
  command: read.optional(words, null),
  entrypoint: read.optional(words, null),
  environment: read.optional(variables, {}),
  healthcheck: read.optional(health, { kind: 'image' }),
  ports: read.optional(ports, []),
  networks: read.optional(joinedNetworks, []),
  volumes: read.optional(mounts, []),
  configs: read.optional(mountedConfigs, []),
  secrets: read.optional(mountedSecrets, []),
  tmpfs: read.optional(tmpfs, []),
  read_only: read.optional(read.boolean, true),
  user: read.optional(read.filledText, null),
  init: read.optional(read.boolean, false),
  stop_grace_period: read.optional(duration(), 10_000),
  depends_on: read.optional(dependsOn, []),
  deploy: read.optional(deploy, defaultDeploy),
  restart: read.optional(restart, null),
  network_mode: read.optional(networkMode, null),
  shm_size: read.optional(bytes(1), null),
  scale: read.optional(read.integer(0, 10_000), null),
  cpus: read.optional(cpus, null),
  mem_limit: read.optional(bytes(leastMemoryBytes), null),
  mem_reservation: read.optional(bytes(leastMemoryBytes), null),
  pids_limit: read.optional(pidsLimit, null),
  ...extraKeys,
});

type ComponentKeys = NonNullable<ReturnType<typeof componentKeys>>;

/** One Compose service. */
export const component: ReadCompose<ReadComponent> = (node, at) => {
  if (node.kind === 'scalar' && node.value === null) {
    at.add(node, `expected a map with an image, found ${describeNode(node)}`);
    return undefined;
  }
  const keys = componentKeys(node, at);
  if (keys === undefined) return undefined;
  const found: ReadComponent = {
    image: keys.image,
    entrypoint: keys.entrypoint,
    command: keys.command,
    variables: keys.environment,
    user: keys.user,
    init: keys.init,
    readOnlyRoot: keys.read_only,
    stopGraceMs: keys.stop_grace_period,
    health: keys.healthcheck,
    tmpfs: tmpfsMounts(keys),
    volumes: keys.volumes.flatMap((mount) => {
      if (mount.kind !== 'volume') return [];
      const { kind: _, ...volume } = mount;
      return [volume];
    }),
    configs: keys.configs,
    secrets: keys.secrets,
    networks: joined(keys),
    ports: keys.ports,
    dependsOn: keys.depends_on,
    ...deployed(keys, node, at),
    ...extrasOf(keys),
  };
  checkComponent(found, node, at);
  checkMode(keys, node, at);
  return found;
};

function tmpfsMounts(keys: ComponentKeys): readonly TmpfsMount[] {
  const mounted = keys.volumes.flatMap((mount) => {
    if (mount.kind !== 'tmpfs') return [];
    const { kind: _, ...one } = mount;
    return [one];
  });
  const shared = keys.shm_size === null ? [] : [{ target: '/dev/shm', sizeBytes: keys.shm_size, mode: null }];
  return [...keys.tmpfs, ...mounted, ...shared];
}

function joined({ networks, network_mode: mode }: ComponentKeys): readonly JoinedNetwork[] {
  if (mode === 'host') return [];
  return networks.length === 0 ? [{ network: 'default', aliases: [] }] : networks;
}

type Deployed = Pick<
  ReadComponent,
  'replicas' | 'endpointMode' | 'limits' | 'reservations' | 'restart' | 'placement' | 'update'
>;

/** What `deploy` says, and the old forms of it. */
function deployed(keys: ComponentKeys, node: DocumentNode, at: ComposeReader): Deployed {
  const { limits, reservations, endpointMode, placement, update, ...of } = keys.deploy;
  const agree = (key: string, value: number | null, path: readonly string[], now: number | null): number | null =>
    agreed(node, at, { key, value }, { path: ['deploy', ...path], value: now });
  const limit = (key: string, value: number | null, name: string, now: number | null): number | null =>
    agree(key, value, ['resources', 'limits', name], now);
  const reserved = agree(
    'mem_reservation',
    keys.mem_reservation,
    ['resources', 'reservations', 'memory'],
    reservations.memoryBytes,
  );
  return {
    replicas: agree('scale', keys.scale, ['replicas'], of.replicas) ?? 1,
    endpointMode,
    limits: {
      nanoCpus: limit('cpus', keys.cpus, 'cpus', limits.nanoCpus),
      memoryBytes: limit('mem_limit', keys.mem_limit, 'memory', limits.memoryBytes),
      pids: limit('pids_limit', keys.pids_limit, 'pids', limits.pids),
    },
    reservations: { ...reservations, memoryBytes: reserved },
    restart: of.restart ?? keys.restart ?? anyRestart,
    placement,
    update,
  };
}

/** What a global service, and one on the network of its node, cannot have. */
function checkMode(keys: ComponentKeys, node: DocumentNode, at: ComposeReader): void {
  const { mode, replicas, placement }: Deploy = keys.deploy;
  if (mode === 'global') {
    const why = 'a global service has one task on each node that fits';
    if (replicas !== null) at.add(entryAt(node, 'deploy', 'replicas'), why, 'leave it out');
    if (keys.scale !== null) at.add(entryAt(node, 'scale'), why, 'leave it out');
    const perNode = placement.maxPerNode;
    if (perNode !== null) at.add(entryAt(node, 'deploy', 'placement', 'max_replicas_per_node'), why, 'leave it out');
  }
  if (keys.network_mode !== 'host') return;
  const why = 'goes without network_mode: host, which has every port of the node and no other network';
  if (keys.networks.length > 0) at.add(entryAt(node, 'networks'), `'networks' ${why}`);
  if (keys.ports.length > 0) at.add(entryAt(node, 'ports'), `'ports' ${why}`);
}

function checkComponent(of: ReadComponent, node: DocumentNode, at: ComposeReader): void {
  if (of.endpointMode === 'dnsrr' && of.ports.some((port) => port.mode === 'ingress')) {
    const hint = 'publish the ports with mode: host, or use endpoint_mode: vip';
    at.add(entryAt(node, 'deploy', 'endpoint_mode'), 'dnsrr goes without ports in ingress mode', hint);
  }
  const published = of.ports.map((port) => `${port.published}/${port.protocol}`);
  const port = repeated(published);
  if (port !== undefined) at.add(entryAt(node, 'ports'), `the port ${port} is published twice`);
  const targets = [...of.tmpfs, ...of.volumes, ...(of.binds ?? []), ...of.configs, ...of.secrets].map(
    (mount) => mount.target,
  );
  const target = repeated(targets.filter((path) => path !== ''));
  if (target !== undefined) {
    const keys = ['volumes', 'configs', 'secrets', 'tmpfs', 'shm_size'];
    const place = keys.map((key) => entryAt(node, key)).find((found) => found !== node) ?? node;
    at.add(place, `two mounts at ${target}`);
  }
  const capability = of.addedCapabilities?.find((name) => of.droppedCapabilities?.includes(name));
  if (capability !== undefined) at.add(entryAt(node, 'cap_add'), `${capability} is added and dropped`);
  const network = repeated(of.networks.map((joined) => joined.network).filter((name) => name !== ''));
  if (network !== undefined) at.add(entryAt(node, 'networks'), `the network ${network} is joined twice`);
}

function repeated(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}
