import type { FaultChoice, FaultPolicy } from '../../engine/simulated/faults.ts';
import type { Fleet, ServerProcess } from './fleet.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
import { chaosKinds, createTroubles, type ChaosKind, type TroubleParts, type TroubleState } from './trouble.ts';

export interface ChaosParts extends Omit<TroubleParts, 'fleetOf' | 'state'> {
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
  isKeyFolderFull(): boolean;
  /** Names of the processes that ever stood still. */
  paused(): ReadonlySet<string>;
  flushMs(): number;
}

export function createChaos(parts: ChaosParts, fleetOf: () => Fleet): Chaos {
  const { scenario, clusters, timeline, random, trace } = parts;
  const state: TroubleState = {
    isOver: false,
    isRegistryDown: false,
    isSlow: false,
    isKeyFolderFull: false,
    paused: new Set(),
  };
  const troubles = createTroubles({ ...parts, fleetOf, state });
  const faultRandom = random.fork('engine faults');
  let isReigning = false;

  function strike(kind: ChaosKind): void {
    if (!troubles[kind]()) return;
    trace.count(`chaos ${kind}`);
    trace.add('chaos', kind);
  }
  return {
    reign(events, forMs) {
      isReigning = true;
      for (let count = 0; count < events; count += 1) {
        const kind = random.pick(chaosKinds);
        timeline.after(random.between(0, forMs), null, () => {
          if (!state.isOver) strike(kind);
        });
      }
    },
    end() {
      isReigning = false;
      state.isOver = true;
      state.isRegistryDown = false;
      state.isSlow = false;
      state.isKeyFolderFull = false;
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
    isRegistryDown: () => state.isRegistryDown,
    isKeyFolderFull: () => state.isKeyFolderFull,
    paused: () => state.paused,
    flushMs: () => (state.isSlow ? random.between(500, 20_000) : random.between(1, 5)),
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
