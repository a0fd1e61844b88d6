import { Fault } from '../../core/fault.ts';
import { workloadName } from '../../core/names.ts';
import type { SeenTask, SeenWorkload, Sighting } from '../../core/sighting.ts';
import type { Clock } from '../../port/clock.ts';
import type { ApplyRequest, Engine, LogLine, RemoveRequest, Written } from '../../port/engine.ts';
import { behaviourByTag, type Behaviour, type SimulatedNode } from './behaviour.ts';
import {
  advance,
  emptyCluster,
  removeService,
  templateOf,
  writeService,
  type Rules,
  type SimulatedCluster,
  type SimulatedService,
  type SimulatedTask,
} from './cluster.ts';

export interface SimulatedOptions {
  readonly cluster: string;
  readonly clock: Clock;
  /** The same seed, clock and calls give the same run. */
  readonly seed: number;
  /** What each image does; by its tag when not given. */
  readonly behaviour?: (image: string) => Behaviour;
  readonly nodes?: readonly SimulatedNode[];
}

/** Trouble that can be switched on. */
export interface SimulatedTrouble {
  /** Nothing is answered or applied. */
  readonly unreachable: boolean;
  /** Every verb takes so long, by the engine's clock. */
  readonly delayMs: number;
  /** The next write is applied, and its answer lost. */
  readonly loseNextAnswer: boolean;
}

/** An engine without anything behind it. */
export interface SimulatedEngine extends Engine {
  trouble(change: Partial<SimulatedTrouble>): void;
  /** Engine names of the networks and configs that an environment has. */
  objects(environment: string): readonly string[];
  /** Engine names of all volumes: they are never removed. */
  volumes(): readonly string[];
}

const defaultNodes: readonly SimulatedNode[] = [
  { name: 'simulated-1', manager: true, labels: {} },
  { name: 'simulated-2', manager: false, labels: {} },
];

/** How often followers look for something new. */
const followMs = 250;

/** A running container writes one line so often. */
const lineMs = 1_000;

interface Simulation {
  readonly cluster: string;
  readonly clock: Clock;
  readonly rules: Rules;
  state: SimulatedCluster;
  trouble: SimulatedTrouble;
}

/** Opens a cluster that exists in memory only; all that it shows says so. */
export function createSimulatedEngine(options: SimulatedOptions): SimulatedEngine {
  const simulation: Simulation = {
    cluster: options.cluster,
    clock: options.clock,
    rules: {
      nodes: options.nodes ?? defaultNodes,
      behaviour: options.behaviour ?? behaviourByTag,
    },
    state: emptyCluster(options.seed, options.clock.now()),
    trouble: { unreachable: false, delayMs: 0, loseNextAnswer: false },
  };
  return {
    cluster: options.cluster,
    async describe(signal) {
      await answer(simulation, signal);
      const nodes = simulation.rules.nodes.map(({ name, manager }) => ({ name, manager, ready: true }));
      return { kind: 'simulated', version: '1', nodes, findings: ['This cluster is simulated.'] };
    },
    async observe(of, signal) {
      const observedAtMs = simulation.clock.now();
      await answer(simulation, signal);
      return sightingOf(simulation, of, observedAtMs);
    },
    apply: async (request, signal) => await apply(simulation, request, signal),
    remove: async (request, signal) => await remove(simulation, request, signal),
    async taskLogs(task, lines, signal) {
      await answer(simulation, signal);
      const found = logLines(simulation, () => true).filter(([id]) => id === task);
      return found.slice(-lines).map(([, line]) => line);
    },
    logs: (of, signal) => follow(simulation, of, signal),
    hints: (signal) => hints(simulation, signal),
    close: async () => await Promise.resolve(),
    trouble(change) {
      simulation.trouble = { ...simulation.trouble, ...change };
    },
    objects: (environment) => objectsOf(catchUp(simulation), environment),
    volumes: () => [...simulation.state.volumes],
  };
}

/** Brings the cluster to the present. */
function catchUp(simulation: Simulation): SimulatedCluster {
  const { state, rules, clock } = simulation;
  simulation.state = advance(state, rules, clock.now());
  return simulation.state;
}

/** What stands before every verb: the trouble that is switched on. */
async function answer(simulation: Simulation, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { delayMs } = simulation.trouble;
  if (delayMs > 0) await simulation.clock.sleep(delayMs, signal);
  if (simulation.trouble.unreachable) throw silent(simulation);
  catchUp(simulation);
}

