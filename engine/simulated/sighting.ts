import { workloadName } from '../../core/names.ts';
import { isLiving, seenWithoutObject, type SeenTask, type SeenWorkload } from '../../core/sighting.ts';
import { isStalled, replicasOf, tasksOf, type Service, type ServiceObject, type Task, type World } from './world.ts';

/** What the managers tell of one name: its service object with all tasks, or what is left of a removed one. */
export function seenWorkload(world: World, name: string, environment: string): SeenWorkload | null {
  const live = world.services.get(name);
  if (live !== undefined && live.seen !== null) return live.seen;
  const left = [...(world.environments.get(environment) ?? [])]
    .filter((service) => service.isRemoved && service.name === name)
    .flatMap((service) => tasksOf(service));
  if (live !== undefined) {
    const seen = seenLive(world, live, left);
    // What is left of others may end without this one's knowledge.
    if (left.length === 0) live.seen = seen;
    return seen;
  }
  const living = left.filter(({ state }) => isLiving(state));
  return living[0] === undefined ? null : seenLeft(world, living[0].object, living.map(seenTask));
}

function seenLive(world: World, service: Service, left: readonly Task[]): SeenWorkload {
  const { object } = service;
  const { target, writer } = object;
  const tasks = [...tasksOf(service), ...left].toSorted((a, b) => b.serial - a.serial);
  return {
    cluster: world.cluster,
    service: target.workload.service,
    component: target.workload.component,
    engineId: service.id,
    release: target.release,
    workload: target.hash,
    deployment: writer.deployment,
    generation: writer.generation,
    updatePaused: service.updateState === 'paused',
    updating: service.updateState === 'updating',
    replicas: target.workload.mode === 'global' ? tasks.filter(({ wanted }) => wanted).length : replicasOf(object),
    tombstone: object.isTombstone,
    ...(object.credentials === null ? {} : { credentials: object.credentials }),
    tasks: tasks.map(seenTask),
    ...(isStalled(service) ? { stalled: true } : {}),
  };
}

/** Containers of a service that is gone already. */
function seenLeft(world: World, object: ServiceObject, tasks: readonly SeenTask[]): SeenWorkload {
  const { service, component } = object.target.workload;
  return seenWithoutObject({ cluster: world.cluster, service, component }, tasks);
}

/** The same when the list of services could not be read: every task looks like one that is left. */
export function withoutServices(world: World, seen: SeenWorkload, object: ServiceObject): SeenWorkload | null {
  const living = seen.tasks.filter(({ state }) => isLiving(state)).map((task) => ({ ...task, current: false }));
  return living.length === 0 ? null : seenLeft(world, object, living);
}

function seenTask(task: Task): SeenTask {
  const { id, service, state, wanted, message, exitCode, createdAtMs, changedAtMs } = task;
  const isUpToDate = !service.isRemoved && task.object.template === service.object.template;
  return {
    id,
    name: taskName(task),
    node: task.node?.is.name ?? null,
    state,
    wanted,
    current: isUpToDate && (isLiving(state) || task.changedAtIndex > service.writtenAtIndex),
    workload: workloadOf(task),
    message,
    exitCode,
    createdAtMs,
    changedAtMs,
  };
}

/** Name for people; a task of a service that runs on every node has its node's. */
export function taskName({ object, slot, boundTo }: Task): string {
  return `${workloadName(object.target.workload)}.${boundTo?.is.name ?? slot}`;
}

/** The workload that the task is of: the present one, the one before, or one that is not known any more. */
function workloadOf({ service, object }: Task): string {
  if (object.template === service.object.template) return service.object.target.hash;
  return object.template === service.previous?.template ? service.previous.target.hash : object.template;
}
