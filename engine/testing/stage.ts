import assert from 'node:assert/strict';
import { isFault, type FaultCode } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import type { SeenTask, SeenWorkload, Sighting } from '../../core/sighting.ts';
import type { ConfigFile, Spot, Target, Workload } from '../../core/workload.ts';
import type { ApplyRequest, Engine, LogLine, Writer, Written } from '../../port/engine.ts';
import { sampleTarget, sampleWorkload } from './sample.ts';

/** What a driver brings to its contract. */
export interface EngineHarness {
  readonly engine: Engine;
  readonly images: {
    /** Becomes healthy, and writes a line at least every second. */
    readonly good: string;
    readonly goodNext: string;
    /** Writes `lost the database`, then ends with exit code 7, less than 5 s after its start. */
    readonly crashing: string;
    readonly unhealthy: string;
    /** Cannot be pulled. */
    readonly missing: string;
  };
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  /** Engine names of the networks and configs that the environment has. */
  leftovers(environment: string): Promise<readonly string[]>;
  volumes(): Promise<readonly string[]>;
  /** An engine of which nothing answers. */
  unreachable(): Promise<Engine>;
  tearDown(): Promise<void>;
}

export const installation = 'contract';
const pollMs = 250;
/** How long a wait may take, in time that the harness lets pass. */
const patienceMs = 45_000;

export type Stage = ReturnType<typeof createStage>;

/** The verbs of one test, all in one environment. */
export function createStage(harness: EngineHarness, environment: string) {
  const { engine, images } = harness;
  const look = async () => {
    const sighting = await engine.observe({ installation, environment }, limit());
    return { sighting, seen: sighting.workloads.find(({ service }) => service === 'cart') };
  };
  const until = async <T>(what: string, find: (sighting: Sighting) => T | undefined | false) => {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
      const { sighting } = await look();
      assert.deepEqual([sighting.complete, sighting.environment], [true, environment]);
      const found = find(sighting);
      if (found !== undefined && found !== false) return found;
      await harness.pass(pollMs);
    }
    return assert.fail(`not seen in time: ${what}; ${JSON.stringify((await look()).sighting.workloads)}`);
  };
  return {
    files: { ...configFiles, all: allFiles },
    look,
    until,
    target: (change: Partial<Workload> = {}, image = images.good) =>
      sampleTarget(sampleWorkload({ environment, cluster: engine.cluster, image }, change)),
    apply: async (
      target: Target,
      writer: Partial<Writer> = {},
      whenTasksFail: ApplyRequest['whenTasksFail'] = 'pause',
    ): Promise<Written> => await engine.apply({ ...requestOf(target, writer), whenTasksFail }, limit()),
    remove: async (writer: Partial<Writer> = {}): Promise<Written> => {
      const spot = { cluster: engine.cluster, service: 'cart', component: 'web' };
      return await engine.remove({ writer: writerOf(writer), environment, spot }, limit());
    },
    /** Removes configs that hold something else than these. */
    prune: async (keep: readonly ConfigFile[], writer: Partial<Writer> = {}): Promise<number> => {
      const contents = new Set(keep.map((config) => config.content));
      return await engine.prune({ writer: writerOf(writer), environment, keep: contents }, limit());
    },
    /** Removes what the test has made, so that it takes no time from the others. */
    clear: async () => {
      const writer = writerOf({ generation: 1_000 });
      const { workloads } = (await look()).sighting;
      for (const { cluster, service, component } of workloads)
        await engine.remove({ writer, environment, spot: { cluster, service, component } }, limit());
    },
    /** Waits until exactly the target's tasks run. */
    settled: async (target: Target): Promise<SeenWorkload> =>
      await until(`${target.workload.service} runs as wanted`, ({ workloads }) =>
        workloads.find((seen) => seen.service === target.workload.service && isSettled(seen, target)),
      ),
  };
}

const content = { list: Buffer.from('["tea"]\n'), otherList: Buffer.from('["tea", "coffee"]\n') };
const file = { config: 'list', target: '/list.json', mode: 0o444, uid: '0', gid: '0' };
export const configFiles = {
  list: { ...file, content: sha256(content.list) },
  otherList: { ...file, content: sha256(content.otherList) },
};
const allFiles = Object.values(configFiles);

export function writerOf(change: Partial<Writer>): Writer {
  return { installation, deployment: 'deployment-1', generation: 1, ...change };
}

export function requestOf(target: Target, writer: Partial<Writer> = {}): ApplyRequest {
  const files = new Map(Object.values(content).map((bytes) => [sha256(bytes), bytes]));
  return { writer: writerOf(writer), target, files, credentials: null, whenTasksFail: 'pause' };
}

export function spotOf({ cluster, service, component }: Workload): Spot {
  return { cluster, service, component };
}

export function isSettled(seen: SeenWorkload, { hash, release, workload }: Target): boolean {
  const fit = running(seen).filter((task) => task.workload === hash && task.wanted);
  const others = seen.tasks.filter(({ state }) => state === 'waiting' || state === 'starting');
  return (
    seen.release === release &&
    fit.length === workload.replicas &&
    running(seen).length === fit.length &&
    others.length === 0
  );
}

export function running(seen: SeenWorkload): readonly SeenTask[] {
  return seen.tasks.filter(({ state }) => state === 'running');
}

export function firstTask(workloads: readonly SeenWorkload[], state: SeenTask['state']) {
  return workloads.flatMap(({ tasks }) => tasks).find((task) => task.state === state);
}

export function only<T>(items: readonly T[]): T {
  const [item] = items;
  assert.equal(items.length, 1);
  assert.ok(item !== undefined);
  return item;
}

/** The bound of one call. */
export function limit(): AbortSignal {
  return AbortSignal.timeout(60_000);
}

export async function rejectsWith(code: FaultCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (cause: unknown) => isFault(cause, code));
}

export async function followLines(
  harness: EngineHarness,
  of: { readonly environment: string; readonly spot: Spot; readonly count: number },
): Promise<readonly LogLine[]> {
  const life = new AbortController();
  const signal = AbortSignal.any([life.signal, limit()]);
  const lines: LogLine[] = [];
  const reading = (async () => {
    for await (const line of harness.engine.logs({ ...of, tail: 1, follow: true }, signal)) {
      lines.push(line);
      if (lines.length === of.count) life.abort();
    }
  })();
  await whileTimePasses(harness, reading);
  return lines;
}

/** Lets time pass until a promise has settled. */
export async function whileTimePasses<T>(harness: EngineHarness, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  for (let waitedMs = 0; !isOver && waitedMs < patienceMs; waitedMs += pollMs) await harness.pass(pollMs);
  assert.ok(isOver, 'it did not end in time');
  return await promise;
}
