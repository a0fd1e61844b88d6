import type { FaultChoice, FaultPolicy } from '../../engine/simulated/faults.ts';
import type { SimulatedCluster } from '../../engine/simulated/simulation.ts';
import type { SimulatedDisk } from '../../store/simulated/disk.ts';
import type { Fleet, ServerProcess } from './fleet.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

export interface ChaosParts {
  readonly scenario: Scenario;
  readonly fleet: Fleet;
  readonly clusters: ReadonlyMap<string, SimulatedCluster>;
  readonly disk: SimulatedDisk;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: Trace;
}

/** What goes wrong, and when. */
export interface Chaos {
  /** Lets so many things go wrong within the time given. */
  reign(events: number, forMs: number): void;
  /** Ends all of it: everything is mended, and somebody runs. */
  end(): void;
  faultsOf(process: ServerProcess, cluster: string): FaultPolicy;
  isRegistryDown(): boolean;
  /** Names of the processes that ever stood still. */
  paused(): ReadonlySet<string>;
  flushMs(): number;
}

/** Every kind of trouble that the world can have, so that a test can see that each was had. */
export const chaosKinds = [
  'kill',
  'kill at a point',
  'stop',
  'pause',
  'second server',
  'cut from engine',
  'cut from store',
  'clock jump',
  'task crash',
  'node crash',
  'node cut',
  'cluster unreachable',
  'registry down',
  'disk full',
  'slow disk',
] as const;
type ChaosKind = (typeof chaosKinds)[number];

