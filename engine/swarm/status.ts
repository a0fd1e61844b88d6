import type { Digest } from '../../core/hash.ts';
import { isLiving, seenWithoutObject, type SeenTask, type SeenWorkload, type TaskState } from '../../core/sighting.ts';
import type { Spot } from '../../core/workload.ts';
import { at, integer, list, text, time } from './json.ts';
import { label } from './labels.ts';
import { isStalled } from './stalled.ts';

/** The raw lists of one look, each as the engine gave it. */
export interface Look {
  readonly cluster: string;
  readonly services: readonly unknown[];
  readonly tasks: readonly unknown[];
  readonly nodes: readonly unknown[];
  /** Ids of the tasks that a service would still make the same way (`_up-to-date`). */
  readonly upToDate: ReadonlySet<string>;
}

export interface Seen {
  readonly workloads: readonly SeenWorkload[];
  /** What could not be read. */
  readonly gaps: readonly string[];
}

/** The longest message that is passed on. */
const messageCharacters = 500;

const states: Readonly<Record<string, TaskState>> = {
  new: 'waiting',
  pending: 'waiting',
  allocated: 'waiting',
  assigned: 'starting',
  accepted: 'starting',
  preparing: 'starting',
  ready: 'starting',
  starting: 'starting',
  running: 'running',
  complete: 'finished',
  failed: 'failed',
  rejected: 'failed',
  orphaned: 'failed',
  shutdown: 'stopped',
  remove: 'stopped',
};

/** Reads what a Swarm's lists say of one environment. A container that outlives its service is told as a tombstone. */
export function seenWorkloads(look: Look): Seen {
  const gaps: string[] = [];
  const hostnames = new Map(look.nodes.map((node) => [text(node, 'ID') ?? '', text(node, 'Description', 'Hostname')]));
  const tasksBySpot = Map.groupBy(look.tasks, (task) => keyOf(at(task, 'Spec', 'ContainerSpec', 'Labels')));
  const workloads: SeenWorkload[] = [];
  for (const service of look.services) {
    const labels = at(service, 'Spec', 'Labels');
    const spot = spotOf(look.cluster, labels);
    if (spot === null) {
      gaps.push(`service ${text(service, 'Spec', 'Name') ?? '?'} has lost the labels that say what it is`);
      continue;
    }
    const raw = tasksBySpot.get(keyOf(labels)) ?? [];
    tasksBySpot.delete(keyOf(labels));
    const tasks = readTasks(raw, { service, hostnames, upToDate: look.upToDate }, gaps);
    const stalled = isStalled({ service, tasks: raw, nodes: look.nodes, upToDate: look.upToDate });
    workloads.push({ ...seenWorkload(service, spot, tasks), ...(stalled ? { stalled } : {}) });
  }
  for (const raw of tasksBySpot.values()) {
    const context = { service: null, hostnames, upToDate: look.upToDate };
    const left = leftBehind(look.cluster, raw, readTasks(raw, context, gaps));
    if (left !== null) workloads.push(left);
  }
  return { workloads, gaps };
}

function keyOf(labels: unknown): string {
  return `${text(labels, label.service) ?? ''}/${text(labels, label.component) ?? ''}`;
}

function spotOf(cluster: string, labels: unknown): Spot | null {
  const service = text(labels, label.service);
  const component = text(labels, label.component);
  return service === null || component === null ? null : { cluster, service, component };
}

function seenWorkload(service: unknown, spot: Spot, tasks: readonly SeenTask[]): SeenWorkload {
  const labels = at(service, 'Spec', 'Labels');
  return {
    ...spot,
    engineId: text(service, 'ID') ?? '',
    release: text(labels, label.release),
    workload: text(labels, label.workload),
    deployment: text(labels, label.deployment),
    generation: generationOf(labels),
    ...updateOf(service),
    replicas:
      integer(service, 'Spec', 'Mode', 'Replicated', 'Replicas') ??
      integer(service, 'ServiceStatus', 'DesiredTasks') ??
      tasks.filter((task) => task.wanted).length,
    tombstone: text(labels, label.tombstone) !== null,
    ...credentialsOf(labels),
    tasks,
  };
}

/** What the engine says of its own update, or of its own way back. */
export function updateOf(service: unknown): Pick<SeenWorkload, 'updatePaused' | 'updating'> {
  const state = text(service, 'UpdateStatus', 'State') ?? '';
  return {
    updatePaused: state === 'paused' || state === 'rollback_paused',
    updating: state === 'updating' || state === 'rollback_started',
  };
}

function credentialsOf(labels: unknown): Pick<SeenWorkload, 'credentials'> {
  const credentials = text(labels, label.credentials);
  return credentials === null ? {} : { credentials };
}

/** The generation that an object's labels carry; 0 when they carry none. */
export function generationOf(labels: unknown): number {
  const generation = Number(text(labels, label.generation) ?? 0);
  return Number.isSafeInteger(generation) && generation > 0 ? generation : 0;
}

