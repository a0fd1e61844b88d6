import { isLiving } from '../../core/sighting.ts';
import assert from 'node:assert/strict';
import { fits } from './node.ts';
import { end, gateOpensMs, isOutOfSight, makeTask, settleTask, stop, wake } from './task.ts';
import { runUpdate, startUpdate, updateDueMs } from './updater.ts';
import { replicasOf, tasksOf, touch, type Node, type Service, type Task, type World } from './world.ts';
import { remind } from './past.ts';

/** How many tasks a slot keeps in all, the running one included, as Swarm does. */
const historyPerSlot = 5;

/** A moment has at most so many things that follow from each other. */
const roundsMost = 1_000;

/** One service's next moment: all that is due, and what follows from it. */
export function turn(world: World, service: Service): void {
  service.wakeMs = Infinity;
  const before = world.index;
  for (let rounds = 0, index = -1; index !== world.index; rounds++) {
    assert(rounds < roundsMost, `service ${service.name} does not come to rest`);
    index = world.index;
    for (const task of service.active) if (isDue(world, task)) settleTask(world, task);
    restartEnded(world, service);
    enforceConstraints(world, service);
    reconcile(world, service);
    runUpdate(world, service);
  }
  forget(world, service);
  if (service.isRemoved && service.slots.size === 0) dissolve(world, service);
  if (world.index !== before) remind(world, service);
  wake(world, service, nextDueMs(world, service));
}

/** Whether something may happen to a task now. Asked of every active task at every moment: it looks at the task alone. */
function isDue({ nowMs }: World, { dueMs, phase }: Task): boolean {
  return dueMs <= nowMs || phase === 'ready';
}

/** Nothing is left of a removed service. */
function dissolve(world: World, service: Service): void {
  const { environment } = service.object.target.workload;
  const services = world.environments.get(environment);
  services?.delete(service);
  if (services?.size === 0) world.environments.delete(environment);
}

function nextDueMs(world: World, service: Service): number {
  let dueMs = Math.min(service.reconcileMs, service.enforceMs, updateDueMs(service, world.nowMs));
  for (const task of service.active) {
    if (task.dueMs >= dueMs && task.phase !== 'ready') continue;
    if (isOutOfSight(task)) continue;
    const opensMs = task.phase === 'ready' && task.wanted ? gateOpensMs(task, world.nowMs) : Infinity;
    dueMs = Math.min(dueMs, task.dueMs, opensMs);
  }
  return dueMs;
}

/** Takes note of what was written: fewer or more tasks, or other ones. */
function reconcile(world: World, service: Service): void {
  if (service.reconcileMs > world.nowMs) return;
  service.reconcileMs = Infinity;
  if (service.isRemoved) return;
  if (service.object.target.workload.mode === 'global') spreadOverNodes(world, service);
  else scale(world, service);
  if (service.updateState !== 'paused' && service.update === null) startUpdate(world, service);
}

/** Slots that do not serve go first. */
function scale(world: World, service: Service): void {
  const replicas = replicasOf(service.object);
  const slots = [...service.slots]
    .filter(([, tasks]) => tasks.some((task) => !task.isForgottenAtEnd))
    .toSorted(([a, ofA], [b, ofB]) => Number(serves(ofB)) - Number(serves(ofA)) || a - b);
  for (const [slot] of slots.slice(replicas)) discard(world, service, slot);
  const kept = new Set(slots.slice(0, replicas).map(([slot]) => slot));
  for (let slot = 1; kept.size < replicas; slot++) {
    if (kept.has(slot)) continue;
    kept.add(slot);
    makeTask(world, service, { slot, origin: 'created' });
  }
}

function serves(tasks: readonly Task[]): boolean {
  return tasks.some((task) => task.wanted && task.state === 'running');
}

/** One task on each node that fits; a slot has its node's number. */
function spreadOverNodes(world: World, service: Service): void {
  for (const node of world.nodes) {
    const isWanted = node.state !== 'down' && fits(node.is, service.object.constraints);
    if (!isWanted && service.slots.has(node.number + 1)) {
      if (node.state === 'down')
        for (const task of service.slots.get(node.number + 1) ?? []) stop(world, task, 'node-lost');
      else discard(world, service, node.number + 1);
    } else if (isWanted && service.slots.get(node.number + 1)?.some((task) => task.wanted) !== true) {
      const hasGivenUp = service.slots.get(node.number + 1)?.[0]?.stopAskedBy === null;
      if (!hasGivenUp) makeTask(world, service, { slot: node.number + 1, origin: 'created', boundTo: node });
    }
  }
}

