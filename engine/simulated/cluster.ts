import { digestOf, type Digest } from '../../core/hash.ts';
import { workloadName } from '../../core/names.ts';
import type { TaskState } from '../../core/sighting.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Target } from '../../core/workload.ts';
import type { ApplyRequest, Writer } from '../../port/engine.ts';
import { fits, type Behaviour, type SimulatedNode } from './behaviour.ts';

/** How the cluster behaves; fixed for its life. */
export interface Rules {
  readonly nodes: readonly SimulatedNode[];
  readonly behaviour: (image: string) => Behaviour;
}

/** A task; `next` is what will become of it by itself, and when. */
export interface SimulatedTask {
  readonly id: string;
  readonly slot: number;
  readonly node: string | null;
  readonly state: TaskState;
  readonly wanted: boolean;
  /** Digest of what the container is made from; see `templateOf`. */
  readonly template: Digest;
  readonly message: string;
  readonly exitCode: number | null;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  /** The service's number of writes when the task last changed its state. */
  readonly changedAtWrite: number;
  readonly next: readonly Change[];
  /** What its container writes before it ends. */
  readonly lines: readonly string[];
}

interface Change {
  readonly atMs: number;
  readonly state: TaskState;
  readonly message: string;
  readonly exitCode: number | null;
}

/** A service object with the tasks that it made; without one, what is left of a removed one. */
export interface SimulatedService {
  readonly id: string;
  readonly name: string;
  readonly writer: Writer;
  readonly target: Target;
  readonly whenTasksFail: ApplyRequest['whenTasksFail'];
  /** Digest of what the target's containers are made from. */
  readonly template: Digest;
  readonly previous: Target | null;
  readonly removed: boolean;
  /** How often the object has been written. */
  readonly writes: number;
  /** What the engine itself says of the last write. */
  readonly update: 'none' | 'updating' | 'paused';
  /** No slot is replaced before this, so that tasks follow each other with the policy's delay. */
  readonly replaceAfterMs: number;
  readonly tasks: readonly SimulatedTask[];
}

/** The whole cluster. Every function here gives a new one and leaves the old one alone. */
export interface SimulatedCluster {
  /** Grows with everything that changes. */
  readonly version: number;
  readonly nowMs: number;
  /** State of the pseudo-random numbers. */
  readonly random: number;
  readonly services: readonly SimulatedService[];
  readonly volumes: ReadonlySet<string>;
}

/** How many ended tasks a slot keeps, as Swarm does. */
const historyPerSlot = 5;

/** How long a container takes to end when it is asked to. */
const stopMs = 100;

/** Slowest start of a container, in ms; the seed decides how long each takes. */
const slowestStartMs = 200;

export function emptyCluster(seed: number, nowMs: number): SimulatedCluster {
  return { version: 0, nowMs, random: seed >>> 0, services: [], volumes: new Set() };
}

/** Identity of one container of a target: all but how many there are. */
export function templateOf(target: Target): Digest {
  return digestOf({ ...target.workload, replicas: null });
}

/** Creates the service or writes over it. Nothing has converged yet: that takes `advance`. */
export function writeService(
  cluster: SimulatedCluster,
  { target, writer, whenTasksFail }: Pick<ApplyRequest, 'target' | 'writer' | 'whenTasksFail'>,
): SimulatedCluster {
  const name = workloadName(target.workload);
  const old = cluster.services.find((service) => service.name === name && !service.removed);
  const version = cluster.version + 1;
  const template = templateOf(target);
  const service: SimulatedService = {
    id: old?.id ?? `service-${version}`,
    name,
    writer,
    target,
    whenTasksFail,
    template,
    previous: old?.target ?? null,
    removed: false,
    writes: (old?.writes ?? 0) + 1,
    update: old === undefined || old.template === template ? 'none' : 'updating',
    replaceAfterMs: cluster.nowMs,
    tasks: old?.tasks ?? [],
  };
  const volumes = target.workload.volumes.map(
    (mount) => `${target.workload.environment}_${target.workload.service}_${mount.volume}`,
  );
  return {
    ...cluster,
    version,
    services: [...cluster.services.filter((other) => other !== old), service],
    volumes: new Set([...cluster.volumes, ...volumes]),
  };
}

