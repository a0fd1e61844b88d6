import { createAgenda } from './agenda.ts';
import { behaviourByTag } from './behaviour.ts';
import { inspectWorld } from './inspect.ts';
import { createManager } from './manager.ts';
import { numberedNodes, type SimulatedNode } from './node.ts';
import { giveUpNode, reconcileGlobal, turn } from './orchestrator.ts';
import { createRandom } from './random.ts';
import type { ClusterOptions, SimulatedCluster } from './simulation.ts';
import { beginStop, end, endContainer, offerRoom, wake } from './task.ts';
import type { Node, Task, World } from './world.ts';

const defaults = {
  nodes: numberedNodes(2),
  /** As long as a Swarm's managers wait for a worker's heartbeat, or nearly. */
  detectMs: 13_000,
  recordMost: 1_000,
} satisfies { nodes: readonly SimulatedNode[]; detectMs: number; recordMost: number };

/** Makes a cluster that exists in memory only, with nothing on it. */
export function createSimulatedCluster(options: ClusterOptions): SimulatedCluster {
  const { clock } = options;
  const world = createWorld(options);
  const startedAt = clock.monotonic();
  let isAdvancing = false;
  let toldIndex = 0;
  const told = () => {
    if (isAdvancing || world.index === toldIndex) return;
    toldIndex = world.index;
    const { touched } = world;
    world.touched = new Set();
    for (const listener of world.watchers) listener(touched);
  };
  const present = () => {
    if (isAdvancing) return;
    isAdvancing = true;
    try {
      advance(world, world.startMs + Math.floor(clock.monotonic() - startedAt));
    } finally {
      isAdvancing = false;
    }
    told();
  };
  const acting = <T>(act: () => T): T => {
    present();
    const result = act();
    told();
    return result;
  };
  const manager = createManager(world, present, told);
  return {
    cluster: options.cluster,
    manager,
    inspect: () => acting(() => inspectWorld(world)),
    nextEventMs: () => manager.nextEventMs(),
    crashTask: (task, exitCode = 137) => acting(() => crashTask(world, world.tasks.get(task), exitCode)),
    takeNode: (node, how) => acting(() => takeNode(world, nodeOf(world, node), how)),
    returnNode: (node) => acting(() => returnNode(world, nodeOf(world, node))),
    setReachable: (isReachable) =>
      acting(() => {
        world.isReachable = isReachable;
        for (const listener of world.watchers) listener(new Set());
      }),
    objects: (environment) => acting(() => objectsOf(world, environment)),
    volumes: () => acting(() => [...world.volumes]),
  };
}

function createWorld(options: ClusterOptions): World {
  const startMs = Math.floor(options.clock.now());
  const world: World = {
    cluster: options.cluster,
    behaviour: options.behaviour ?? behaviourByTag,
    detectMs: options.detectMs ?? defaults.detectMs,
    rememberMs: options.rememberMs ?? 0,
    recordMost: options.recordMost ?? defaults.recordMost,
    startMs,
    random: createRandom(options.seed),
    agenda: createAgenda(),
    nodes: (options.nodes ?? defaults.nodes).map((is, number) => createNode(is, number)),
    nowMs: startMs,
    index: 0,
    serial: 0,
    services: new Map(),
    environments: new Map(),
    tasks: new Map(),
    pending: new Set(),
    volumes: new Set(),
    configs: new Map(),
    writes: { items: [], forgotten: 0 },
    ended: { items: [], forgotten: 0 },
    past: new Map(),
    watchers: new Set(),
    touched: new Set(),
    turn: (service) => turn(world, service),
    isReachable: true,
  };
  return world;
}

function createNode(is: SimulatedNode, number: number): Node {
  return {
    is,
    number,
    state: 'ready',
    absences: 0,
    tasks: new Set(),
    tasksOf: new Map(),
    ports: new Set(),
    nanoCpus: 0,
    memoryBytes: 0,
    generic: new Map(),
  };
}

/** Lets happen all that is due until then. Time never goes back. */
function advance(world: World, toMs: number): void {
  while (world.agenda.nextMs() <= toMs) {
    const next = world.agenda.take();
    world.nowMs = Math.max(world.nowMs, next?.atMs ?? 0);
    next?.run();
  }
  world.nowMs = Math.max(world.nowMs, toMs);
}

function nodeOf(world: World, name: string): Node | undefined {
  return world.nodes.find(({ is }) => is.name === name);
}

function crashTask(world: World, task: Task | undefined, exitCode: number): boolean {
  if (task?.phase !== 'alive' || task.node === null || task.endedAtMs !== null) return false;
  if (task.node.state === 'ready') {
    end(world, task, { state: 'failed', message: `task: non-zero exit (${exitCode})`, exitCode }, 'crash');
    wake(world, task.service, world.nowMs);
  } else endContainer(world, task, 'crash');
  return true;
}

function takeNode(world: World, node: Node | undefined, how: 'crash' | 'cut'): boolean {
  if (node?.state !== 'ready') return false;
  node.state = 'away';
  node.absences += 1;
  const absence = node.absences;
  if (how === 'crash') for (const task of node.tasks) endContainer(world, task, 'node-crash');
  world.agenda.add(world.nowMs + world.detectMs, () => {
    if (node.state === 'away' && node.absences === absence) giveUpNode(world, node);
  });
  return true;
}

/** What still runs there and is wanted goes on; the managers learn what has ended meanwhile. */
function returnNode(world: World, node: Node | undefined): boolean {
  if (node === undefined || node.state === 'ready') return false;
  node.state = 'ready';
  world.index += 1;
  for (const task of node.tasks) {
    const hasDied = task.endedAtMs !== null;
    if (hasDied && task.wanted) {
      const lost = { state: 'failed', message: 'task: non-zero exit (255)', exitCode: 255 } as const;
      end(world, task, lost, 'node-crash');
    } else if (hasDied) end(world, task, { state: 'stopped', message: 'shutdown', exitCode: null }, 'node-crash');
    else if (!task.wanted) beginStop(world, task);
    wake(world, task.service, world.nowMs);
  }
  offerRoom(world);
  reconcileGlobal(world);
  return true;
}

function objectsOf(world: World, environment: string): readonly string[] {
  const live = [...(world.environments.get(environment) ?? [])].filter(({ isRemoved }) => !isRemoved);
  const networks = live.flatMap(({ object: { target } }) => target.workload.networks.map(({ network }) => network));
  const configs = [...world.configs.values()].filter((config) => config.environment === environment);
  return [...new Set([...networks, ...configs.map(({ name }) => name)])].toSorted();
}
