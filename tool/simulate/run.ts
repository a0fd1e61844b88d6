import { DatabaseSync } from 'node:sqlite';
import { createSimulatedDisk, type SimulatedDisk } from '../../store/simulated/disk.ts';
import { createRememberingReader } from '../../store/simulated/remembering-reader.ts';
import { createReader, type Reader } from '../../store/sqlite/reader.ts';
import { auditEngine } from './audit/engine-audit.ts';
import type { Violation } from './audit/findings.ts';
import { auditRest } from './audit/outcome-audit.ts';
import { restoreBackup } from './restored.ts';
import type { Trace } from './trace.ts';
import { clusterOf, createWorld, type World } from './world.ts';

/** What became of one seed. */
export interface Report {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Digest of the trace: the same seed gives the same. */
  readonly digest: string;
  readonly lines: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly simulatedMs: number;
  readonly moments: number;
}

/** How long clients and chaos have, and how long it may take to come to rest once both have ended, in ms. */
const workMost = 300_000;
const restMost = 400_000;

/** Two takeovers and the restart of what crashed: after this nothing is on its way any more, in ms. */
const afterglowMs = 8_000;

/** Of the seeds with one server: the share at whose end the ledger is lost and restored. */
const restoredShare = 0.4;

/** A disk that is used for one seed after the other. */
export interface Laboratory {
  run(seed: number): Promise<Report>;
  close(): void;
}

export function createLaboratory(): Laboratory {
  const disk = createSimulatedDisk();
  const database = new DatabaseSync(disk.location);
  const reader = createRememberingReader(createReader(database), () => disk.changes());
  return {
    async run(seed) {
      // Stacks of expected errors are a good part of a run's cost, and its trace tells more.
      const before = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      try {
        return await runSeed(seed, disk, reader);
      } finally {
        Error.stackTraceLimit = before;
      }
    },
    close() {
      database.close();
      disk.close();
    },
  };
}

async function runSeed(seed: number, disk: SimulatedDisk, reader: Reader): Promise<Report> {
  disk.erase();
  const world = createWorld(seed, disk, reader);
  await play(world);
  const { scenario, findings, clusters, fleet } = world;
  auditRest(scenario.clusters, { reader, findings, inspect: (name) => clusterOf(clusters, name).inspect() });
  judge(world);
  if (!scenario.isShared && findings.all().length === 0 && world.random.fork('end').chance(restoredShare))
    await restoreBackup({ world, disk, reader });
  for (const { life } of fleet.living()) life.isAlive = false;
  const { trace, timeline } = world;
  return {
    seed,
    violations: findings.all(),
    digest: trace.digest(),
    lines: trace.lines(),
    counts: trace.counts(),
    simulatedMs: timeline.nowMs(),
    moments: timeline.moments(),
  };
}

/** First the environment is filled, then things go wrong while clients work, then all must come to rest. */
async function play({ scenario, random, timeline, fleet, clients, chaos, watch, findings }: World): Promise<void> {
  const { audit } = watch;
  fleet.start();
  if (scenario.isShared && random.chance(0.7)) fleet.start();
  const isQuiet = () => audit.unfinished().length === 0;
  let isDone = false;
  void clients.install().then(() => (isDone = true));
  await timeline.runUntil(() => isDone && isQuiet(), workMost);
  const beganMs = timeline.nowMs();
  chaos.reign(random.between(0, 6), 20_000);
  const count = random.between(1, 2);
  const working = Array.from({ length: count }, (_, index) =>
    clients.work(`client-${index + 1}`, random.between(1, 2)),
  );
  let left = count;
  for (const one of working) void one.then(() => (left -= 1));
  await timeline.runUntil(() => left === 0 && timeline.nowMs() >= beganMs + 20_000, beganMs + workMost);
  chaos.end();
  const isAtRest = await timeline.runUntil(() => left === 0 && isQuiet(), timeline.nowMs() + restMost);
  const open = audit.unfinished().map(({ id, rollout }) => `${id} is ${rollout.phase}`);
  if (!isAtRest) findings.violated('every deployment ends', `${open.join(', ')}; ${left} clients still ask`);
  await timeline.runUntil(() => false, timeline.nowMs() + afterglowMs);
}

/** Looks back on all that was done. */
function judge({ scenario, findings, clusters, watch, signing, chaos, trace }: World): void {
  const startsAtOnce = misleads(trace) ? Infinity : scenario.startsAtOnce;
  const { services } = scenario;
  for (const [name, cluster] of clusters)
    auditEngine(name, cluster.inspect(), { ...watch, findings, services, startsAtOnce, paused: chaos.paused() });
  watch.audit.finish();
  signing.finish();
}

/** Whether a look told of the past: it may show a write, and an older progress of it. */
function misleads(trace: Trace): boolean {
  return trace.counts().has('fault stale');
}
