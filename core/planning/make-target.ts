import type { ComponentDefinition, DefinedNetwork, ServiceDefinition } from '../definition.ts';
import { Fault } from '../fault.ts';
import { mainComponent } from '../main-component.ts';
import { environmentNetwork, serviceNetwork, volumeName } from '../names.ts';
import type { EnvironmentDefinition } from '../platform.ts';
import type { SpecEntry } from '../spec.ts';
import {
  workloadHash,
  type HostEntry,
  type NetworkAttachment,
  type PublishedPort,
  type SecretFile,
  type Target,
  type UpdatePolicy,
  type Workload,
} from '../workload.ts';

/** How long all must stay healthy before a step counts as verified, unless the definition says otherwise. */
export const defaultMonitorMs = 10_000;

export interface TargetInput {
  readonly environment: string;
  readonly environmentDefinition: EnvironmentDefinition;
  readonly cluster: string;
  readonly definition: ServiceDefinition;
  readonly entry: SpecEntry;
  readonly component: string;
  /** What it reaches on other clusters; a host of the same name in the definition goes before. */
  readonly hosts: readonly HostEntry[];
}

/** Makes what one component is to be on one cluster, from its release and from what the environment says of it. */
export function makeTarget(input: TargetInput): Target {
  const { environment, cluster, definition, component } = input;
  const defined = definition.components[component];
  if (defined === undefined) throw new Error(`${definition.service} has no component ${component}`);
  const isMain = component === mainComponent(definition);
  const { update: _update, dependsOn: _dependsOn, secrets: _secrets, ...members } = defined;
  const workload: Workload = {
    ...members,
    environment,
    cluster,
    service: definition.service,
    component,
    tmpfs: defined.tmpfs.toSorted((a, b) => compare(a.target, b.target)),
    volumes: defined.volumes
      .map((mount) => ({ ...mount, volume: volumeName(environment, definition.service, mount.volume) }))
      .toSorted((a, b) => compare(a.target, b.target)),
    configs: defined.configs.toSorted((a, b) => compare(a.target, b.target)),
    ...secretFiles(input, defined),
    networks: attachments(input, defined, isMain),
    ports: publishedPorts(definition, input.entry, component),
    replicas: isMain ? (input.entry.replicas ?? defined.replicas) : defined.replicas,
    placement: { ...defined.placement, constraints: defined.placement.constraints.toSorted() },
    ...hostEntries(input, defined),
  };
  refuseUnsafeVolume(workload, defined);
  return {
    workload,
    hash: workloadHash(workload),
    release: definition.version,
    policy: policyOf(input, defined, workload),
  };
}

/** Throws `plan.override` for what the spec overrides and the release does not have. */
export function checkOverrides(definition: ServiceDefinition, entry: SpecEntry): void {
  const main = mainComponent(definition);
  const component = main === null ? undefined : definition.components[main];
  const targets = (component?.ports ?? []).map((port) => String(port.target));
  const unknown = Object.keys(entry.ports).filter((target) => !targets.includes(target));
  const isGlobal = entry.replicas !== null && component?.mode === 'global';
  const wrong = [
    ...(isGlobal ? ['replicas (it is global: one task on each node that fits)'] : []),
    ...(entry.replicas !== null && main === null ? ['replicas (no component bears its name)'] : []),
    ...unknown.map((target) => `ports.${target}`),
  ];
  if (wrong.length === 0) return;
  const ports = targets.length === 0 ? 'It publishes no port.' : `It publishes ${targets.join(', ')}.`;
  throw new Fault(
    'plan.override',
    `The spec of ${definition.service} overrides what its release ${definition.version} does not have: ${wrong.join(', ')}.`,
    {
      facts: { service: definition.service, version: definition.version },
      next: `${ports} Correct or remove the override.`,
    },
  );
}

/**
 * Every component joins the environment's network, where only the service's name, for its main component, and its
 * exports are found. On the service's private networks each goes by its Compose name; a lone component without aliases
 * has no use for one.
 */
function attachments(
  { environment, environmentDefinition, definition, component }: TargetInput,
  defined: ComponentDefinition,
  isMain: boolean,
): readonly NetworkAttachment[] {
  if (defined.hostNetwork === true) return [];
  const alone = Object.keys(definition.components).length === 1;
  const kind = environmentDefinition.encrypted === true ? ({ encrypted: true } as const) : {};
  const useful = (it: DefinedNetwork) =>
    !alone || it.network !== 'default' || it.aliases.some((alias) => alias !== component);
  const own = defined.networks.filter(useful).map((it) => ({
    network: serviceNetwork(environment, definition.service, it.network),
    internal: it.internal,
    ...kind,
    aliases: [...new Set([component, ...it.aliases])].toSorted(),
  }));
  const shared = {
    network: environmentNetwork(environment),
    internal: false,
    ...kind,
    aliases: [...new Set([...(isMain ? [definition.service] : []), ...exportNames(definition, component)])].toSorted(),
  };
  return [...own, shared].toSorted((a, b) => compare(a.network, b.network));
}

