import type { Digest } from '../../core/hash.ts';
import type { SeenWorkload, TaskState } from '../../core/sighting.ts';
import type { Target } from '../../core/workload.ts';
import type { ApplyRequest, Writer } from '../../port/engine.ts';
import type { Agenda } from './agenda.ts';
import type { BehaviourOf } from './behaviour.ts';
import type { InspectedWrite, TaskEnd, TaskOrigin, UpdateState } from './inspection.ts';
import type { Constraint, SimulatedNode } from './node.ts';
import type { Random } from './random.ts';

/*
 * The state of a simulated cluster. It changes in place, and only in this folder: a simulation of thousands of services
 * has no time for copies. What leaves the folder is immutable.
 */

/** What a service object says: immutable, each write puts another in its place. */
export interface ServiceObject {
  readonly writer: Writer;
  readonly target: Target;
  readonly whenTasksFail: ApplyRequest['whenTasksFail'];
  readonly limit: ApplyRequest['limit'];
  /** Id of the credentials that came with it; null: none. */
  readonly credentials: string | null;
  /** A removal has been announced. */
  readonly isTombstone: boolean;
  /** Digest of what the target's containers are made from; see `templateOf`. */
  readonly template: Digest;
  readonly constraints: readonly (Constraint | null)[];
}

/** What becomes of a task by itself. */
export interface Change {
  readonly atMs: number;
  readonly state: TaskState;
  readonly message: string;
  readonly exitCode: number | null;
}

/** What a task that is ready waits for before its container starts. */
export interface Gate {
  readonly notBeforeMs: number;
  /** It waits until this one has ended, or its node is known to be gone. */
  readonly after: Task | null;
  /** But not longer. */
  readonly giveUpMs: number;
}

export interface Task {
  readonly id: string;
  readonly serial: number;
  readonly service: Service;
  readonly slot: number;
  /** The object it was made from. */
  readonly object: ServiceObject;
  readonly origin: TaskOrigin;
  readonly write: number;
  /** The service's own number of that write. */
  readonly serviceWrite: number;
  readonly attempt: number;
  readonly createdAtMs: number;
  /** The only node that may take it; null: any. */
  readonly boundTo: Node | null;
  readonly gate: Gate | null;
  /** `unplaced`: no node yet; `preparing`: pulling; `ready`: waits at its gate; `alive`: has a container. */
  phase: 'unplaced' | 'preparing' | 'ready' | 'alive' | 'ended';
  node: Node | null;
  /** As the managers know it. */
  state: TaskState;
  wanted: boolean;
  message: string;
  exitCode: number | null;
  changedAtMs: number;
  /** The cluster's version index at its last change. */
  changedAtIndex: number;
  /** The next thing to happen to it by itself is `next[0]`, or, before it has a container, the end of its phase. */
  dueMs: number;
  next: readonly Change[];
  lines: readonly string[];
  /** It goes from the lists when it ends, as what was scaled away or removed does. */
  isForgottenAtEnd: boolean;
  /** The truth about its container, which the managers may not know. */
  startedAtMs: number | null;
  healthyAtMs: number | null;
  stopAskedAtMs: number | null;
  stopAskedBy: TaskEnd | null;
  endedAtMs: number | null;
  endedBy: TaskEnd | null;
}

/** One rolling update under way. */
export interface Update {
  /** Slots that are still to be looked at. */
  readonly queue: number[];
  readonly dirtyCount: number;
  readonly workers: { task: Task | null; resumeMs: number }[];
  /** Tasks that the updater made and that did not fail yet, and when each was seen to run. */
  readonly made: Map<Task, number | null>;
  failures: number;
  monitorUntilMs: number | null;
}

/** Restarts in one slot of tasks made after one write. */
export interface Restarts {
  readonly serviceWrite: number;
  /** At most as many as the policy allows. */
  readonly atMs: readonly number[];
}

export interface Service {
  readonly id: string;
  readonly name: string;
  object: ServiceObject;
  /** The object before the last write; only that one. */
  previous: ServiceObject | null;
  /** A write must name it; the orchestrator's own writes change it too. */
  version: number;
  /** The cluster's index when a client's last change was first written. */
  writtenAtIndex: number;
  /** The same, just before an update that waited for a lost task was set going again. */
  restartedAtIndex: number;
  /** How often it was written, and the cluster's number of the last write. */
  writes: number;
  lastWrite: number;
  isRemoved: boolean;
  updateState: UpdateState;
  update: Update | null;
  /** Tasks by slot, newest first. */
  readonly slots: Map<number, Task[]>;
  /** Tasks to which something will happen by itself, or that wait at their gate. */
  readonly active: Set<Task>;
  /** Tasks of which the orchestrator has not noticed yet that they have ended. */
  readonly ended: Task[];
  /** Slots in which there may be tasks to forget. */
  readonly crowded: Set<number>;
  readonly restarts: Map<number, Restarts>;
  /** When the orchestrator takes note of the last write, and the constraint enforcer. */
  reconcileMs: number;
  enforceMs: number;
  attempts: number;
  /** Where the search for a node goes on. */
  cursor: number;
  /** When its next turn is; Infinity when none is due. */
  wakeMs: number;
  seen: SeenWorkload | null;
}

