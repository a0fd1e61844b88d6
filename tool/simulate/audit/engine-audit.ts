import type { Inspection, InspectedTask, InspectedWrite } from '../../../engine/simulated/inspection.ts';
import { worldBeganMs } from '../process-clock.ts';
import type { SimulatedService } from '../scenario.ts';
import type { Findings } from './findings.ts';

/** How long after the end of a lease a request that was on its way may still arrive, in ms. */
export const lateMs = 2_000;

export interface EngineAuditParts {
  readonly findings: Findings;
  readonly services: readonly SimulatedService[];
  /** Infinity where the throttle cannot know: it goes by what is seen, and that misled it. */
  readonly startsAtOnce: number;
  /** Grants of the lease by generation: when each became durable, in ms of the world's time. */
  readonly grants: ReadonlyMap<number, number>;
  /** When each deployment recorded that it changes an object, by `DEPLOYMENT CLUSTER NAME`. */
  readonly begun: ReadonlyMap<string, number>;
  /** When each deployment recorded that it takes an object back, by the same. */
  readonly reverted: ReadonlyMap<string, number>;
  /** When each deployment that had begun ended, by its id. */
  readonly ended: ReadonlyMap<string, number>;
  /** Connections of processes that stood still for a while without noticing: no clock told them that their lease was over. */
  readonly paused: ReadonlySet<string>;
}

/** Checks all that was done to a cluster, after the fact, with the whole truth at hand. */
export function auditEngine(cluster: string, { tasks, writes }: Inspection, parts: EngineAuditParts): void {
  const applied = writes.filter(({ effect }) => effect === 'applied');
  checkFencing(cluster, applied, parts);
  checkStarts(cluster, tasks, applied, parts);
  const bySlot = Map.groupBy(tasks, (task) => `${task.serviceId}/${task.slot}`);
  for (const slot of bySlot.values()) checkRestarts(cluster, slot, applied, parts.findings);
  for (const [id, of] of Map.groupBy(tasks, (task) => task.serviceId)) {
    const own = applied.filter(({ serviceId }) => serviceId === id);
    checkReplicas(cluster, of, own, parts);
  }
}

function checkFencing(cluster: string, writes: readonly InspectedWrite[], parts: EngineAuditParts): void {
  const { findings, grants, begun, paused } = parts;
  const highest = new Map<string, number>();
  const generations = [...grants.keys()].toSorted((a, b) => a - b);
  for (const { name, generation, atMs, request, number, tombstone, connection, deployment } of writes) {
    const before = highest.get(name) ?? 0;
    const what = `write ${number} (${request} ${name} on ${cluster}) of generation ${generation}`;
    if (request === 'delete' && !tombstone)
      findings.violated('a newer driver is never overwritten', `${what} was not announced by a tombstone`);
    if (generation < before) findings.violated('a newer driver is never overwritten', `${what} after ${before}`);
    highest.set(name, Math.max(before, generation));
    const next = generations.find((other) => other > generation);
    const overMs = next === undefined ? Infinity : (grants.get(next) ?? Infinity);
    const worldMs = atMs - worldBeganMs;
    if (request !== 'delete' && !tombstone && (begun.get(`${deployment} ${cluster} ${name}`) ?? Infinity) > worldMs)
      findings.violated('nothing is done before it is recorded', `${what} for ${deployment}`);
    if (worldMs > overMs + lateMs && !paused.has(connection))
      findings.violated(
        'nobody writes after the lease',
        `${what} at ${worldMs} ms; ${next} was granted at ${overMs} ms`,
      );
  }
}

/**
 * Tasks that start because of a write. What starts again by itself, or elsewhere, is the engine's doing, and so is the
 * replacement of such a one before it served. A task counts until its service is written again: what an earlier write
 * still has under way at that moment nobody can know. And it counts until its deployment ends: what that leaves behind,
 * because it was told to, it leaves to people (decision 017).
 */
