import type { DefinedUpdate } from '../definition.ts';
import { duration } from '../document/duration.ts';
import * as read from '../document/reader.ts';
import type { Placement, ResourceAmounts, RestartPolicy, WorkloadExtras } from '../workload.ts';
import { bytes } from './bytes.ts';
import { section, type ReadCompose } from './context.ts';
import { cpus } from './cpus.ts';
import { labels, type Pairs } from './pairs.ts';
import { defaultRestartDelayMs } from './runtime.ts';

type GenericResources = NonNullable<WorkloadExtras['genericResources']>;

/** What `deploy` says; null where another key may say it. */
export interface Deploy {
  readonly mode: 'replicated' | 'global';
  readonly replicas: number | null;
  readonly endpointMode: 'vip' | 'dnsrr';
  readonly limits: ResourceAmounts;
  readonly reservations: ResourceAmounts;
  readonly genericResources: GenericResources;
  readonly labels: Pairs;
  readonly restart: RestartPolicy | null;
  readonly placement: Placement;
  readonly update: DefinedUpdate;
}

/** Swarm takes no less (swarmkit, manager/controlapi/service.go, validateResources). */
export const leastMemoryBytes = 4 * 1024 * 1024;

const noAmounts: ResourceAmounts = { nanoCpus: null, memoryBytes: null, pids: null };

/** A number of processes; nought and less are unlimited. */
export const pidsLimit: ReadCompose<number | null> = (node, at) => {
  const found = read.integer(-1, 4_194_304)(node, at);
  return found !== undefined && found <= 0 ? null : found;
};

const limits: ReadCompose<ResourceAmounts> = read.chain(
  section('limits', {
    cpus: read.optional(cpus, null),
    memory: read.optional(bytes(leastMemoryBytes), null),
    pids: read.optional(pidsLimit, null),
  }),
  ({ cpus: nanoCpus, memory: memoryBytes, pids }) => ({ nanoCpus, memoryBytes, pids }),
);

const countable = section('discrete resource', {
  kind: read.required(read.filledText),
  value: read.required(read.integer(1, 1_000_000)),
});

const genericResources: ReadCompose<GenericResources> = read.chain(
  read.listOf(section('generic resource', { discrete_resource_spec: read.required(countable) })),
  (items, node, at) => {
    const found = items.map(({ discrete_resource_spec: one }) => [one.kind, one.value] as const);
    const kinds = new Set(found.map(([kind]) => kind));
    if (kinds.size < found.length) at.add(node, 'a resource stands twice');
    return Object.fromEntries(found);
  },
);

interface Reservations {
  readonly amounts: ResourceAmounts;
  readonly genericResources: GenericResources;
}

const noReservations: Reservations = { amounts: noAmounts, genericResources: {} };

const reservations: ReadCompose<Reservations> = read.chain(
  section('reservations', {
    cpus: read.optional(cpus, null),
    memory: read.optional(bytes(leastMemoryBytes), null),
    generic_resources: read.optional(genericResources, {}),
  }),
  ({ cpus: nanoCpus, memory: memoryBytes, generic_resources: countables }) => ({
    amounts: { nanoCpus, memoryBytes, pids: null },
    genericResources: countables,
  }),
);

const resources = section('resources', {
  limits: read.optional(limits, noAmounts),
  reservations: read.optional(reservations, noReservations),
});

const noUpdate: DefinedUpdate = {
  order: null,
  parallelism: null,
  delayMs: null,
  monitorMs: null,
  maxFailureRatio: null,
};

const update: ReadCompose<DefinedUpdate> = read.chain(
  section('update_config', {
    parallelism: read.optional(read.integer(0, 10_000), null),
    delay: read.optional(duration(), null),
    order: read.optional(read.choice(['start-first', 'stop-first']), null),
    monitor: read.optional(duration(), null),
    max_failure_ratio: read.optional(read.decimal(0, 1), null),
  }),
  (keys) => ({
    order: keys.order,
    parallelism: keys.parallelism,
    delayMs: keys.delay,
    monitorMs: keys.monitor,
    maxFailureRatio: keys.max_failure_ratio,
  }),
);

/** What becomes of a task that ends, where the file says nothing of it. */
export const anyRestart: RestartPolicy = {
  condition: 'any',
  delayMs: defaultRestartDelayMs,
  maxAttempts: null,
  windowMs: null,
};

const restart: ReadCompose<RestartPolicy> = read.chain(
  section('restart_policy', {
    condition: read.optional(read.choice(['any', 'on-failure', 'none']), 'any'),
    delay: read.optional(duration(), defaultRestartDelayMs),
    max_attempts: read.optional(read.integer(0, 1_000_000), null),
    window: read.optional(duration(), null),
  }),
  ({ condition, delay, max_attempts: maxAttempts, window }) => {
    return { condition, delayMs: delay, maxAttempts, windowMs: window };
  },
);

const constraint = read.matching(
  'a constraint',
  /^\s*[A-Za-z0-9_.-]+\s*(?:==|!=)\s*\S.*$/,
  'such as node.labels.disk==ssd or node.role!=manager',
);

const placement: ReadCompose<Placement> = read.chain(
  section('placement', {
    constraints: read.optional(read.listOf(constraint), []),
    preferences: read.optional(read.listOf(section('preference', { spread: read.required(read.filledText) })), []),
    max_replicas_per_node: read.optional(read.integer(1, 10_000), null),
  }),
  ({ constraints, preferences, max_replicas_per_node: maxPerNode }) => {
    return { constraints, spreadOver: preferences.map(({ spread }) => spread), maxPerNode };
  },
);

/** What holds where a component has no `deploy`. */
export const defaultDeploy: Deploy = {
  mode: 'replicated',
  replicas: null,
  endpointMode: 'vip',
  limits: noAmounts,
  reservations: noAmounts,
  genericResources: {},
  labels: {},
  restart: null,
  placement: { constraints: [], spreadOver: [], maxPerNode: null },
  update: noUpdate,
};

const mode: ReadCompose<Deploy['mode']> = (node, at) => {
  if (node.kind === 'scalar' && /^(?:replicated-job|global-job)$/.test(node.source)) {
    at.add(node, `the mode ${node.source} is refused: it is not carried to the engine yet`, 'replicated or global');
    return undefined;
  }
  return read.choice(['replicated', 'global'])(node, at);
};

/** `deploy`. */
export const deploy: ReadCompose<Deploy> = read.chain(
  section('deploy', {
    mode: read.optional(mode, 'replicated'),
    replicas: read.optional(read.integer(0, 10_000), null),
    labels: read.optional(labels, {}),
    resources: read.optional(resources, { limits: noAmounts, reservations: noReservations }),
    update_config: read.optional(update, noUpdate),
    restart_policy: read.optional(restart, null),
    placement: read.optional(placement, defaultDeploy.placement),
    endpoint_mode: read.optional(read.choice(['vip', 'dnsrr']), defaultDeploy.endpointMode),
  }),
  (keys): Deploy => ({
    mode: keys.mode,
    replicas: keys.replicas,
    endpointMode: keys.endpoint_mode,
    limits: keys.resources.limits,
    reservations: keys.resources.reservations.amounts,
    genericResources: keys.resources.reservations.genericResources,
    labels: keys.labels,
    restart: keys.restart_policy,
    placement: keys.placement,
    update: keys.update_config,
  }),
);
