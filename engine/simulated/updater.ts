import { isLiving } from '../../core/sighting.ts';
import type { UpdateState } from './inspection.ts';
import { makeTask, stop } from './task.ts';
import {
  parallelismOf,
  touchObject,
  type Service,
  type ServiceObject,
  type Task,
  type Update,
  type World,
} from './world.ts';

/*
 * The rolling update, as Swarm carries it out (swarmkit, manager/orchestrator/update/updater.go): each worker takes a
 * slot, replaces its task, waits until the new one runs or has failed, then for the policy's delay. Only the first end
 * of a task that the updater made counts as a failure, and only before it runs or within the monitor time after that.
 */

/** How long a stopping task may hold up the one that takes its place. */
const oldTaskMs = 60_000;

/** How long after an update the orchestrator looks at the service again. */
const againMs = 50;

/** Begins to replace what is outdated; without such, nothing is said of an update at all. */
export function startUpdate(world: World, service: Service): void {
  const dirty = [...service.slots].filter(([, tasks]) => stays(tasks) && isDirty(service, tasks)).map(([slot]) => slot);
  if (dirty.length === 0) return;
  const workers = Math.min(parallelismOf(service.object), dirty.length);
  service.update = {
    queue: dirty.toSorted((a, b) => a - b),
    dirtyCount: dirty.length,
    workers: Array.from({ length: workers }, () => ({ task: null, resumeMs: world.nowMs })),
    made: new Map(),
    failures: 0,
    monitorUntilMs: null,
  };
  if (service.updateState === 'none') setUpdateState(world, service, 'updating');
}

function setUpdateState(world: World, service: Service, state: UpdateState): void {
  service.updateState = state;
  touchObject(world, service);
}

function isOutdated(service: Service, task: Task): boolean {
  return task.object.template !== service.object.template;
}

/** Whether a slot is one of those that the service still has: only they are handed to the updater. */
function stays(tasks: readonly Task[]): boolean {
  return tasks.some((task) => !task.isForgottenAtEnd);
}

/**
 * Whether a slot has something of an older template, or had when it was given up; or more than one task, which a node
 * that was lost within an update leaves behind (swarmkit, updater.go, isSlotDirty).
 */
function isDirty(service: Service, tasks: readonly Task[]): boolean {
  const wanted = tasks.filter((task) => task.wanted);
  if (wanted.length > 1) return true;
  if (wanted.length > 0) return wanted.some((task) => isOutdated(service, task));
  return tasks[0] !== undefined && isOutdated(service, tasks[0]);
}

/** The updater's next moment. */
export function runUpdate(world: World, service: Service): void {
  const { update } = service;
  if (update === null) return;
  noteRunning(world, update, service.object.target.policy.monitorMs);
  if (hasFailedTooOften(service.object, update)) {
    service.update = null;
    setUpdateState(world, service, 'paused');
    return;
  }
  for (const worker of update.workers) work(world, service, update, worker);
  const isThrough = update.queue.length === 0 && update.workers.every(({ task }) => task === null);
  if (!isThrough || update.workers.some(({ resumeMs }) => resumeMs > world.nowMs)) return;
  update.monitorUntilMs ??= world.nowMs + service.object.target.policy.monitorMs;
  if (world.nowMs < update.monitorUntilMs) return;
  service.update = null;
  setUpdateState(world, service, 'completed');
  // The status that it wrote makes the orchestrator look once more: what is still outdated is tried again.
  if ([...service.slots.values()].some((tasks) => isDirty(service, tasks))) service.reconcileMs = world.nowMs + againMs;
}

/** One that has run for the monitor time is of no concern any more. */
function noteRunning(world: World, update: Update, monitorMs: number): void {
  for (const [task, since] of update.made) {
    if (task.state !== 'running') continue;
    if (since === null) update.made.set(task, world.nowMs);
    else if (world.nowMs - since >= monitorMs) update.made.delete(task);
  }
}

/** Counts the failures that are new; each task counts once. */
function hasFailedTooOften({ target, whenTasksFail }: ServiceObject, update: Update): boolean {
  const { monitorMs, maxFailureRatio } = target.policy;
  for (const [task, since] of update.made) {
    if (isLiving(task.state)) continue;
    update.made.delete(task);
    const isEarly = since === null || task.changedAtMs - since < monitorMs;
    if (isEarly && task.state !== 'stopped') update.failures += 1;
  }
  return whenTasksFail === 'pause' && update.failures / update.dirtyCount > maxFailureRatio;
}

function work(world: World, service: Service, update: Update, worker: Update['workers'][number]): void {
  const { delayMs } = service.object.target.policy;
  if (worker.task !== null) {
    if (worker.task.state === 'waiting' || worker.task.state === 'starting') return;
    if (worker.task.state === 'running') stopOutdated(world, service, worker.task.slot);
    worker.task = null;
    worker.resumeMs = world.nowMs + delayMs;
  }
  if (worker.resumeMs > world.nowMs) return;
  for (let slot = update.queue.shift(); slot !== undefined; slot = update.queue.shift()) {
    worker.task = replace(world, service, update, slot);
    if (worker.task !== null) return;
  }
}

/** The task to wait for; null when nothing in the slot is outdated any more. */
function replace(world: World, service: Service, update: Update, slot: number): Task | null {
  const tasks = service.slots.get(slot) ?? [];
  if (!isDirty(service, tasks)) return null;
  const present = tasks.filter((task) => task.wanted && isLiving(task.state) && !isOutdated(service, task));
  const chosen = present.find((task) => task.state === 'running') ?? present[0];
  if (chosen !== undefined) {
    for (const task of present) if (task !== chosen) stop(world, task, 'update');
    return chosen;
  }
  const old = tasks.find((task) => isLiving(task.state) && task.phase !== 'unplaced') ?? null;
  const boundTo = tasks[0]?.boundTo ?? null;
  if (service.object.target.policy.order === 'start-first') {
    const task = makeTask(world, service, { slot, origin: 'update', boundTo });
    update.made.set(task, null);
    return task;
  }
  stopOutdated(world, service, slot);
  const gate = { notBeforeMs: 0, after: old, giveUpMs: world.nowMs + oldTaskMs };
  const task = makeTask(world, service, { slot, origin: 'update', boundTo, gate });
  update.made.set(task, null);
  return task;
}

function stopOutdated(world: World, service: Service, slot: number): void {
  for (const task of service.slots.get(slot) ?? [])
    if (task.wanted && isOutdated(service, task)) stop(world, task, 'update');
}

/** When the updater has something to do next by itself. */
export function updateDueMs({ update }: Service, nowMs: number): number {
  if (update === null) return Infinity;
  const resumes = update.workers.filter(({ task, resumeMs }) => task === null && resumeMs > nowMs);
  return Math.min(update.monitorUntilMs ?? Infinity, ...resumes.map(({ resumeMs }) => resumeMs));
}