function silent(simulation: Simulation): Fault {
  return new Fault('engine.unreachable', `The simulated engine of cluster ${simulation.cluster} does not answer.`, {
    facts: { cluster: simulation.cluster },
  });
}

/** Ends every write: its answer may be lost. */
function written(simulation: Simulation, result: Written): Written {
  if (!simulation.trouble.loseNextAnswer) return result;
  simulation.trouble = { ...simulation.trouble, loseNextAnswer: false };
  throw silent(simulation);
}

async function apply(simulation: Simulation, request: ApplyRequest, signal: AbortSignal): Promise<Written> {
  const { target, writer } = request;
  await answer(simulation, signal);
  const { environment } = target.workload;
  const name = workloadName(target.workload);
  guard(simulation, { environment, name }, writer);
  const live = find(simulation.state, name);
  if (live !== undefined && isWritten(live, { target, writer })) return written(simulation, 'unchanged');
  simulation.state = writeService(simulation.state, request);
  return written(simulation, live === undefined ? 'created' : 'updated');
}

function isWritten(live: SimulatedService, request: Pick<ApplyRequest, 'target' | 'writer'>) {
  const { target, writer } = request;
  return (
    live.target.hash === target.hash &&
    live.target.release === target.release &&
    live.writer.deployment === writer.deployment &&
    live.writer.generation === writer.generation
  );
}

async function remove(
  simulation: Simulation,
  { writer, environment, spot }: RemoveRequest,
  signal: AbortSignal,
): Promise<Written> {
  await answer(simulation, signal);
  const name = workloadName({ environment, ...spot });
  const live = find(simulation.state, name);
  if (live === undefined) return written(simulation, 'absent');
  guard(simulation, { environment, name }, writer);
  simulation.state = removeService(simulation.state, name);
  return written(simulation, 'removed');
}

function find(state: SimulatedCluster, name: string): SimulatedService | undefined {
  return state.services.find((service) => service.name === name && !service.removed);
}

/** Throws when the name, or the environment's, belongs to somebody else, or a newer driver has written. */
function guard(
  simulation: Simulation,
  of: { readonly environment: string; readonly name: string },
  writer: ApplyRequest['writer'],
): void {
  const { cluster } = simulation;
  const others = simulation.state.services.filter(
    (service) =>
      service.target.workload.environment === of.environment && service.writer.installation !== writer.installation,
  );
  if (others.length > 0)
    throw new Fault('engine.foreign', `The stack ${of.environment} on cluster ${cluster} belongs to somebody else.`);
  const generation = find(simulation.state, of.name)?.writer.generation ?? 0;
  if (generation > writer.generation)
    throw new Fault('engine.fenced', `The service ${of.name} on cluster ${cluster} was written by a newer driver.`, {
      facts: { cluster, generation, ours: writer.generation },
    });
}

function sightingOf(
  simulation: Simulation,
  of: { readonly installation: string; readonly environment: string },
  observedAtMs: number,
): Sighting {
  const ours = simulation.state.services.filter(
    ({ writer, target }) => writer.installation === of.installation && target.workload.environment === of.environment,
  );
  return {
    cluster: simulation.cluster,
    environment: of.environment,
    observedAtMs,
    complete: true,
    gaps: [],
    workloads: ours.map((service) => seenWorkload(simulation, service)),
    simulated: true,
  };
}

function seenWorkload(simulation: Simulation, service: SimulatedService): SeenWorkload {
  const { target, writer, removed } = service;
  const { service: name, component, replicas } = target.workload;
  return {
    cluster: simulation.cluster,
    service: name,
    component,
    engineId: removed ? '' : service.id,
    release: removed ? null : target.release,
    workload: removed ? null : target.hash,
    deployment: removed ? null : writer.deployment,
    generation: removed ? 0 : writer.generation,
    updatePaused: service.update === 'paused',
    updating: service.update === 'updating',
    replicas: removed ? 0 : replicas,
    tombstone: removed,
    tasks: service.tasks.map((task) => seenTask(service, task)),
  };
}