function checkStarts(
  cluster: string,
  tasks: readonly InspectedTask[],
  writes: readonly InspectedWrite[],
  { startsAtOnce, findings, reverted, ended }: EngineAuditParts,
): void {
  const revertedMs = [...reverted].flatMap(([key, ms]) => (key.includes(` ${cluster} `) ? [ms + worldBeganMs] : []));
  const endedAt = ({ write }: InspectedTask) =>
    worldBeganMs + (ended.get(writes.find(({ number }) => number === write)?.deployment ?? '') ?? Infinity);
  const leftMs = tasks.flatMap((task) => {
    const atMs = endedAt(task);
    return task.createdAtMs <= atMs && atMs < Math.min(task.healthyAtMs ?? Infinity, task.endedAtMs ?? Infinity)
      ? [atMs]
      : [];
  });
  // One more may start after that: what was left behind may never come to run, and would be waited for without end.
  const behindMs = Math.min(...revertedMs, ...leftMs);
  const allowedAt = (ms: number) => startsAtOnce + (behindMs <= ms ? 1 : 0);
  const starting = tasks.flatMap((task, index) => {
    const { origin, createdAtMs, healthyAtMs, endedAtMs, stopAskedAtMs, serviceId, slot } = task;
    if (origin !== 'created' && origin !== 'update') return [];
    const before = tasks.findLast((other, at) => at < index && other.serviceId === serviceId && other.slot === slot);
    if (before?.healthyAtMs === null && (before.origin === 'restart' || before.origin === 'node-lost')) return [];
    const rewritten = writes.find((write) => write.serviceId === serviceId && write.number > task.write);
    const ends = [healthyAtMs, endedAtMs, stopAskedAtMs, rewritten?.atMs, endedAt(task)].map((ms) => ms ?? Infinity);
    return [{ fromMs: createdAtMs, toMs: Math.min(...ends) }];
  });
  for (const { fromMs } of starting) {
    const count = starting.filter((other) => other.fromMs <= fromMs && fromMs < other.toMs).length;
    if (count <= allowedAt(fromMs)) continue;
    const message = `${count} are starting on ${cluster} at ${fromMs - worldBeganMs} ms; ${allowedAt(fromMs)} are allowed`;
    const facts = [...writes.map(describeWrite), ...tasks.map(describe)];
    return findings.violated('no more tasks start at once than allowed', [message, ...facts].join('\n'));
  }
}

/** A container is replaced by another of the same workload only when something happened to it. */
function checkRestarts(
  cluster: string,
  slot: readonly InspectedTask[],
  writes: readonly InspectedWrite[],
  findings: Findings,
): void {
  for (const [index, task] of slot.entries()) {
    const before = slot[index - 1];
    if (before === undefined || task.origin !== 'update' || before.image !== task.image) continue;
    // Another workload in between, or fewer replicas, makes a new start of the same one right.
    const between = writes.filter(
      ({ serviceId, number, workload }) =>
        serviceId === task.serviceId && number > before.write && number <= task.write && workload !== task.workload,
    );
    if (between.length === 0)
      findings.violated('nothing is done twice', `${task.name}.${task.slot} on ${cluster} was restarted for nothing`);
  }
}

/** A stretch of time in which a slot that had served does not, because the engine was asked to replace its task. */
interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  /** Number of the write for which it was stopped: that of what came in its place; null where nothing did. */
  readonly write: number | null;
}

/**
 * What is counted: slots whose serving task was stopped by the updater, while no other task of the slot served, until
 * one does again. Start-first allows none, stop-first as many as the update policy replaces at once. A task that failed,
 * crashed or lost its node is nobody's doing, and neither is a slot that was to go. Counted for each write alone: what an
 * earlier write still has under way the engine does not count either when it begins with the next.
 */
