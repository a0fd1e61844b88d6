import type { InspectedService, InspectedTask, Inspection } from './inspection.ts';
import { replicasOf, tasksOf, type Bounded, type Service, type Task, type World } from './world.ts';

/** See `SimulatedCluster.inspect`. */
export function inspectWorld(world: World): Inspection {
  const ended = lastOf(world.ended, world.recordMost);
  const writes = lastOf(world.writes, world.recordMost);
  const services = [...world.environments.values()].flatMap((of) => [...of]);
  const running = services.flatMap((service) => tasksOf(service)).filter(({ endedAtMs }) => endedAtMs === null);
  return {
    atMs: world.nowMs,
    nodes: world.nodes.map(({ is, state }) => ({ name: is.name, state })),
    services: [...world.services.values()].map(inspectService).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    tasks: [...ended.items, ...running].toSorted((a, b) => a.serial - b.serial).map(inspectTask),
    writes: writes.items,
    forgotten: { tasks: ended.forgotten, writes: writes.forgotten },
  };
}

function lastOf<T>({ items, forgotten }: Bounded<T>, most: number): Bounded<T> {
  const surplus = Math.max(0, items.length - most);
  return { items: items.slice(surplus), forgotten: forgotten + surplus };
}

function inspectService({ id, name, object, updateState, version }: Service): InspectedService {
  const { workload, hash, release } = object.target;
  const { environment, service, component } = workload;
  const { installation, deployment, generation } = object.writer;
  return {
    id,
    name,
    environment,
    service,
    component,
    installation,
    deployment,
    generation,
    release,
    workload: hash,
    replicas: replicasOf(object),
    tombstone: object.isTombstone,
    update: updateState,
    version,
  };
}

function inspectTask(task: Task): InspectedTask {
  const { workload, hash } = task.object.target;
  const { environment, service, component, image } = workload;
  const { id, slot, origin, write, createdAtMs, startedAtMs, healthyAtMs, state } = task;
  return {
    id,
    name: task.service.name,
    serviceId: task.service.id,
    environment,
    service,
    component,
    slot,
    node: task.node?.is.name ?? null,
    workload: hash,
    image,
    origin,
    write,
    createdAtMs,
    startedAtMs,
    healthyAtMs,
    stopAskedAtMs: task.stopAskedAtMs,
    stopAskedBy: task.stopAskedBy,
    endedAtMs: task.endedAtMs,
    endedBy: task.endedBy,
    state,
  };
}