/** Removes the service object; its containers are asked to end. */
export function removeService(cluster: SimulatedCluster, name: string): SimulatedCluster {
  return {
    ...cluster,
    version: cluster.version + 1,
    services: cluster.services.map((service) => (service.name === name ? { ...service, removed: true } : service)),
  };
}

/** How far time goes at once: finer than anything that is told apart. */
const tickMs = 50;

/** Lets time pass until `nowMs`, in ticks. Time that went back changes nothing. */
export function advance(cluster: SimulatedCluster, rules: Rules, nowMs: number): SimulatedCluster {
  let state = cluster;
  if (quiet.has(state.services)) return nowMs > state.nowMs ? { ...state, nowMs } : state;
  while (state.nowMs + tickMs <= nowMs) {
    state = tick({ ...state, nowMs: state.nowMs + tickMs }, rules);
    if (!isSettled(state)) continue;
    quiet.add(state.services);
    return { ...state, nowMs };
  }
  return state;
}

/** Services of which it is known that nothing will ever happen to them by themselves: a service never changes in place. */
const settled = new WeakSet<SimulatedService>();

/** Whole lists of such services. */
const quiet = new WeakSet<readonly SimulatedService[]>();

/** Whether nothing will ever happen by itself. */
function isSettled(cluster: SimulatedCluster): boolean {
  return cluster.services.every((service) => settled.has(service));
}

function isServiceSettled(service: SimulatedService): boolean {
  return (
    !service.removed &&
    service.update !== 'updating' &&
    service.tasks.every((task) => task.next.length === 0) &&
    slotsToFill(service, Infinity).length === 0 &&
    (service.update === 'paused' || slotsToReplace(service, Infinity).length === 0) &&
    surplus(service).length === 0
  );
}

function tick(cluster: SimulatedCluster, rules: Rules): SimulatedCluster {
  let { random, version } = cluster;
  const draw = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return random / 2 ** 32;
  };
  const services = cluster.services.flatMap((service) => {
    if (settled.has(service)) return [service];
    const moved = turn(service, cluster.nowMs, { rules, draw });
    if (moved !== service) version += 1;
    else if (isServiceSettled(service)) settled.add(service);
    return moved.removed && !moved.tasks.some((task) => isLiving(task)) ? [] : [moved];
  });
  if (services.length !== cluster.services.length) version += 1;
  return { ...cluster, random, version, services };
}

/** What a new task needs from around it. */
interface Making {
  readonly rules: Rules;
  readonly draw: () => number;
}

/** One service's next moment: the same object when nothing happens. */
function turn(service: SimulatedService, nowMs: number, making: Making): SimulatedService {
  const steps = [settleTasks, judgeUpdate, stopSurplus, fillSlots, replaceSlots, forgetHistory];
  return steps.reduce((state, step) => step(state, nowMs, making), service);
}

function isLiving(task: SimulatedTask): boolean {
  return task.state === 'waiting' || task.state === 'starting' || task.state === 'running';
}

function isOutdated(service: SimulatedService, task: SimulatedTask): boolean {
  return task.template !== service.template;
}

function settleTasks(service: SimulatedService, nowMs: number): SimulatedService {
  return mapTasks(service, (task) => {
    const [change, ...later] = task.next;
    if (change === undefined || change.atMs > nowMs) return task;
    const { state, message, exitCode } = change;
    const changedAtWrite = service.writes;
    const next = { ...task, state, message, exitCode, next: later, changedAtWrite };
    return { ...next, changedAtMs: nowMs, wanted: task.wanted && isLiving(next) };
  });
}