export interface Node {
  readonly is: SimulatedNode;
  readonly number: number;
  state: 'ready' | 'away' | 'down';
  /** Counts how often it went away, so that an old detection finds nothing. */
  absences: number;
  /** Tasks placed on it that have not ended as far as the managers know. */
  readonly tasks: Set<Task>;
  readonly tasksOf: Map<Service, number>;
  readonly ports: Set<string>;
  nanoCpus: number;
  memoryBytes: number;
  readonly generic: Map<string, number>;
}

/** Called with the environments of which something has changed. */
export type Watcher = (environments: ReadonlySet<string>) => void;

/** A config object, or a secret without what it holds. */
export interface HeldConfig {
  readonly name: string;
  readonly installation: string;
  readonly environment: string;
  /** Null: all services of the environment may share it. */
  readonly service: string | null;
  /** Digest of a config's content, or id of a secret's version. */
  readonly content: Digest;
}

export interface World {
  readonly cluster: string;
  readonly behaviour: BehaviourOf;
  readonly detectMs: number;
  readonly rememberMs: number;
  readonly recordMost: number;
  readonly startMs: number;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly nodes: readonly Node[];
  nowMs: number;
  /** Grows with every change: the version index of the cluster's one log. */
  index: number;
  serial: number;
  /** Live service objects by name. */
  readonly services: Map<string, Service>;
  /** Live objects, and removed ones that still have tasks, by environment. */
  readonly environments: Map<string, Set<Service>>;
  readonly tasks: Map<string, Task>;
  /** Services with tasks that no node could take. */
  readonly pending: Set<Service>;
  readonly volumes: Set<string>;
  /** By name. */
  readonly configs: Map<string, HeldConfig>;
  readonly writes: Bounded<InspectedWrite>;
  readonly ended: Bounded<Task>;
  readonly past: Map<string, Map<string, Past[]>>;
  readonly watchers: Set<Watcher>;
  /** Environments of which something changed since the watchers were last told. */
  touched: Set<string>;
  /** One service's next moment. */
  readonly turn: (service: Service) => void;
  isReachable: boolean;
}

/** How a service was at some time in the past; null when it was not there. */
export interface Past {
  readonly atMs: number;
  readonly service: HeldService | null;
  readonly seen: SeenWorkload | null;
  /** The object that it has, or had. */
  readonly object: ServiceObject;
}

/** A service object as one reading of it. */
export interface HeldService {
  readonly id: string;
  readonly version: number;
  readonly object: ServiceObject;
  readonly updateState: UpdateState;
  /** See `SeenWorkload.stalled`. */
  readonly isStalled: boolean;
}

/** The last of many. */
export interface Bounded<T> {
  items: T[];
  forgotten: number;
}

/** Adds one; drops the oldest when there are twice as many as are to be kept. */
export function remember<T>(list: Bounded<T>, item: T, most: number): void {
  list.items.push(item);
  if (list.items.length < 2 * most) return;
  list.forgotten += list.items.length - most;
  list.items = list.items.slice(list.items.length - most);
}

/** Notes that something about a service changed. */
export function touch(world: World, service: Service): void {
  world.index += 1;
  world.touched.add(service.object.target.workload.environment);
  service.seen = null;
}

/** Notes that a task changed its state. */
export function touchTask(world: World, task: Task): void {
  touch(world, task.service);
  task.changedAtIndex = world.index;
}

/** Notes that the orchestrator wrote the service object. */
export function touchObject(world: World, service: Service): void {
  touch(world, service);
  service.version = world.index;
}

/** All tasks of a service, as a list of its own. */
export function tasksOf(service: Service): readonly Task[] {
  return [...service.slots.values()].flat();
}

/** How many replicas are asked for at present. */
export function replicasOf({ target, limit }: ServiceObject): number {
  const { replicas } = target.workload;
  return limit === undefined ? replicas : Math.min(replicas, limit.replicas);
}

/** How many slots are replaced at once. */
export function parallelismOf({ target, limit }: ServiceObject): number {
  const asked = target.policy.parallelism === 0 ? Infinity : target.policy.parallelism;
  return limit === undefined || limit.parallelism === 0 ? asked : Math.min(asked, limit.parallelism);
}

/**
 * Whether an update waits for what will never come: the task that the updater made was lost with its node before it ran,
 * and another took its place. Swarm goes on waiting for the lost one, until the next write.
 */
export function isStalled(service: Service): boolean {
  if (service.updateState !== 'updating') return false;
  const base = Math.max(service.writtenAtIndex, service.restartedAtIndex);
  return tasksOf(service).some(
    (task) =>
      !task.wanted &&
      task.node?.state === 'down' &&
      task.state === 'starting' &&
      task.changedAtIndex > base &&
      task.object.template === service.object.template,
  );
}
