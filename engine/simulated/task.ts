import { isLiving } from '../../core/sighting.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Behaviour } from './behaviour.ts';
import type { TaskEnd, TaskOrigin } from './inspection.ts';
import { findNode, occupy, release } from './scheduler.ts';
import {
  remember,
  tasksOf,
  touchTask,
  type Change,
  type Gate,
  type Node,
  type Service,
  type Task,
  type World,
} from './world.ts';

/** How long things take at most, in ms; the seed decides how long each does. */
const slowest = {
  /** From a task's making until a node is sought. */
  scheduleMs: 50,
  /** Pulling and preparing. */
  prepareMs: 200,
} as const;

/** How long a container takes to end when it is asked to; at most its grace time. */
const stopMs = 100;

/** A container that crashes serves before that, from this moment of its life on. */
const servesAfterMs = 500;

/** When a task that no node may take, because its behaviour says so, is looked at again. */
const unschedulableRetryMs = 5_000;

export interface NewTask {
  readonly slot: number;
  readonly origin: TaskOrigin;
  readonly gate?: Gate;
  readonly boundTo?: Node | null;
}

/** Makes a task of the service as it is now. */
export function makeTask(world: World, service: Service, of: NewTask): Task {
  const serial = ++world.serial;
  const letters = Math.floor(world.random.draw() * 36 ** 8).toString(36);
  const task: Task = {
    id: `${letters.padStart(8, '0')}${serial.toString(36).padStart(6, '0')}`,
    serial,
    service,
    slot: of.slot,
    object: service.object,
    origin: of.origin,
    write: service.lastWrite,
    serviceWrite: service.writes,
    attempt: ++service.attempts,
    createdAtMs: world.nowMs,
    boundTo: of.boundTo ?? null,
    gate: of.gate ?? null,
    phase: 'unplaced',
    node: null,
    state: 'waiting',
    wanted: true,
    message: 'pending task scheduling',
    exitCode: null,
    changedAtMs: world.nowMs,
    changedAtIndex: 0,
    dueMs: world.nowMs + world.random.upTo(slowest.scheduleMs),
    next: [],
    lines: [],
    isForgottenAtEnd: false,
    startedAtMs: null,
    healthyAtMs: null,
    stopAskedAtMs: null,
    stopAskedBy: null,
    endedAtMs: null,
    endedBy: null,
  };
  touchTask(world, task);
  world.tasks.set(task.id, task);
  service.active.add(task);
  service.crowded.add(task.slot);
  const slot = service.slots.get(of.slot);
  if (slot === undefined) service.slots.set(of.slot, [task]);
  else slot.unshift(task);
  return task;
}

/** Says when the next thing happens to a task by itself; Infinity: nothing, unless it waits at its gate. */
function setDue(task: Task, dueMs: number): void {
  task.dueMs = dueMs;
  if (dueMs < Infinity || task.phase === 'ready') task.service.active.add(task);
  else task.service.active.delete(task);
}

/** Whether nothing is heard of the task's node: whatever happens there is not known. */
export function isOutOfSight(task: Task): boolean {
  return task.node !== null && task.node.state !== 'ready';
}

/** Lets happen to a task what is due by now. */
export function settleTask(world: World, task: Task): void {
  if (isOutOfSight(task)) return;
  if (task.phase === 'ready' && task.wanted) passGate(world, task);
  while (task.dueMs <= world.nowMs) {
    if (task.phase === 'unplaced') place(world, task);
    else if (task.phase === 'preparing' && task.wanted) finishPulling(world, task);
    else undergo(world, task);
  }
}

function place(world: World, task: Task): void {
  setDue(task, Infinity);
  const { image } = task.object.target.workload;
  const { node, reason } = findNode(world, task);
  const asked = node === null ? null : world.behaviour(image, startOf(world, task, node.is.name));
  if (node === null || asked?.kind === 'unschedulable') {
    const message = `no suitable node (${asked?.kind === 'unschedulable' ? asked.reason : reason})`;
    if (asked !== null) setDue(task, world.nowMs + unschedulableRetryMs);
    world.pending.add(task.service);
    if (message !== task.message) touchTask(world, task);
    task.message = message;
    return;
  }
  task.node = node;
  task.phase = 'preparing';
  occupy(node, task);
  setState(world, task, { state: 'starting', message: 'preparing', exitCode: null });
  setDue(task, world.nowMs + world.random.upTo(slowest.prepareMs));
}

function startOf(world: World, task: Task, node: string) {
  return { atMs: world.nowMs - world.startMs, slot: task.slot, attempt: task.attempt, node };
}

function finishPulling(world: World, task: Task): void {
  const { image } = task.object.target.workload;
  const behaviour = world.behaviour(image, startOf(world, task, task.node?.is.name ?? ''));
  if (behaviour.kind === 'unpullable') {
    end(world, task, { state: 'failed', message: `No such image: ${image}`, exitCode: null }, 'behaviour');
    return;
  }
  task.phase = 'ready';
  setDue(task, Infinity);
  task.lines = 'lines' in behaviour ? behaviour.lines : [];
  setState(world, task, { state: 'starting', message: 'ready to start', exitCode: null });
  // Kept as times from zero until the container starts.
  task.next = lifeOf(behaviour);
  passGate(world, task);
}