/** As Swarm's updater: it pauses when too many new tasks fail, and is done when all have run for a while. */
function judgeUpdate(service: SimulatedService, nowMs: number): SimulatedService {
  if (service.update !== 'updating') return service;
  const { policy, workload } = service.target;
  const made = service.tasks.filter((task) => !isOutdated(service, task));
  const failed = made.filter((task) => task.state === 'failed' && task.changedAtWrite === service.writes);
  const tooMany = failed.length > policy.maxFailureRatio * workload.replicas;
  if (tooMany && service.whenTasksFail === 'pause') return { ...service, update: 'paused' };
  const steady = made.filter(
    (task) => task.wanted && task.state === 'running' && task.changedAtMs + policy.monitorMs <= nowMs,
  );
  return steady.length >= workload.replicas ? { ...service, update: 'none' } : service;
}

function surplus(service: SimulatedService): readonly SimulatedTask[] {
  const replicas = service.removed ? 0 : service.target.workload.replicas;
  return service.tasks.filter((task) => task.wanted && task.slot > replicas);
}

function stopSurplus(service: SimulatedService, nowMs: number): SimulatedService {
  return stop(service, new Set(surplus(service)), nowMs);
}

/** Asks tasks to end; one that has no container yet ends at once. */
function stop(service: SimulatedService, tasks: ReadonlySet<SimulatedTask>, nowMs: number): SimulatedService {
  return mapTasks(service, (task) => {
    if (!tasks.has(task)) return task;
    const ended: Change = { atMs: nowMs + stopMs, state: 'stopped', message: 'shutdown', exitCode: 0 };
    return { ...task, wanted: false, next: [ended] };
  });
}

/** Slots in which nothing is wanted at this moment. */
function emptySlots(service: SimulatedService): readonly number[] {
  if (service.removed) return [];
  const filled = new Set(service.tasks.filter((task) => task.wanted).map((task) => task.slot));
  const slots = Array.from({ length: service.target.workload.replicas }, (_, index) => index + 1);
  return slots.filter((slot) => !filled.has(slot));
}

/** Slots without a wanted task whose restart policy lets another one start by now. */
function slotsToFill(service: SimulatedService, nowMs: number): readonly number[] {
  const { restart } = service.target.workload;
  return emptySlots(service).filter((slot) => {
    const tasks = service.tasks.filter((task) => task.slot === slot);
    if (tasks.some((task) => isLiving(task))) return false;
    const last = tasks[0];
    if (last === undefined || last.state === 'stopped') return true;
    const isSame = !isOutdated(service, last);
    if (isSame && restart.condition === 'none') return false;
    if (isSame && restart.condition === 'on-failure' && last.state === 'finished') return false;
    return last.changedAtMs + restart.delayMs <= nowMs;
  });
}

function fillSlots(service: SimulatedService, nowMs: number, making: Making): SimulatedService {
  const created = slotsToFill(service, nowMs).map((slot) => newTask(service, slot, nowMs, making));
  return created.length === 0 ? service : { ...service, tasks: [...created, ...service.tasks] };
}

/** Outdated tasks that may be replaced now: the policy's parallelism less those that are on their way. */
function slotsToReplace(service: SimulatedService, nowMs: number): readonly SimulatedTask[] {
  if (service.replaceAfterMs > nowMs) return [];
  const { parallelism } = service.target.policy;
  const outdated = service.tasks.filter((task) => task.wanted && isOutdated(service, task));
  const onTheWay = service.tasks.filter(
    (task) => task.wanted && !isOutdated(service, task) && task.state !== 'running',
  );
  const slots = new Set([...onTheWay.map((task) => task.slot), ...emptySlots(service)]);
  const free = parallelism === 0 ? Infinity : Math.max(0, parallelism - slots.size);
  return outdated.filter((task) => !slots.has(task.slot)).slice(0, free);
}

/**
 * Start-first: an outdated task goes once its slot has another that runs. Stop-first: it goes at once, and the empty
 * slot is filled with the next moment.
 */