function checkReplicas(
  cluster: string,
  tasks: readonly InspectedTask[],
  writes: readonly InspectedWrite[],
  parts: EngineAuditParts,
): void {
  const [first] = tasks;
  const policy = parts.services.find(({ name }) => name === first?.service);
  if (first === undefined || policy === undefined) return;
  const isWayBack = (ms: number) => {
    const key = `${writes.findLast(({ atMs }) => atMs <= ms)?.deployment} ${cluster} ${first.name}`;
    return (parts.reverted.get(key) ?? Infinity) <= ms - worldBeganMs;
  };
  const gaps = [...Map.groupBy(tasks, ({ slot }) => slot).values()].flatMap((slot) => gapsOf(slot, isWayBack));
  const allowed = policy.order === 'start-first' ? 0 : policy.parallelism;
  const writeOf = ({ write, fromMs }: Gap) => write ?? writes.findLast(({ atMs }) => atMs <= fromMs)?.number;
  for (const gap of gaps) {
    const { fromMs } = gap;
    const isBeside = (other: Gap) => other.fromMs <= fromMs && fromMs < other.toMs;
    const open = gaps.filter((other) => isBeside(other) && writeOf(other) === writeOf(gap)).length;
    if (open <= allowed) continue;
    const message = `${open} replicas of ${first.name} on ${cluster} are away at ${fromMs - worldBeganMs} ms; ${policy.order} allows ${allowed}`;
    return parts.findings.violated(
      'never fewer healthy replicas because of us',
      [message, ...tasks.map(describe)].join('\n'),
    );
  }
}

/** One line about a write, in ms of the world's time. */
function describeWrite({ atMs, request, name, generation, deployment, replicas, connection }: InspectedWrite): string {
  const whose = `generation ${generation} for ${deployment} by ${connection}`;
  return `  ${atMs - worldBeganMs}: ${request} ${name}, ${replicas ?? 'no'} replicas, ${whose}`;
}

/** One line about a task, in ms of the world's time. */
function describe(task: InspectedTask): string {
  const at = (ms: number | null) => (ms === null ? '-' : String(ms - worldBeganMs));
  const { slot, origin, image, node, createdAtMs, healthyAtMs, stopAskedAtMs, stopAskedBy, endedAtMs, endedBy } = task;
  const tag = image.slice(image.lastIndexOf('/') + 1).split('@')[0];
  return (
    `  ${task.name} slot ${slot} ${tag} (${origin}) on ${node ?? 'no node'}: made ${at(createdAtMs)}, healthy ${at(healthyAtMs)}, ` +
    `asked to stop ${at(stopAskedAtMs)} (${stopAskedBy ?? 'not'}), ended ${at(endedAtMs)} (${endedBy ?? 'not'})`
  );
}

function gapsOf(slot: readonly InspectedTask[], isWayBack: (ms: number) => boolean): readonly Gap[] {
  const serving = slot.flatMap((task) => {
    if (task.healthyAtMs === null) return [];
    // What fell with its node serves, as far as the managers can know, until they give the node up.
    const endedMs = task.endedBy === 'node-crash' ? null : task.endedAtMs;
    const toMs = Math.min(task.stopAskedAtMs ?? Infinity, endedMs ?? Infinity);
    return [{ task, fromMs: task.healthyAtMs, toMs }];
  });
  return serving.flatMap(({ task, toMs }) => {
    if (task.stopAskedBy !== 'update' || task.stopAskedAtMs !== toMs) return [];
    if (serving.some((other) => other.task !== task && other.fromMs <= toMs && toMs < other.toMs)) return [];
    const again = Math.min(...serving.filter(({ fromMs }) => fromMs >= toMs).map(({ fromMs }) => fromMs));
    const over = Math.min(...slot.map((other) => givenUpMs(other, isWayBack(toMs))).filter((ms) => ms >= toMs));
    const next = slot.find(({ createdAtMs, origin }) => createdAtMs >= toMs && origin === 'update');
    return [{ fromMs: toMs, toMs: Math.min(again, over), write: next?.write ?? null }];
  });
}

/**
 * From when on nobody can be blamed for the slot: it was to go, the world took what was to serve in it, or what is gone
 * back to does not serve: a way back goes on all the same.
 */
function givenUpMs({ stopAskedBy, stopAskedAtMs, endedBy, endedAtMs }: InspectedTask, isWayBack: boolean): number {
  const isToGo = stopAskedBy === 'scale' || stopAskedBy === 'removal' || stopAskedBy === 'node-lost';
  if (isToGo) return stopAskedAtMs ?? Infinity;
  const isLost = endedBy === 'crash' || endedBy === 'node-crash' || (isWayBack && endedBy === 'behaviour');
  return isLost ? (endedAtMs ?? Infinity) : Infinity;
}