export function createChaos(parts: Omit<ChaosParts, 'fleet'>, fleetOf: () => Fleet): Chaos {
  const { scenario, clusters, disk, timeline, random, trace } = parts;
  let [isOver, isRegistryDown, isSlow, isReigning] = [false, false, false, false];
  const paused = new Set<string>();
  const faultRandom = random.fork('engine faults');

  const someProcess = () => pickOf(random, fleetOf().living());
  const someCluster = () => pickOf(random, [...clusters.values()]);
  const later = (least: number, most: number, run: () => void): void => {
    timeline.after(random.between(least, most), null, () => {
      if (!isOver) run();
    });
  };
  /** As a supervisor: whatever ended is started again, unless another one runs and may. */
  const restartLater = (): void => {
    timeline.after(random.between(200, 6_000), null, () => {
      const room = scenario.isShared ? 2 : 1;
      if (fleetOf().living().length < room) fleetOf().start();
    });
  };
  const happen: Readonly<Record<ChaosKind, () => boolean>> = {
    kill() {
      const process = someProcess();
      process?.boundary.die();
      if (process !== undefined) restartLater();
      return process !== undefined;
    },
    'kill at a point'() {
      const process = someProcess();
      process?.boundary.dieAfter(random.between(1, 60));
      // It may take a while; whoever is gone by then is started again.
      timeline.after(15_000, null, restartLater);
      return process !== undefined;
    },
    stop() {
      const process = pickOf(random, fleetOf().ready());
      if (process === undefined) return false;
      void fleetOf().stop(process).then(restartLater);
      return true;
    },
    pause() {
      const process = pickOf(random, fleetOf().ready());
      if (process === undefined || process.life.pause !== null) return false;
      const forMs = random.between(500, 50_000);
      process.clock.suspend(forMs);
      paused.add(process.name);
      return true;
    },
    'second server'() {
      if (!scenario.isShared || fleetOf().living().length > 1) return false;
      fleetOf().start();
      return true;
    },
    'cut from engine'() {
      const [process, cluster] = [someProcess(), someCluster()];
      if (process === undefined || cluster === undefined) return false;
      process.cutFrom.add(cluster.cluster);
      later(500, 25_000, () => process.cutFrom.delete(cluster.cluster));
      return true;
    },
    'cut from store'() {
      const process = someProcess();
      if (!scenario.isShared || process === undefined) return false;
      process.boundary.setCut(true);
      later(500, 60_000, () => process.boundary.setCut(false));
      return true;
    },
    'clock jump'() {
      const process = someProcess();
      process?.clock.jump(random.pick([-86_400_000, -60_000, -1_000, 1_000, 60_000, 86_400_000]));
      return process !== undefined;
    },
    'task crash'() {
      const cluster = someCluster();
      const running = cluster?.inspect().tasks.filter(({ endedAtMs }) => endedAtMs === null) ?? [];
      const task = pickOf(random, running);
      return task !== undefined && cluster?.crashTask(task.id) === true;
    },
    'node crash': () => takeNode('crash'),
    'node cut': () => takeNode('cut'),
    'cluster unreachable'() {
      const cluster = someCluster();
      cluster?.setReachable(false);
      later(500, 25_000, () => cluster?.setReachable(true));
      return cluster !== undefined;
    },
    'registry down'() {
      isRegistryDown = true;
      later(500, 8_000, () => {
        isRegistryDown = false;
      });
      return true;
    },
    'disk full'() {
      disk.failNext();
      return true;
    },
    'slow disk'() {
      isSlow = true;
      later(500, 8_000, () => {
        isSlow = false;
      });
      return true;
    },
  };
  function takeNode(how: 'crash' | 'cut'): boolean {
    const cluster = someCluster();
    const node = pickOf(random, cluster?.inspect().nodes.filter(({ state }) => state === 'ready') ?? []);
    if (cluster === undefined || node === undefined || !cluster.takeNode(node.name, how)) return false;
    later(1_000, 20_000, () => cluster.returnNode(node.name));
    return true;
  }
  function strike(kind: ChaosKind): void {
    if (!happen[kind]()) return;
    trace.count(`chaos ${kind}`);
    trace.add('chaos', kind);
  }
  return {
    reign(events, forMs) {
      isReigning = true;
      for (let count = 0; count < events; count += 1) {
        const kind = random.pick(chaosKinds);
        later(0, forMs, () => strike(kind));
      }
    },
    end() {
      [isOver, isRegistryDown, isSlow, isReigning] = [true, false, false, false];
      for (const cluster of clusters.values()) {
        cluster.setReachable(true);
        for (const { name } of cluster.inspect().nodes) cluster.returnNode(name);
      }
      for (const process of fleetOf().living()) {
        process.boundary.setCut(false);
        process.boundary.dieAfter(Infinity);
        process.cutFrom.clear();
      }
      trace.add('chaos', 'ends');
      if (fleetOf().living().length === 0) fleetOf().start();
    },
    faultsOf: (process, cluster) => (call) => {
      if (process.cutFrom.has(cluster)) return { kind: 'lost', applied: false, hangs: faultRandom.chance(0.5) };
      if (!isReigning || !faultRandom.chance(scenario.troubled)) return { kind: 'none' };
      const choice = someFault(faultRandom);
      trace.count(`fault ${choice.kind}`);
      trace.add(process.name, `meets ${choice.kind} at ${call.request} ${call.name ?? ''}`);
      return choice;
    },
    isRegistryDown: () => isRegistryDown,
    paused: () => paused,
    flushMs: () => (isSlow ? random.between(500, 20_000) : random.between(1, 5)),
  };
}

function someFault(random: Random): FaultChoice {
  switch (random.between(0, 5)) {
    case 0:
      return { kind: 'delayed', requestMs: random.between(0, 1_500), answerMs: random.between(0, 4_000) };
    case 1:
      return { kind: 'lost', applied: random.chance(0.5), hangs: random.chance(0.5) };
    case 2:
      return { kind: 'repeated', afterMs: random.between(0, 1_500), answer: random.pick(['first', 'second']) };
    case 3:
      return { kind: 'failed', applied: random.chance(0.5) };
    case 4:
      return { kind: 'stale', byMs: random.between(100, 3_000) };
    default:
      return { kind: 'incomplete', lacks: random.pick(['services', 'tasks']) };
  }
}

function pickOf<T>(random: Random, list: readonly T[]): T | undefined {
  return list[random.between(0, Math.max(0, list.length - 1))];
}