function replaceSlots(service: SimulatedService, nowMs: number, making: Making): SimulatedService {
  const relieved = service.tasks.filter(
    (task) =>
      task.wanted &&
      isOutdated(service, task) &&
      service.tasks.some(
        (other) => other.slot === task.slot && other.wanted && other.state === 'running' && !isOutdated(service, other),
      ),
  );
  if (relieved.length > 0) return stop(service, new Set(relieved), nowMs);
  const outdated = service.update === 'paused' ? [] : slotsToReplace(service, nowMs);
  if (outdated.length === 0) return service;
  const begun = { ...service, replaceAfterMs: nowMs + service.target.policy.delayMs };
  if (service.target.policy.order === 'stop-first') return stop(begun, new Set(outdated), nowMs);
  const created = outdated.map((task) => newTask(service, task.slot, nowMs, making));
  return { ...begun, tasks: [...created, ...service.tasks] };
}

function newTask(service: SimulatedService, slot: number, nowMs: number, { rules, draw }: Making): SimulatedTask {
  const id = Math.floor(draw() * 2 ** 32)
    .toString(36)
    .padStart(7, '0');
  const { image, placement } = service.target.workload;
  const nodes = rules.nodes.filter((node) => fits(node, placement.constraints));
  const node = nodes[slot % Math.max(nodes.length, 1)];
  const behaviour: Behaviour =
    node === undefined
      ? { kind: 'unschedulable', reason: 'scheduling constraints not satisfied' }
      : rules.behaviour(image);
  const isPlaced = behaviour.kind !== 'unschedulable';
  const startMs = nowMs + Math.ceil(draw() * slowestStartMs);
  return {
    id: `${service.id}-${slot}-${id}`,
    slot,
    node: isPlaced ? (node?.name ?? null) : null,
    state: 'waiting',
    wanted: true,
    template: service.template,
    message: isPlaced ? 'pending task scheduling' : `no suitable node (${behaviour.reason})`,
    exitCode: null,
    createdAtMs: nowMs,
    changedAtMs: nowMs,
    changedAtWrite: service.writes,
    next: lifeOf(behaviour, image, startMs),
    lines: behaviour.kind === 'crashes' ? behaviour.lines : [],
  };
}

/** All that becomes of a task by itself. */
function lifeOf(behaviour: Behaviour, image: string, startMs: number): readonly Change[] {
  const change = (afterMs: number, state: TaskState, message: string, exitCode: number | null = null): Change => ({
    atMs: startMs + afterMs,
    state,
    message,
    exitCode,
  });
  const starting = change(0, 'starting', 'preparing');
  switch (behaviour.kind) {
    case 'healthy':
      return [starting, change(behaviour.afterMs, 'running', 'started')];
    case 'never-healthy': {
      const message = 'task: non-zero exit (143): dockerexec: unhealthy container';
      return [starting, change(behaviour.afterMs, 'failed', message, 143)];
    }
    case 'crashes': {
      const { afterMs, exitCode } = behaviour;
      const message = `task: non-zero exit (${exitCode})`;
      return [
        starting,
        change(Math.min(500, afterMs), 'running', 'started'),
        change(afterMs, 'failed', message, exitCode),
      ];
    }
    case 'unpullable':
      return [starting, change(300, 'failed', `No such image: ${image}`)];
    case 'unschedulable':
      return [];
    default:
      return unreachable(behaviour);
  }
}

/** Keeps the newest ended tasks of each slot. Tasks stand newest first. */
function forgetHistory(service: SimulatedService): SimulatedService {
  const ended = new Map<number, number>();
  const tasks = service.tasks.filter((task) => {
    if (isLiving(task)) return true;
    const count = (ended.get(task.slot) ?? 0) + 1;
    ended.set(task.slot, count);
    return count <= historyPerSlot;
  });
  return tasks.length === service.tasks.length ? service : { ...service, tasks };
}

function mapTasks(service: SimulatedService, change: (task: SimulatedTask) => SimulatedTask): SimulatedService {
  const tasks = service.tasks.map((task) => change(task));
  const isSame = tasks.every((task, index) => task === service.tasks[index]);
  return isSame ? service : { ...service, tasks };
}
