import type { SimulatedCluster } from '../../engine/simulated/simulation.ts';
import type { SimulatedDisk } from '../../store/simulated/disk.ts';
import type { Fleet, ServerProcess } from './fleet.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { Timeline } from './timeline.ts';

/** Every kind of trouble that the world can have, so that a test can see that each was had. */
export const chaosKinds = [
  'kill',
  'kill at a point',
  'kill while writing',
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
  'key folder full',
] as const;
export type ChaosKind = (typeof chaosKinds)[number];

/** How long a kill waits for something to be written, in ms. */
const writesAwaitedMost = 3_000;

/** What is wrong at the moment, and lasts. */
export interface TroubleState {
  /** All is over: what was to be mended later has been mended. */
  isOver: boolean;
  isRegistryDown: boolean;
  isSlow: boolean;
  isKeyFolderFull: boolean;
  /** Names of the processes that ever stood still. */
  readonly paused: Set<string>;
}

export interface TroubleParts {
  readonly scenario: Scenario;
  readonly clusters: ReadonlyMap<string, SimulatedCluster>;
  readonly disk: SimulatedDisk;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly fleetOf: () => Fleet;
  readonly state: TroubleState;
}

/** Lets one kind of trouble happen; false when there is nothing that it could happen to. */
type Happening = () => boolean;
type Troubles = Readonly<Record<ChaosKind, Happening>>;
type Later = (least: number, most: number, run: () => void) => void;

/** Every trouble by its kind. What lasts is mended after a while. */
export function createTroubles(parts: TroubleParts): Troubles {
  const { timeline, random, state } = parts;
  const later: Later = (least, most, run) => {
    timeline.after(random.between(least, most), null, () => {
      if (!state.isOver) run();
    });
  };
  return {
    ...lifeTroubles(parts),
    ...linkTroubles(parts, later),
    ...clusterTroubles(parts, later),
    ...otherTroubles(parts, later),
  };
}

/** Those of the lives of processes. */
function lifeTroubles({
  scenario,
  disk,
  timeline,
  random,
  fleetOf,
  state,
}: TroubleParts): Pick<
  Troubles,
  'kill' | 'kill at a point' | 'kill while writing' | 'stop' | 'pause' | 'second server'
> {
  /** As a supervisor: whatever ended is started again, unless another one runs and may. */
  const restartLater = (): void => {
    timeline.after(random.between(200, 6_000), null, () => {
      const room = scenario.isShared ? 2 : 1;
      if (fleetOf().living().length < room) fleetOf().start();
    });
  };
  /** Looks each ms whether something is on its way to the disk, so often at most. */
  const dieWhileCommitting = (process: ServerProcess, looks: number): void => {
    if (state.isOver || looks === 0 || !process.life.isAlive) return;
    if (disk.waiting() > 0) process.boundary.die();
    else timeline.after(1, null, () => dieWhileCommitting(process, looks - 1));
  };
  return {
    kill() {
      const process = someProcess(random, fleetOf());
      process?.boundary.die();
      if (process !== undefined) restartLater();
      return process !== undefined;
    },
    'kill at a point'() {
      const process = someProcess(random, fleetOf());
      process?.boundary.dieAfter(random.between(1, 60));
      // It may take a while; whoever is gone by then is started again.
      timeline.after(15_000, null, restartLater);
      return process !== undefined;
    },
    'kill while writing'() {
      const process = someProcess(random, fleetOf());
      const points = random.between(1, 6);
      if (points <= 3) process?.boundary.dieAtPoint(/a checkpoint|a key/, points);
      else if (process !== undefined) dieWhileCommitting(process, writesAwaitedMost);
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
      state.paused.add(process.name);
      return true;
    },
    'second server'() {
      if (!scenario.isShared || fleetOf().living().length > 1) return false;
      fleetOf().start();
      return true;
    },
  };
}

/** Those of the lines between processes and others. */
function linkTroubles(
  { scenario, clusters, random, fleetOf }: TroubleParts,
  later: Later,
): Pick<Troubles, 'cut from engine' | 'cut from store' | 'cluster unreachable'> {
  return {
    'cut from engine'() {
      const [process, cluster] = [someProcess(random, fleetOf()), someCluster(random, clusters)];
      if (process === undefined || cluster === undefined) return false;
      process.cutFrom.add(cluster.cluster);
      later(500, 25_000, () => process.cutFrom.delete(cluster.cluster));
      return true;
    },
    'cut from store'() {
      const process = someProcess(random, fleetOf());
      if (!scenario.isShared || process === undefined) return false;
      process.boundary.setCut(true);
      later(500, 60_000, () => process.boundary.setCut(false));
      return true;
    },
    'cluster unreachable'() {
      const cluster = someCluster(random, clusters);
      cluster?.setReachable(false);
      later(500, 25_000, () => cluster?.setReachable(true));
      return cluster !== undefined;
    },
  };
}

/** Those inside a cluster. */
function clusterTroubles(
  { clusters, random }: TroubleParts,
  later: Later,
): Pick<Troubles, 'task crash' | 'node crash' | 'node cut'> {
  function takeNode(how: 'crash' | 'cut'): boolean {
    const cluster = someCluster(random, clusters);
    const node = pickOf(random, cluster?.inspect().nodes.filter(({ state }) => state === 'ready') ?? []);
    if (cluster === undefined || node === undefined || !cluster.takeNode(node.name, how)) return false;
    later(1_000, 20_000, () => cluster.returnNode(node.name));
    return true;
  }
  return {
    'task crash'() {
      const cluster = someCluster(random, clusters);
      const running = cluster?.inspect().tasks.filter(({ endedAtMs }) => endedAtMs === null) ?? [];
      const task = pickOf(random, running);
      return task !== undefined && cluster?.crashTask(task.id) === true;
    },
    'node crash': () => takeNode('crash'),
    'node cut': () => takeNode('cut'),
  };
}

function otherTroubles(
  { disk, random, fleetOf, state }: TroubleParts,
  later: Later,
): Pick<Troubles, 'clock jump' | 'registry down' | 'disk full' | 'slow disk' | 'key folder full'> {
  return {
    'clock jump'() {
      const process = someProcess(random, fleetOf());
      process?.clock.jump(random.pick([-86_400_000, -60_000, -1_000, 1_000, 60_000, 86_400_000]));
      return process !== undefined;
    },
    'registry down'() {
      state.isRegistryDown = true;
      later(500, 8_000, () => {
        state.isRegistryDown = false;
      });
      return true;
    },
    'disk full'() {
      disk.failNext();
      return true;
    },
    'key folder full'() {
      state.isKeyFolderFull = true;
      later(500, 8_000, () => {
        state.isKeyFolderFull = false;
      });
      return true;
    },
    'slow disk'() {
      state.isSlow = true;
      later(500, 8_000, () => {
        state.isSlow = false;
      });
      return true;
    },
  };
}

function someProcess(random: Random, fleet: Fleet): ServerProcess | undefined {
  return pickOf(random, fleet.living());
}

function someCluster(random: Random, clusters: ReadonlyMap<string, SimulatedCluster>): SimulatedCluster | undefined {
  return pickOf(random, [...clusters.values()]);
}

function pickOf<T>(random: Random, list: readonly T[]): T | undefined {
  return list[random.between(0, Math.max(0, list.length - 1))];
}
