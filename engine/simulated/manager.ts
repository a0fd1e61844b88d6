import { workloadName } from '../../core/names.ts';
import type { SeenWorkload } from '../../core/sighting.ts';
import { digestOf, type Digest } from '../../core/hash.ts';
import type { Workload } from '../../core/workload.ts';
import type { ApplyRequest } from '../../port/engine.ts';
import { deleteConfig, dropConfigs, holdConfigs, unusedConfigs } from './config.ts';
import type { InspectedWrite } from './inspection.ts';
import { linesOfTask, linesOfTasks, type TaskLine } from './lines.ts';
import { readConstraint } from './node.ts';
import { discardAll } from './orchestrator.ts';
import { heldService, pastOf, pastStates, remind } from './past.ts';
import { seenWorkload, withoutServices } from './sighting.ts';
import { wake } from './task.ts';
import {
  remember,
  replicasOf,
  tasksOf,
  touch,
  touchObject,
  isStalled,
  type HeldConfig,
  type HeldService,
  type Node,
  type Service,
  type ServiceObject,
  type Watcher,
  type World,
} from './world.ts';

/** How a reading is answered. */
export interface Reading {
  /** As it was so many ms ago. */
  readonly byMs: number;
  readonly lacks: 'services' | 'tasks' | null;
}

/** What the managers of a simulated cluster answer, at the present of the cluster and at once. */
export interface Manager {
  isReachable(): boolean;
  nowMs(): number;
  /** Grows with every change. */
  index(): number;
  /** See `SimulatedCluster.nextEventMs`. */
  nextEventMs(): number | null;
  /** Calls back whenever something has changed, until the function that it gives is called. */
  watch(listener: Watcher): () => void;
  /** Has something arrive later, by the cluster's clock. */
  later(afterMs: number, arrive: () => void): void;
  nodes(): readonly Pick<Node, 'is' | 'state'>[];
  inspect(of: { readonly environment: string; readonly name: string }, reading: Reading): HeldService | null;
  list(of: { readonly installation: string; readonly environment: string }, reading: Reading): readonly SeenWorkload[];
  /** Whose service objects an environment holds. */
  installations(environment: string): readonly string[];
  /** The highest generation that an object of the environment bears; 0 when it has none. */
  generation(environment: string): number;
  /** Configs of an environment to which no service refers. */
  unusedConfigs(environment: string): readonly HeldConfig[];
  /** False when it is gone already, or in use by now. */
  deleteConfig(config: HeldConfig): boolean;
  create(connection: string, object: ServiceObject): 'created' | 'taken';
  /** Writes over exactly the version that is named. */
  update(connection: string, over: HeldService, object: ServiceObject): 'updated' | 'out-of-sequence' | 'absent';
  delete(connection: string, over: HeldService): 'deleted' | 'absent';
  taskLines(task: string): readonly TaskLine[];
  /** Whether it holds a secret under this name. */
  holdsSecret(name: string): boolean;
  /** Lines of all tasks of a name, oldest first; null when there is no such service. */
  serviceLines(name: string): readonly TaskLine[] | null;
}

/** How long the orchestrator takes at most to take note of a write. */
const noteMs = 50;

/** When the constraint enforcer looks at a service whose constraints have changed. */
const enforceAfterMs = 2_000;

const templates = new WeakMap<Workload, Digest>();

/** Identity of one container of a workload: all but how many there are, and what only the service object bears. */
function templateOf(workload: Workload): Digest {
  const known = templates.get(workload);
  if (known !== undefined) return known;
  const { serviceLabels: _, ...container } = workload;
  const template = digestOf({ ...container, replicas: null });
  templates.set(workload, template);
  return template;
}

type ObjectRequest = Pick<ApplyRequest, 'writer' | 'target' | 'whenTasksFail' | 'limit'> &
  Partial<Pick<ApplyRequest, 'credentials'>>;

/** The service object that a request asks for. */
export function objectOf(request: ObjectRequest): ServiceObject {
  const { writer, target, whenTasksFail, limit, credentials = null } = request;
  return {
    writer,
    target,
    whenTasksFail,
    limit,
    credentials: credentials?.id ?? null,
    isTombstone: false,
    template: templateOf(target.workload),
    constraints: target.workload.placement.constraints.map(readConstraint),
  };
}

