import { Fault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import type { FaultPolicy } from '../../engine/simulated/faults.ts';
import type { Engine } from '../../port/engine.ts';
import type { Logger } from '../../port/logger.ts';
import type { Registry } from '../../port/registry.ts';
import type { AppendRequest, Store } from '../../port/store.ts';
import type { SimulatedDisk } from '../../store/simulated/disk.ts';
import { openSimulatedStore, type SimulatedStore } from '../../store/simulated/store.ts';
import type { Reader } from '../../store/sqlite/reader.ts';
import { createBoundary, type Boundary } from './boundary.ts';
import type { KeyFolder } from './key-folder.ts';
import { linkEngine } from './linked-engine.ts';
import { linkStore } from './linked-store.ts';
import { createProcessClock, type ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import { startServer, type RunningServer } from './server.ts';
import type { Life, Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** One process of the control plane, from its start to its end. */
export interface ServerProcess {
  readonly name: string;
  /** Which machine it runs on, from 0; a machine has one process at a time. */
  readonly machine: number;
  readonly life: Life;
  readonly boundary: Boundary;
  readonly clock: ProcessClock;
  /** Null until it has started. */
  running: RunningServer | null;
  /** By cluster: whether nothing gets through to it. */
  readonly cutFrom: Set<string>;
}

export interface FleetParts {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly random: Random;
  readonly disk: SimulatedDisk;
  readonly reader: Reader;
  readonly isShared: boolean;
  readonly platformText: string;
  readonly connect: (cluster: string, process: ServerProcess, faults: FaultPolicy) => Engine;
  /** Trouble of one connection, as the chaos of the moment has it. */
  readonly faultsOf: (process: ServerProcess, cluster: string) => FaultPolicy;
  readonly keyFolderOf: (machine: number) => KeyFolder;
  readonly isRegistryDown: () => boolean;
  readonly onDeath: () => void;
  /** Something went wrong that no fault of the world explains. */
  readonly onBug: (message: string) => void;
  /** A process takes the ledger for one that was restored from a backup. */
  readonly onBehind: (message: string) => void;
  readonly onAsked: (request: AppendRequest) => void;
  readonly onAcknowledged: (entries: Awaited<ReturnType<Store['append']>>['entries']) => void;
}

/** The processes of the control plane. */
export interface Fleet {
  start(): ServerProcess;
  living(): readonly ServerProcess[];
  /** Those that can be asked. */
  ready(): readonly ServerProcess[];
  /** Ends a process between two of its steps, in order. */
  stop(process: ServerProcess): Promise<void>;
}

export function createFleet(parts: FleetParts): Fleet {
  const { timeline, trace, random, disk } = parts;
  const all: ServerProcess[] = [];
  let started = 0;
  let ids = 0;

  function start(): ServerProcess {
    started += 1;
    const name = `server-${started}`;
    const life: Life = { name, isAlive: true, pause: null };
    const clock = createProcessClock(timeline, life, random.between(-2_000, 2_000));
    const store = openSimulatedStore({ disk, clock, exclusive: !parts.isShared, reader: parts.reader });
    const boundary = createBoundary({ timeline, random: random.fork(name), life, onDeath: (about) => die(about) });
    const machine = freeMachine(all);
    const process: ServerProcess = { name, machine, life, boundary, clock, running: null, cutFrom: new Set() };
    const die = (about: string): void => {
      trace.add(name, `is killed ${about}`);
      trace.count(`killed ${about.replace(/ on .*/, '')}`);
      parts.onDeath();
      store.crash(() => {
        const fate = random.pick(['kept', 'lost', 'torn', 'torn'] as const);
        trace.count(`commit ${fate}`);
        return fate;
      });
    };
    all.push(process);
    trace.add(name, 'starts');
    void boot(process, store);
    return process;
  }
  /** As a supervisor would: a server that cannot start is started again, until it can. */
  async function boot(process: ServerProcess, store: SimulatedStore): Promise<void> {
    const { name, clock, boundary } = process;
    try {
      process.running = await startServer(
        {
          store: linkStore(acknowledging(store, parts), boundary),
          clock,
          registry: registryOf(process, parts),
          logger: loggerOf(process, parts),
          openEngine: (cluster) =>
            linkEngine(parts.connect(cluster, process, parts.faultsOf(process, cluster)), boundary),
          openSigner: (signer) => parts.keyFolderOf(process.machine).open(signer, boundary),
          newId: () => `${(ids += 1).toString(36).padStart(6, '0')}`,
          platformText: parts.platformText,
        },
        clock.timeout(60_000),
      );
      trace.add(name, 'is ready');
    } catch (error) {
      trace.add(name, `cannot start: ${String(error)}`);
      boundary.die();
      timeline.after(1_000, null, () => void start());
    }
  }
  return {
    start,
    living: () => all.filter(({ life }) => life.isAlive),
    ready: () => all.filter(({ life, running }) => life.isAlive && running !== null),
    async stop(process) {
      trace.add(process.name, 'is asked to stop');
      await process.running?.stop();
      trace.add(process.name, 'has stopped');
      process.life.isAlive = false;
    },
  };
}

function freeMachine(processes: readonly ServerProcess[]): number {
  const taken = new Set(processes.flatMap(({ life, machine }) => (life.isAlive ? [machine] : [])));
  let machine = 0;
  while (taken.has(machine)) machine += 1;
  return machine;
}

function acknowledging(store: SimulatedStore, { onAsked, onAcknowledged }: FleetParts): Store {
  return {
    ...store,
    async append(request, signal) {
      onAsked(request);
      const appended = await store.append(request, signal);
      onAcknowledged(appended.entries);
      return appended;
    },
  };
}

function registryOf({ boundary }: ServerProcess, { isRegistryDown }: FleetParts): Registry {
  const ask = <T>(what: string, answer: T): Promise<T> =>
    boundary.near(what, async () => {
      if (!isRegistryDown()) return await Promise.resolve(answer);
      throw new Fault('registry.unreachable', 'The registry does not answer.', { next: 'Wait until it is back.' });
    });
  return {
    resolve: (reference) =>
      ask('resolving an image', {
        resolved: `${reference}@sha256:${sha256(reference)}`,
        hasHealthCheck: true,
      }),
    inspect: async () =>
      await Promise.reject(new Fault('image.unresolved', 'A simulated image tells nothing of itself.')),
    artifacts: async () => await Promise.resolve({ asked: [], documents: [], known: 0, passedOver: [] }),
    credentials: () => ask('asking for credentials', null),
  };
}

function loggerOf({ name, life }: ServerProcess, { trace, onBug, onBehind }: FleetParts): Logger {
  const tell = (message: string, facts: object | undefined): void => {
    if (life.isAlive) trace.add(name, `${message} ${JSON.stringify(facts ?? {}).slice(0, 300)}`);
  };
  return {
    info: tell,
    warn: tell,
    error(message, facts) {
      tell(message, facts);
      const given = facts?.['reason'];
      if (!life.isAlive) return;
      if (typeof given !== 'string') onBehind(`${name}: ${message}`);
      else if (isBug(given)) onBug(`${name}: ${message}: ${given}`);
    },
  };
}

/** Faults tell of the world, deadlines too; any other error is one of the program's own. */
function isBug(reason: string): boolean {
  return !/^(Fault|TimeoutError|AbortError)/.test(reason) && !reason.includes('The deadline has passed');
}
