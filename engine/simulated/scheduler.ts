import { fits } from './node.ts';
import type { Node, Task, World } from './world.ts';

/** Why a node cannot take a task, in Swarm's words (swarmkit, manager/scheduler/filter.go). */
type Obstacle =
  | 'scheduling constraints not satisfied'
  | 'insufficient resources'
  | 'host-mode port already in use'
  | 'max replicas per node limit exceed';

/** Finds a node with room, near to even: null with the reason when there is none. */
export function findNode(world: World, task: Task): { readonly node: Node | null; readonly reason: string } {
  const { service } = task;
  const nodes = task.boundTo === null ? world.nodes : [task.boundTo];
  const obstacles = new Map<Obstacle, number>();
  const fair = Math.ceil(service.slots.size / Math.max(nodes.length, 1));
  let best: Node | null = null;
  for (let tried = 0; tried < nodes.length; tried++) {
    const node = nodes[(service.cursor + tried) % nodes.length];
    if (node === undefined || node.state === 'down') continue;
    const obstacle = obstacleOn(node, task);
    if (obstacle !== null) {
      obstacles.set(obstacle, (obstacles.get(obstacle) ?? 0) + 1);
      continue;
    }
    if (best === null || countOn(node, task) < countOn(best, task)) best = node;
    if (countOn(best, task) < fair - 1 || countOn(best, task) === 0) break;
  }
  if (best !== null) service.cursor = best.number + 1;
  return { node: best, reason: best === null ? reasonOf(obstacles) : '' };
}

function countOn(node: Node, task: Task): number {
  return node.tasksOf.get(task.service) ?? 0;
}

function reasonOf(obstacles: ReadonlyMap<Obstacle, number>): string {
  const parts = [...obstacles].map(([obstacle, count]) => `${obstacle} on ${count} node${count === 1 ? '' : 's'}`);
  return parts.length === 0 ? 'no node is up' : parts.join('; ');
}

function obstacleOn(node: Node, task: Task): Obstacle | null {
  const { workload } = task.object.target;
  if (!fits(node.is, task.object.constraints)) return 'scheduling constraints not satisfied';
  if (!hasRoom(node, task)) return 'insufficient resources';
  if (hostPorts(task).some((port) => node.ports.has(port))) return 'host-mode port already in use';
  const { maxPerNode } = workload.placement;
  return maxPerNode !== null && countOn(node, task) >= maxPerNode ? 'max replicas per node limit exceed' : null;
}

function hasRoom(node: Node, task: Task): boolean {
  const { reservations, genericResources = {} } = task.object.target.workload;
  const { capacity } = node.is;
  if (capacity === undefined) return true;
  return (
    node.nanoCpus + (reservations.nanoCpus ?? 0) <= (capacity.nanoCpus ?? Infinity) &&
    node.memoryBytes + (reservations.memoryBytes ?? 0) <= (capacity.memoryBytes ?? Infinity) &&
    Object.entries(genericResources).every(
      ([kind, count]) => (node.generic.get(kind) ?? 0) + count <= (capacity.generic?.[kind] ?? 0),
    )
  );
}

function hostPorts(task: Task): readonly string[] {
  const { ports } = task.object.target.workload;
  return ports.filter(({ mode }) => mode === 'host').map(({ published, protocol }) => `${published}/${protocol}`);
}

/** Takes room on the node that was found. */
export function occupy(node: Node, task: Task): void {
  node.tasks.add(task);
  account(node, task, 1);
  for (const port of hostPorts(task)) node.ports.add(port);
}

/** Gives the room back that an ended task had. */
export function release(node: Node, task: Task): void {
  if (!node.tasks.delete(task)) return;
  account(node, task, -1);
  for (const port of hostPorts(task)) node.ports.delete(port);
}

function account(node: Node, task: Task, sign: 1 | -1): void {
  const { reservations, genericResources = {} } = task.object.target.workload;
  const count = countOn(node, task) + sign;
  if (count === 0) node.tasksOf.delete(task.service);
  else node.tasksOf.set(task.service, count);
  node.nanoCpus += sign * (reservations.nanoCpus ?? 0);
  node.memoryBytes += sign * (reservations.memoryBytes ?? 0);
  for (const [kind, amount] of Object.entries(genericResources))
    node.generic.set(kind, (node.generic.get(kind) ?? 0) + sign * amount);
}