/** Ends all of a slot that is wanted no more; what has ended already goes from the lists at once. */
function discard(world: World, service: Service, slot: number): void {
  for (const task of service.slots.get(slot) ?? []) {
    task.isForgottenAtEnd = true;
    service.crowded.add(slot);
    stop(world, task, service.isRemoved ? 'removal' : 'scale');
  }
}

/** Ends all tasks of a service whose object is gone. */
export function discardAll(world: World, service: Service): void {
  for (const slot of service.slots.keys()) discard(world, service, slot);
}

/** Gives each task that ended by itself a successor, as far as the restart policy lets it. */
function restartEnded(world: World, service: Service): void {
  for (const task of service.ended.splice(0)) {
    if (!task.wanted) continue;
    task.wanted = false;
    touch(world, service);
    if (mayRestart(world, service, task)) restart(world, service, task, 'restart');
  }
}

function restart(world: World, service: Service, task: Task, origin: 'restart' | 'node-lost'): void {
  const { delayMs } = service.object.target.workload.restart;
  const gate = { notBeforeMs: world.nowMs + delayMs, after: null, giveUpMs: 0 };
  makeTask(world, service, { slot: task.slot, origin, gate, boundTo: task.boundTo });
}

/** swarmkit, manager/orchestrator/restart/restart.go: the count begins anew with the tasks of another write. */
function mayRestart(world: World, service: Service, task: Task): boolean {
  if (service.isRemoved || task.isForgottenAtEnd) return false;
  const { condition, maxAttempts, windowMs } = service.object.target.workload.restart;
  if (condition === 'none' || (condition === 'on-failure' && task.state === 'finished')) return false;
  if (maxAttempts === null || maxAttempts === 0) return true;
  const known = service.restarts.get(task.slot);
  const past = known?.serviceWrite === task.serviceWrite ? known.atMs : [];
  const counted = windowMs === null || windowMs === 0 ? past : past.filter((atMs) => atMs > world.nowMs - windowMs);
  if (counted.length >= maxAttempts) return false;
  service.restarts.set(task.slot, { serviceWrite: task.serviceWrite, atMs: [...counted, world.nowMs] });
  return true;
}

/** Running tasks are judged by the constraints of the service as it is now (swarmkit, constraintenforcer). */
function enforceConstraints(world: World, service: Service): void {
  if (service.enforceMs > world.nowMs) return;
  service.enforceMs = Infinity;
  for (const task of tasksOf(service)) {
    if (task.node === null || !task.wanted || !isLiving(task.state) || isOutOfSight(task)) continue;
    if (fits(task.node.is, service.object.constraints)) continue;
    const message = 'assigned node no longer meets constraints';
    end(world, task, { state: 'failed', message, exitCode: null }, 'update');
  }
}

/** The managers give a node up: its tasks get successors elsewhere, and stay in the lists as they were last seen. */
export function giveUpNode(world: World, node: Node): void {
  node.state = 'down';
  for (const task of node.tasks) {
    const { service } = task;
    const wasWanted = task.wanted;
    task.wanted = false;
    touch(world, service);
    task.stopAskedAtMs ??= world.nowMs;
    task.stopAskedBy ??= 'node-lost';
    const isGlobal = service.object.target.workload.mode === 'global';
    if (wasWanted && !isGlobal && mayRestart(world, service, task)) restart(world, service, task, 'node-lost');
    wake(world, service, world.nowMs);
  }
  reconcileGlobal(world);
}

/** Which nodes there are has changed. */
export function reconcileGlobal(world: World): void {
  for (const service of world.services.values()) {
    if (service.object.target.workload.mode !== 'global') continue;
    service.reconcileMs = Math.min(service.reconcileMs, world.nowMs);
    wake(world, service, world.nowMs);
  }
}

/** Drops the oldest ended tasks of each slot, and all that was scaled away or removed. */
function forget(world: World, service: Service): void {
  for (const slot of service.crowded) {
    const tasks = service.slots.get(slot) ?? [];
    const gone = new Set(tasks.filter((task) => task.isForgottenAtEnd && isOver(task)));
    let surplus = tasks.length - gone.size - historyPerSlot;
    for (const task of tasks.toReversed()) {
      if (surplus <= 0) break;
      if (gone.has(task) || task.wanted || !isOver(task)) continue;
      gone.add(task);
      surplus -= 1;
    }
    if (gone.size === 0) continue;
    for (const task of gone) world.tasks.delete(task.id);
    const kept = tasks.filter((task) => !gone.has(task));
    if (kept.length > 0) service.slots.set(slot, kept);
    else {
      service.slots.delete(slot);
      service.restarts.delete(slot);
    }
    touch(world, service);
  }
  service.crowded.clear();
}

/** Whether nothing more becomes of a task: it has ended, or will never get a node. */
function isOver(task: Task): boolean {
  return !isLiving(task.state) || (task.phase === 'unplaced' && !task.wanted);
}