function exportNames({ traits }: ServiceDefinition, component: string): readonly string[] {
  return Object.entries(traits.exports).flatMap(([name, of]) => (of === component ? [name] : []));
}

/** The ports that a component publishes: the main one's as the spec has them. */
export function publishedPorts(
  definition: ServiceDefinition,
  entry: SpecEntry,
  component: string,
): readonly PublishedPort[] {
  const ports = definition.components[component]?.ports ?? [];
  if (component !== mainComponent(definition)) return ports;
  return ports.map((port) => ({ ...port, published: entry.ports[String(port.target)] ?? port.published }));
}

/** Absent without any, so that the workload keeps its hash. */
function secretFiles(
  { definition, entry }: TargetInput,
  { secrets = [] }: ComponentDefinition,
): Pick<Workload, 'secrets'> {
  if (secrets.length === 0) return {};
  const files = secrets.map((mount): SecretFile => {
    const ref = entry.secrets?.[mount.secret];
    if (ref === undefined) throw new Error(`${definition.service} has no version of the secret ${mount.secret}`);
    return { ...mount, ref };
  });
  return { secrets: files.toSorted((a, b) => compare(a.target, b.target)) };
}

/** Absent without any, so that the workload keeps its hash. */
function hostEntries({ hosts }: TargetInput, defined: ComponentDefinition): Pick<Workload, 'hosts'> {
  const own = defined.hosts ?? [];
  const reached = hosts.filter(({ name }) => !own.some((it) => it.name === name));
  if (own.length + reached.length === 0) return {};
  return { hosts: [...own, ...reached].toSorted((a, b) => compare(a.name, b.name) || compare(a.address, b.address)) };
}

function policyOf(
  { definition, environmentDefinition }: TargetInput,
  defined: ComponentDefinition,
  workload: Workload,
): UpdatePolicy {
  const { update } = defined;
  return {
    order: stopsFirst(workload) === null ? (update.order ?? 'start-first') : 'stop-first',
    parallelism: update.parallelism ?? 1,
    delayMs: update.delayMs ?? 0,
    monitorMs: update.monitorMs ?? defaultMonitorMs,
    maxFailureRatio: update.maxFailureRatio ?? 0,
    deadlineMs: definition.traits.deadlineMs ?? environmentDefinition.stepDeadlineMs,
  };
}

/** Why old tasks have to stop before new ones start; null when they need not. */
export function stopsFirst(workload: Workload): string | null {
  const port = workload.ports.find((it) => it.mode === 'host');
  if (port !== undefined) return `stop-first: port ${port.published} of a node can be held by one task only`;
  if (workload.hostNetwork === true) return 'stop-first: the ports of a node can be held by one task only';
  const volume = workload.volumes.find((it) => !it.readOnly && it.driver === undefined);
  return volume === undefined ? null : `stop-first: the volume ${volume.volume} has a single writer`;
}

/** Of a global service each node's task has a volume of its own; where a driver keeps the data, is its own business. */
function refuseUnsafeVolume(workload: Workload, defined: ComponentDefinition): void {
  const volume = workload.volumes.find((it) => it.driver === undefined);
  if (volume === undefined) return;
  const isPinned = workload.placement.constraints.some((it) => /^node\.(id|hostname)\s*==/.test(it));
  const missing = [
    ...(workload.replicas > 1 ? [`one replica (it has ${workload.replicas})`] : []),
    ...(isPinned || workload.mode === 'global'
      ? []
      : ['a pinned node (deploy.placement.constraints: node.hostname == ...)']),
    ...(defined.update.order === 'start-first' ? ['stop-first updates'] : []),
  ];
  if (missing.length === 0) return;
  throw new Fault(
    'plan.volume',
    `${workload.service}/${workload.component} mounts the local volume ${volume.volume} and needs ${missing.join(' and ')}.`,
    {
      facts: { service: workload.service, component: workload.component, volume: volume.volume },
      next: 'A local volume exists on one node only: pin the component to it, with one replica and stop-first.',
    },
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
