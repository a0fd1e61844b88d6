import type { ComponentDefinition } from '../definition.ts';
import { duration } from '../document/duration.ts';
import { describeNode, type DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import { entryAt, frozen, section, type ComposeReader, type ReadCompose } from './context.ts';
import { defaultDeploy, deploy } from './deploy.ts';
import { mountedConfigs, mounts, tmpfs, type MountedConfig } from './mount.ts';
import { joinedNetworks, ports, type JoinedNetwork } from './network.ts';
import { health, variables, words } from './process.ts';

/** A component as its own part of the file says, before what the top of the file says of its networks and configs. */
export type ReadComponent = Omit<ComponentDefinition, 'configs' | 'networks'> & {
  readonly configs: readonly MountedConfig[];
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
  tmpfs: read.optional(tmpfs, []),
  read_only: read.optional(read.boolean, true),
  user: read.optional(read.filledText, null),
  init: read.optional(read.boolean, false),
  stop_grace_period: read.optional(duration(), 10_000),
  depends_on: read.optional(dependsOn, []),
  deploy: read.optional(deploy, defaultDeploy),
});

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
    tmpfs: [
      ...keys.tmpfs,
      ...keys.volumes.flatMap((mount) => {
        if (mount.kind !== 'tmpfs') return [];
        const { target, sizeBytes, mode } = mount;
        return [{ target, sizeBytes, mode }];
      }),
    ],
    volumes: keys.volumes.flatMap((mount) => {
      if (mount.kind !== 'volume') return [];
      const { volume, target, readOnly } = mount;
      return [{ volume, target, readOnly }];
    }),
    configs: keys.configs,
    networks: keys.networks.length === 0 ? [{ network: 'default', aliases: [] }] : keys.networks,
    ports: keys.ports,
    dependsOn: keys.depends_on,
    ...keys.deploy,
  };
  checkComponent(found, node, at);
  return found;
};

function checkComponent(of: ReadComponent, node: DocumentNode, at: ComposeReader): void {
  if (of.endpointMode === 'dnsrr' && of.ports.some((port) => port.mode === 'ingress')) {
    const hint = 'publish the ports with mode: host, or use endpoint_mode: vip';
    at.add(entryAt(node, 'deploy', 'endpoint_mode'), 'dnsrr goes without ports in ingress mode', hint);
  }
  const published = of.ports.map((port) => `${port.published}/${port.protocol}`);
  const port = repeated(published);
  if (port !== undefined) at.add(entryAt(node, 'ports'), `the port ${port} is published twice`);
  const targets = [...of.tmpfs, ...of.volumes, ...of.configs].map((mount) => mount.target);
  const target = repeated(targets.filter((path) => path !== ''));
  if (target !== undefined) {
    const keys = ['volumes', 'configs', 'tmpfs'];
    const place = keys.map((key) => entryAt(node, key)).find((found) => found !== node) ?? node;
    at.add(place, `two mounts at ${target}`);
  }
  const network = repeated(of.networks.map((joined) => joined.network).filter((name) => name !== ''));
  if (network !== undefined) at.add(entryAt(node, 'networks'), `the network ${network} is joined twice`);
}

function repeated(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}