function passGate(world: World, task: Task): void {
  const opensMs = gateOpensMs(task, world.nowMs);
  setDue(task, Infinity);
  if (opensMs > world.nowMs) return;
  task.phase = 'alive';
  task.startedAtMs = world.nowMs;
  task.next = task.next.map((change) => ({ ...change, atMs: change.atMs + world.nowMs }));
  setDue(task, task.next[0]?.atMs ?? Infinity);
  setState(world, task, { state: 'starting', message: 'starting', exitCode: null });
}

/** When a task that is ready may start, as far as is known now. */
export function gateOpensMs({ gate }: Task, nowMs: number): number {
  if (gate === null) return nowMs;
  const isBlocked = gate.after !== null && isLiving(gate.after.state) && gate.after.node?.state !== 'down';
  return Math.max(gate.notBeforeMs, isBlocked ? gate.giveUpMs : 0);
}

/** The next thing that becomes of the task by itself, or because it was asked to end. */
function undergo(world: World, task: Task): void {
  const [change, ...later] = task.next;
  task.next = later;
  setDue(task, later[0]?.atMs ?? Infinity);
  if (change === undefined) return;
  if (!isLiving(change.state)) {
    end(world, task, change, task.stopAskedBy ?? 'behaviour');
    return;
  }
  if (change.state === 'running') task.healthyAtMs ??= world.nowMs;
  setState(world, task, change);
}

function setState(world: World, task: Task, to: Omit<Change, 'atMs'>): void {
  task.state = to.state;
  task.message = to.message;
  task.exitCode = to.exitCode;
  task.changedAtMs = world.nowMs;
  touchTask(world, task);
}

/** The managers learn that a task has ended; its room is free for others. */
export function end(world: World, task: Task, to: Omit<Change, 'atMs'>, by: TaskEnd): void {
  endContainer(world, task, by);
  task.phase = 'ended';
  task.service.ended.push(task);
  task.service.crowded.add(task.slot);
  setDue(task, Infinity);
  task.next = [];
  setState(world, task, to);
  if (task.node === null) return;
  release(task.node, task);
  offerRoom(world);
}

/** There may be room again for what no node could take. */
export function offerRoom(world: World): void {
  for (const service of world.pending) {
    for (const task of tasksOf(service))
      if (task.phase === 'unplaced' && task.wanted) setDue(task, Math.min(task.dueMs, world.nowMs));
    wake(world, service, world.nowMs);
  }
  world.pending.clear();
}

/** Has the service's turn come by then at the latest. */
export function wake(world: World, service: Service, atMs: number): void {
  if (service.wakeMs <= atMs || atMs === Infinity) return;
  service.wakeMs = atMs;
  world.agenda.add(atMs, () => {
    if (service.wakeMs === atMs) world.turn(service);
  });
}

/** The truth about a container, whether or not anybody learns it. */
export function endContainer(world: World, task: Task, by: TaskEnd): void {
  if (task.endedAtMs !== null) return;
  task.endedAtMs = world.nowMs;
  task.endedBy = by;
  remember(world.ended, task, world.recordMost);
}

/** Asks a task to end. One without a node stays in the lists as it is, as Swarm leaves it. */
export function stop(world: World, task: Task, by: TaskEnd): void {
  if (task.stopAskedAtMs !== null) return;
  task.wanted = false;
  task.stopAskedAtMs = world.nowMs;
  task.stopAskedBy = by;
  touchTask(world, task);
  if (!isLiving(task.state)) return;
  if (task.phase === 'unplaced') {
    setDue(task, Infinity);
    task.service.crowded.add(task.slot);
    endContainer(world, task, by);
    return;
  }
  beginStop(world, task);
}

/** The node hears that the task is to end. */
export function beginStop(world: World, task: Task): void {
  const { stopGraceMs } = task.object.target.workload;
  const atMs = world.nowMs + Math.min(stopMs, stopGraceMs);
  const exitCode = task.startedAtMs === null ? null : 0;
  task.next = [{ atMs, state: 'stopped', message: 'shutdown', exitCode }];
  setDue(task, atMs);
}

/** All that becomes of a container by itself, in ms after its start. */
function lifeOf(behaviour: Behaviour): readonly Change[] {
  const serving = (atMs: number): Change => ({ atMs, state: 'running', message: 'started', exitCode: null });
  switch (behaviour.kind) {
    case 'healthy':
      return [serving(behaviour.afterMs)];
    case 'never-healthy': {
      const message = 'task: non-zero exit (143): dockerexec: unhealthy container';
      return [{ atMs: behaviour.afterMs, state: 'failed', message, exitCode: 143 }];
    }
    case 'crashes': {
      const { afterMs, exitCode } = behaviour;
      const message = `task: non-zero exit (${exitCode})`;
      return [serving(Math.min(servesAfterMs, afterMs)), { atMs: afterMs, state: 'failed', message, exitCode }];
    }
    case 'finishes': {
      const { afterMs } = behaviour;
      const last: Change = { atMs: afterMs, state: 'finished', message: 'finished', exitCode: 0 };
      return [serving(Math.min(servesAfterMs, afterMs)), last];
    }
    case 'unpullable':
    case 'unschedulable':
      return [];
    default:
      return unreachable(behaviour);
  }
}