function seenTask(service: SimulatedService, task: SimulatedTask): SeenTask {
  const isLiving = ['waiting', 'starting', 'running'].includes(task.state);
  const { id, node, state, wanted, message, exitCode, createdAtMs, changedAtMs } = task;
  return {
    id,
    name: taskName(service, task),
    node,
    state,
    wanted,
    current: task.template === service.template && (isLiving || task.changedAtWrite === service.writes),
    workload: workloadOf(service, task),
    message,
    exitCode,
    createdAtMs,
    changedAtMs,
  };
}

function taskName(service: SimulatedService, task: SimulatedTask): string {
  return `${service.name}.${task.slot}`;
}

/** The workload that the task is of: the present one, the one before, or one that is not known any more. */
function workloadOf(service: SimulatedService, task: SimulatedTask): string {
  const { target, template, previous } = service;
  if (task.template === template) return target.hash;
  return previous !== null && templateOf(previous) === task.template ? previous.hash : task.template;
}

function objectsOf(state: SimulatedCluster, environment: string): readonly string[] {
  const live = state.services.filter(({ removed, target }) => !removed && target.workload.environment === environment);
  const names = live.flatMap(({ target: { workload } }) => [
    ...workload.networks.map(({ network }) => network),
    ...workload.configs.map(({ config }) => `${environment}_${workload.service}_${config}`),
  ]);
  return [...new Set(names)].toSorted();
}

/** All lines that the containers of some services have written, oldest first, with their tasks' ids. */
function logLines(
  simulation: Simulation,
  isWanted: (service: SimulatedService) => boolean,
): readonly (readonly [string, LogLine])[] {
  const { services, nowMs } = catchUp(simulation);
  const lines = services
    .filter((service) => isWanted(service))
    .flatMap((service) =>
      service.tasks.flatMap((task) =>
        linesOf(task, nowMs).map(({ text, timeMs }): readonly [string, LogLine] => [
          task.id,
          { task: taskName(service, task), node: task.node, stream: 'stdout', text, timeMs },
        ]),
      ),
    );
  return lines.toSorted(([, a], [, b]) => (a.timeMs ?? 0) - (b.timeMs ?? 0));
}

/** The most lines of one container that are kept. */
const linesPerTask = 1_000;

/** What a container has written so far: its own last words when it crashed, else a line a second while it runs. */
function linesOf(task: SimulatedTask, nowMs: number): readonly { readonly text: string; readonly timeMs: number }[] {
  const { changedAtMs, state, lines } = task;
  if (state === 'failed') return lines.map((text) => ({ text, timeMs: changedAtMs }));
  if (state !== 'running') return [];
  const count = Math.floor((nowMs - changedAtMs) / lineMs) + 1;
  const first = Math.max(0, count - linesPerTask);
  return Array.from({ length: count - first }, (_, index) => ({
    text: `simulated line ${first + index + 1}`,
    timeMs: changedAtMs + (first + index) * lineMs,
  }));
}

async function* follow(
  simulation: Simulation,
  of: Parameters<Engine['logs']>[0],
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const name = workloadName({ environment: of.environment, ...of.spot });
  await answer(simulation, signal);
  if (find(simulation.state, name) === undefined)
    throw new Fault('engine.unknown-object', `Cluster ${simulation.cluster} has no service ${name}.`);
  const read = () => logLines(simulation, (service) => service.name === name).map(([, line]) => line);
  let since = -Infinity;
  const before = read();
  for (const line of of.tail === 0 ? [] : before.slice(-of.tail)) yield line;
  since = before.at(-1)?.timeMs ?? since;
  while (of.follow && (await slept(simulation, signal))) {
    if (simulation.trouble.unreachable) throw silent(simulation);
    const fresh = read().filter((line) => (line.timeMs ?? 0) > since);
    yield* fresh;
    since = fresh.at(-1)?.timeMs ?? since;
  }
}

async function* hints(simulation: Simulation, signal: AbortSignal): AsyncGenerator<void> {
  await answer(simulation, signal);
  let version = simulation.state.version;
  yield;
  while (await slept(simulation, signal)) {
    if (simulation.trouble.unreachable) throw silent(simulation);
    const state = catchUp(simulation);
    if (state.version !== version) yield;
    version = state.version;
  }
}

/** Lets a little time pass; false when the signal ended it. */
async function slept(simulation: Simulation, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await simulation.clock.sleep(followMs, signal);
    return true;
  } catch (cause) {
    if (signal.aborted) return false;
    throw cause;
  }
}
