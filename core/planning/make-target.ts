import type { ComponentDefinition, DefinedNetwork, ServiceDefinition } from '../definition.ts';
import { Fault } from '../fault.ts';
import { environmentNetwork, serviceNetwork, volumeName } from '../names.ts';
import type { EnvironmentDefinition } from '../platform.ts';
import type { SpecEntry } from '../spec.ts';
import {
  workloadHash,
  type NetworkAttachment,
  type PublishedPort,
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
}

/** The component that bears the service's name: the one called like it, or the only one; else null. */
export function mainComponent(definition: ServiceDefinition): string | null {
  const names = Object.keys(definition.components);
  if (names.includes(definition.service)) return definition.service;
  return names.length === 1 ? (names[0] ?? null) : null;
}

/** Makes what one component is to be on one cluster, from its release and from what the environment says of it. */
export function makeTarget(input: TargetInput): Target {
  const { environment, cluster, definition, component } = input;
  const defined = definition.components[component];
  if (defined === undefined) throw new Error(`${definition.service} has no component ${component}`);
  const isMain = component === mainComponent(definition);
  const workload: Workload = {
    environment,
    cluster,
    service: definition.service,
    component,
    image: defined.image,
    entrypoint: defined.entrypoint,
    command: defined.command,
    variables: defined.variables,
    user: defined.user,
    init: defined.init,
    readOnlyRoot: defined.readOnlyRoot,
    stopGraceMs: defined.stopGraceMs,
    health: defined.health,
    tmpfs: defined.tmpfs.toSorted((a, b) => compare(a.target, b.target)),
    volumes: defined.volumes
      .map((mount) => ({ ...mount, volume: volumeName(environment, definition.service, mount.volume) }))
      .toSorted((a, b) => compare(a.target, b.target)),
    configs: defined.configs.toSorted((a, b) => compare(a.target, b.target)),
    networks: attachments(input, defined, isMain),
    ports: isMain ? overriddenPorts(input, defined) : defined.ports,
    endpointMode: defined.endpointMode,
    replicas: isMain ? (input.entry.replicas ?? defined.replicas) : defined.replicas,
    limits: defined.limits,
    reservations: defined.reservations,
    restart: defined.restart,
    placement: { ...defined.placement, constraints: defined.placement.constraints.toSorted() },
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
  const wrong = [
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
 * Every component joins the environment's network, where only the main component has a name: the service's. On the
 * service's private networks each goes by its Compose name; a lone component without aliases has no use for one.
 */
function attachments(
  { environment, definition, component }: TargetInput,
  defined: ComponentDefinition,
  isMain: boolean,
): readonly NetworkAttachment[] {
  const alone = Object.keys(definition.components).length === 1;
  const useful = (it: DefinedNetwork) =>
    !alone || it.network !== 'default' || it.aliases.some((alias) => alias !== component);
  const own = defined.networks.filter(useful).map((it) => ({
    network: serviceNetwork(environment, definition.service, it.network),
    internal: it.internal,
    aliases: [...new Set([component, ...it.aliases])].toSorted(),
  }));
  const shared = {
    network: environmentNetwork(environment),
    internal: false,
    aliases: isMain ? [definition.service] : [],
  };
  return [...own, shared].toSorted((a, b) => compare(a.network, b.network));
}

function overriddenPorts({ entry }: TargetInput, defined: ComponentDefinition): readonly PublishedPort[] {
  return defined.ports.map((port) => ({ ...port, published: entry.ports[String(port.target)] ?? port.published }));
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
  const volume = workload.volumes.find((it) => !it.readOnly);
  return volume === undefined ? null : `stop-first: the volume ${volume.volume} has a single writer`;
}

function refuseUnsafeVolume(workload: Workload, defined: ComponentDefinition): void {
  const [volume] = workload.volumes;
  if (volume === undefined) return;
  const missing = [
    ...(workload.replicas > 1 ? [`one replica (it has ${workload.replicas})`] : []),
    ...(workload.placement.constraints.some((it) => /^node\.(id|hostname)\s*==/.test(it))
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