/** `present` brings the world to the present; `told` tells the watchers when something has changed. */
export function createManager(world: World, present: () => void, told: () => void): Manager {
  const at = <T>(answer: () => T): T => {
    present();
    const result = answer();
    told();
    return result;
  };
  return {
    isReachable: () => world.isReachable,
    nowMs: () => at(() => world.nowMs),
    index: () => at(() => world.index),
    nextEventMs: () => at(() => (world.agenda.nextMs() === Infinity ? null : world.agenda.nextMs())),
    watch(listener) {
      world.watchers.add(listener);
      return () => world.watchers.delete(listener);
    },
    later: (afterMs, arrive) => at(() => world.agenda.add(world.nowMs + afterMs, arrive)),
    nodes: () => at(() => world.nodes),
    inspect: (of, reading) => at(() => inspectService(world, of, reading)),
    list: (of, reading) => at(() => listServices(world, of, reading)),
    installations: (environment) => at(() => [...new Set([...live(world, environment)].map(ownerOf))]),
    generation: (environment) =>
      at(() => Math.max(0, ...[...live(world, environment)].map(({ object }) => object.writer.generation))),
    unusedConfigs: (environment) => at(() => unusedConfigs(world, environment)),
    deleteConfig: (config) => at(() => deleteConfig(world, config)),
    create: (connection, object) => at(() => create(world, connection, object)),
    update: (connection, over, object) => at(() => update(world, connection, over, object)),
    delete: (connection, over) => at(() => remove(world, connection, over)),
    holdsSecret: (name) => at(() => world.configs.has(name)),
    taskLines: (id) => at(() => linesOfTask(world.tasks.get(id), world.nowMs)),
    serviceLines: (name) =>
      at(() => {
        const service = world.services.get(name);
        return service === undefined ? null : linesOfTasks(tasksOf(service), world.nowMs);
      }),
  };
}

function* live(world: World, environment: string): Generator<Service> {
  for (const service of world.environments.get(environment) ?? []) if (!service.isRemoved) yield service;
}

function ownerOf(service: Service): string {
  return service.object.writer.installation;
}

function inspectService(
  world: World,
  { environment, name }: { readonly environment: string; readonly name: string },
  { byMs }: Reading,
): HeldService | null {
  const backMs = Math.min(byMs, world.rememberMs);
  if (backMs > 0) return pastOf(world, environment, name, world.nowMs - backMs)?.service ?? null;
  const service = world.services.get(name);
  return service === undefined ? null : heldService(service);
}

function listServices(
  world: World,
  { installation, environment }: { readonly installation: string; readonly environment: string },
  { byMs, lacks }: Reading,
): readonly SeenWorkload[] {
  const backMs = Math.min(byMs, world.rememberMs);
  const known = backMs === 0 ? presentOf(world, environment) : pastStates(world, environment, world.nowMs - backMs);
  const ours = known.filter(({ object }) => object.writer.installation === installation);
  if (lacks === 'tasks') return ours.map(({ seen }) => ({ ...seen, tasks: [] }));
  if (lacks === 'services') return ours.flatMap(({ seen, object }) => withoutServices(world, seen, object) ?? []);
  return ours.map(({ seen }) => seen);
}

interface Known {
  readonly seen: SeenWorkload;
  readonly object: ServiceObject;
}

function presentOf(world: World, environment: string): readonly Known[] {
  const known = new Map<string, Known>();
  for (const { name, object, isRemoved } of world.environments.get(environment) ?? []) {
    if (isRemoved && (world.services.has(name) || known.has(name))) continue;
    const seen = seenWorkload(world, name, environment);
    if (seen !== null) known.set(name, { seen, object });
  }
  return [...known.values()];
}

function create(world: World, connection: string, object: ServiceObject): 'created' | 'taken' {
  const { workload } = object.target;
  const name = workloadName(workload);
  if (world.services.has(name)) {
    note(world, { connection, request: 'create', name, serviceId: '', object, effect: 'refused' });
    return 'taken';
  }
  const service = newService(world, name, object);
  world.services.set(name, service);
  const environment = world.environments.get(workload.environment) ?? new Set<Service>();
  world.environments.set(workload.environment, environment.add(service));
  note(world, { connection, request: 'create', name, serviceId: service.id, object, effect: 'applied' });
  accept(world, service);
  return 'created';
}

