import type { DefinedUpdate } from '../definition.ts';
import { duration } from '../document/duration.ts';
import * as read from '../document/reader.ts';
import type { Placement, ResourceAmounts, RestartPolicy } from '../workload.ts';
import { bytes } from './bytes.ts';
import { section, type ReadCompose } from './context.ts';
import { cpus } from './cpus.ts';

/** What `deploy` says, with all defaults. */
export interface Deploy {
  readonly replicas: number;
  readonly endpointMode: 'vip' | 'dnsrr';
  readonly limits: ResourceAmounts;
  readonly reservations: ResourceAmounts;
  readonly restart: RestartPolicy;
  readonly placement: Placement;
  readonly update: DefinedUpdate;
}

/** Swarm takes no less (swarmkit, manager/controlapi/service.go, validateResources). */
const leastMemoryBytes = 4 * 1024 * 1024;

const noAmounts: ResourceAmounts = { nanoCpus: null, memoryBytes: null, pids: null };

const limits: ReadCompose<ResourceAmounts> = read.chain(
  section('limits', {
    cpus: read.optional(cpus, null),
    memory: read.optional(bytes(leastMemoryBytes), null),
    pids: read.optional(read.integer(1, 4_194_304), null),
  }),
  ({ cpus: nanoCpus, memory: memoryBytes, pids }) => ({ nanoCpus, memoryBytes, pids }),
);

const reservations: ReadCompose<ResourceAmounts> = read.chain(
  section('reservations', {
    cpus: read.optional(cpus, null),
    memory: read.optional(bytes(leastMemoryBytes), null),
  }),
  ({ cpus: nanoCpus, memory: memoryBytes }) => ({ nanoCpus, memoryBytes, pids: null }),
);

const resources = section('resources', {
  limits: read.optional(limits, noAmounts),
  reservations: read.optional(reservations, noAmounts),
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

const anyRestart: RestartPolicy = { condition: 'any', delayMs: 5000, maxAttempts: null, windowMs: null };

const restart: ReadCompose<RestartPolicy> = read.chain(
  section('restart_policy', {
    condition: read.optional(read.choice(['any', 'on-failure', 'none']), 'any'),
    delay: read.optional(duration(), 5000),
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
  replicas: 1,
  endpointMode: 'vip',
  limits: noAmounts,
  reservations: noAmounts,
  restart: anyRestart,
  placement: { constraints: [], spreadOver: [], maxPerNode: null },
  update: noUpdate,
};

const replicatedOnly: ReadCompose<'replicated'> = (node, at) => {
  if (node.kind === 'scalar' && /^(?:global|replicated-job|global-job)$/.test(node.source)) {
    at.add(node, `the mode ${node.source} is refused: it is not carried to the engine yet`, 'replicated');
    return undefined;
  }
  return read.choice(['replicated'])(node, at);
};

/** `deploy`. */
export const deploy: ReadCompose<Deploy> = read.chain(
  section('deploy', {
    mode: read.optional(replicatedOnly, 'replicated'),
    replicas: read.optional(read.integer(0, 10_000), defaultDeploy.replicas),
    resources: read.optional(resources, { limits: noAmounts, reservations: noAmounts }),
    update_config: read.optional(update, noUpdate),
    restart_policy: read.optional(restart, anyRestart),
    placement: read.optional(placement, defaultDeploy.placement),
    endpoint_mode: read.optional(read.choice(['vip', 'dnsrr']), defaultDeploy.endpointMode),
  }),
  (keys): Deploy => ({
    replicas: keys.replicas,
    endpointMode: keys.endpoint_mode,
    limits: keys.resources.limits,
    reservations: keys.resources.reservations,
    restart: keys.restart_policy,
    placement: keys.placement,
    update: keys.update_config,
  }),
);