/** Containers of a service that is gone already; null once none of them can be running any more. */
function leftBehind(cluster: string, raw: readonly unknown[], tasks: readonly SeenTask[]): SeenWorkload | null {
  const spot = spotOf(cluster, at(raw[0], 'Spec', 'ContainerSpec', 'Labels'));
  const living = tasks.filter((task) => isLiving(task.state));
  if (spot === null || living.length === 0) return null;
  return seenWithoutObject(spot, living);
}

/** What is known around a task. */
interface Context {
  readonly service: unknown;
  readonly hostnames: ReadonlyMap<string, string | null>;
  readonly upToDate: ReadonlySet<string>;
}

/** Reads tasks, newest first; what cannot be read becomes a gap. */
function readTasks(raw: readonly unknown[], context: Context, gaps: string[]): readonly SeenTask[] {
  const tasks: SeenTask[] = [];
  for (const task of raw) {
    const seen = seenTask(task, context);
    if (seen === null) gaps.push(`task ${text(task, 'ID') ?? '?'} could not be read`);
    else tasks.push(seen);
  }
  return tasks.toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
}

function seenTask(task: unknown, context: Context): SeenTask | null {
  const id = text(task, 'ID');
  const engineState = text(task, 'Status', 'State') ?? '';
  const state = states[engineState];
  const createdAtMs = time(task, 'CreatedAt');
  if (id === null || state === undefined || createdAtMs === null) return null;
  const nodeId = text(task, 'NodeID');
  const desired = text(task, 'DesiredState');
  const message = text(task, 'Status', 'Err') ?? text(task, 'Status', 'Message') ?? engineState;
  return {
    id,
    name: taskName(task),
    node: nodeId === null ? null : (context.hostnames.get(nodeId) ?? nodeId),
    state,
    wanted: desired === 'running' || desired === 'ready',
    current: context.upToDate.has(id) && isOfThisWrite(task, state, context.service),
    workload: workloadOf(task, context.service),
    message: message.slice(0, messageCharacters),
    exitCode: exitCodeOf(task, state),
    createdAtMs,
    changedAtMs: time(task, 'Status', 'Timestamp') ?? createdAtMs,
  };
}

/** Name for people, such as `dev_cart_web.2`, from the labels of the task's own container. */
export function taskName(task: unknown): string {
  const labels = at(task, 'Spec', 'ContainerSpec', 'Labels');
  const parts = [label.environment, label.service, label.component].map((key) => text(labels, key));
  if (parts.includes(null)) return text(task, 'ID') ?? '';
  // A task of a global service has no number: its node says which it is.
  return `${parts.join('_')}.${integer(task, 'Slot') ?? text(task, 'NodeID') ?? 0}`;
}

/**
 * Whether a task says anything about the service as it was last written. The engine calls a task up to date when it
 * would make the same one again, so after going back to an older workload that one's old failures look new: a task
 * counts only if it ended after the write. Version indices are those of the cluster's one log.
 */
function isOfThisWrite(task: unknown, state: TaskState, service: unknown): boolean {
  if (isLiving(state)) return true;
  const base = Number(text(service, 'Spec', 'Labels', label.base) ?? 0);
  return (integer(task, 'Version', 'Index') ?? 0) > base;
}

function exitCodeOf(task: unknown, state: TaskState): number | null {
  if (isLiving(state)) return null;
  const container = at(task, 'Status', 'ContainerStatus');
  if (text(container, 'ContainerID') === null) return null;
  return integer(container, 'ExitCode');
}

/**
 * The workload that a task's container belongs to. Containers carry the digest of what they are made from; the service
 * says, for what it makes now and for what it made before, which workload that is. One that fits neither is given as
 * it stands: it equals no workload.
 */
function workloadOf(task: unknown, service: unknown): Digest | null {
  const carried = text(task, 'Spec', 'ContainerSpec', 'Labels', label.container);
  if (carried === null) return null;
  for (const spec of [at(service, 'Spec'), at(service, 'PreviousSpec')]) {
    const made = text(spec, 'TaskTemplate', 'ContainerSpec', 'Labels', label.container);
    if (made === carried) return text(spec, 'Labels', label.workload) ?? carried;
  }
  return carried;
}

/** Whether a listed service is one that this installation made. */
export function belongsTo(service: unknown, installation: string): boolean {
  return text(service, 'Spec', 'Labels', label.installation) === installation;
}

/** Ids of the configs, secrets and networks that services refer to. */
export function referredIds(services: readonly unknown[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const service of services) {
    const template = at(service, 'Spec', 'TaskTemplate');
    for (const network of list(at(template, 'Networks'))) ids.add(text(network, 'Target') ?? '');
    for (const secret of list(at(template, 'ContainerSpec', 'Secrets'))) ids.add(text(secret, 'SecretID') ?? '');
    for (const config of list(at(template, 'ContainerSpec', 'Configs'))) ids.add(text(config, 'ConfigID') ?? '');
  }
  return ids;
}