function newService(world: World, name: string, object: ServiceObject): Service {
  return {
    id: `simulated-service-${++world.serial}`,
    name,
    object,
    previous: null,
    version: 0,
    writtenAtIndex: 0,
    restartedAtIndex: 0,
    writes: 0,
    lastWrite: 0,
    isRemoved: false,
    updateState: 'none',
    update: null,
    slots: new Map(),
    active: new Set(),
    ended: [],
    crowded: new Set(),
    restarts: new Map(),
    reconcileMs: Infinity,
    enforceMs: Infinity,
    attempts: 0,
    cursor: Math.floor(world.random.draw() * world.nodes.length),
    wakeMs: Infinity,
    seen: null,
  };
}

function update(
  world: World,
  connection: string,
  over: HeldService,
  object: ServiceObject,
): 'updated' | 'out-of-sequence' | 'absent' {
  const name = workloadName(object.target.workload);
  const service = world.services.get(name);
  const isThere = service !== undefined && service.id === over.id;
  const effect = isThere && service.version === over.version ? 'applied' : 'refused';
  note(world, { connection, request: 'update', name, serviceId: over.id, object, effect });
  if (!isThere) return 'absent';
  if (effect === 'refused') return 'out-of-sequence';
  const before = service.object.target.workload.placement.constraints;
  const isMoved = object.target.workload.placement.constraints.join() !== before.join();
  if (isMoved) service.enforceMs = world.nowMs + enforceAfterMs;
  if (!isContinued(service.object, object)) service.writtenAtIndex = world.index;
  if (isStalled(service)) service.restartedAtIndex = world.index;
  service.previous = service.object;
  service.object = object;
  accept(world, service);
  return 'updated';
}

/** Whether a write goes on with the change before it, with another limit: what failed since that began still counts. */
function isContinued(before: ServiceObject, object: ServiceObject): boolean {
  return (
    before.writer.deployment === object.writer.deployment &&
    before.target.hash === object.target.hash &&
    before.target.release === object.target.release
  );
}

/** A write takes back what was said of the update before it; the orchestrator takes note a little later. */
function accept(world: World, service: Service): void {
  for (const { volume } of service.object.target.workload.volumes) world.volumes.add(volume);
  holdConfigs(world, service.object);
  service.writes += 1;
  service.lastWrite = writeCount(world);
  service.updateState = 'none';
  service.update = null;
  service.reconcileMs = world.nowMs + world.random.upTo(noteMs);
  touchObject(world, service);
  remind(world, service);
  wake(world, service, service.reconcileMs);
}

function remove(world: World, connection: string, over: HeldService): 'deleted' | 'absent' {
  const name = workloadName(over.object.target.workload);
  const service = world.services.get(name);
  const isThere = service !== undefined && service.id === over.id;
  const object = isThere ? service.object : over.object;
  const effect = isThere ? 'applied' : 'refused';
  note(world, { connection, request: 'delete', name, serviceId: over.id, object, effect });
  if (!isThere) return 'absent';
  world.services.delete(name);
  service.isRemoved = true;
  service.update = null;
  discardAll(world, service);
  dropConfigs(world, service);
  touch(world, service);
  remind(world, service);
  wake(world, service, world.nowMs);
  return 'deleted';
}

function writeCount({ writes }: World): number {
  return writes.forgotten + writes.items.length;
}

type Noted = Pick<InspectedWrite, 'connection' | 'request' | 'name' | 'serviceId' | 'effect'> & {
  readonly object: ServiceObject;
};

function note(world: World, { object, ...of }: Noted): void {
  const { installation, deployment, generation } = object.writer;
  const isRemoval = object.isTombstone || of.request === 'delete';
  const write: InspectedWrite = {
    number: writeCount(world) + 1,
    atMs: world.nowMs,
    ...of,
    installation,
    deployment,
    generation,
    workload: isRemoval ? null : object.target.hash,
    replicas: isRemoval ? null : replicasOf(object),
    tombstone: isRemoval,
  };
  remember(world.writes, write, world.recordMost);
}
