import { DatabaseSync } from 'node:sqlite';
import { workloadName } from '../../core/names.ts';
import { createSimulatedCluster } from '../../engine/simulated/cluster.ts';
import { connect } from '../../engine/simulated/connection.ts';
import type { SimulatedCluster } from '../../engine/simulated/simulation.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../store/simulated/disk.ts';
import { createReader, type Reader } from '../../store/sqlite/reader.ts';
import { createDeadlineAudit, type DeadlineAudit } from './audit/deadline-audit.ts';
import { auditEngine, type EngineAuditParts } from './audit/engine-audit.ts';
import { createFindings, type Findings, type Violation } from './audit/findings.ts';
import { createLedgerAudit, type LedgerAudit } from './audit/ledger-audit.ts';
import { auditOutcome, auditRest } from './audit/outcome-audit.ts';
import { createChaos } from './chaos.ts';
import { createClients } from './clients.ts';
import { createFleet } from './fleet.ts';
import { createProcessClock } from './process-clock.ts';
import { createRandom } from './random.ts';
import { behaviourOf, environment, makeScenario, platformText } from './scenario.ts';
import { createTimeline } from './timeline.ts';
import { createTrace, type Trace } from './trace.ts';

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

/** A disk that is used for one seed after the other. */
export interface Laboratory {
  run(seed: number): Promise<Report>;
  close(): void;
}

export function createLaboratory(): Laboratory {
  const disk = createSimulatedDisk();
  const database = new DatabaseSync(disk.location);
  const reader = createReader(database);
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
  const random = createRandom(seed);
  const timeline = createTimeline();
  const nowMs = () => timeline.nowMs();
  const trace = createTrace(nowMs);
  const findings = createFindings(({ property, message }) => trace.add('VIOLATION', `${property}: ${message}`));
  const scenario = makeScenario(random.fork('scenario'));
  trace.add('scenario', JSON.stringify(scenario));
  const worldClock = createProcessClock(timeline, { name: 'world', isAlive: true, pause: null }, 0);
  const clusters = new Map(
    scenario.clusters.map((cluster, index) => [
      cluster,
      createSimulatedCluster({
        cluster,
        clock: worldClock,
        seed: seed * 2 + index,
        nodes: ['a', 'b', 'c'].map((name) => ({ name: `${cluster}-${name}`, manager: name === 'a', labels: {} })),
        behaviour: behaviourOf,
        detectMs: 3_000,
        rememberMs: 5_000,
      }),
    ]),
  );
  const deadlines = createDeadlineAudit(findings);
  const { audit, grants, begun, reverted } = startAudit({
    reader,
    findings,
    clusters,
    trace,
    deadlines,
    nowMs,
  });
  const chaos = createChaos({ scenario, clusters, disk, timeline, random: random.fork('chaos'), trace }, () => fleet);
  disk.use({
    schedule: (ms, run) => void timeline.after(ms, null, run),
    flushMs: () => chaos.flushMs(),
    onDurable: () => audit.readOn(),
  });
  const fleet = createFleet({
    timeline,
    trace,
    random: random.fork('fleet'),
    disk,
    reader,
    isShared: scenario.isShared,
    platformText: platformText(scenario),
    connect: (cluster, { name, clock }, faults) =>
      connect(clusterOf(clusters, cluster), { connection: name, clock, faults }),
    faultsOf(process, cluster) {
      const faults = chaos.faultsOf(process, cluster);
      return (call) => {
        if (call.request === 'list') deadlines.looked(process.name, cluster, timeline.nowMs());
        return faults(call);
      };
    },
    isRegistryDown: () => chaos.isRegistryDown(),
    onDeath() {
      for (const { rollout } of audit.unfinished()) trace.count(`killed while ${rollout.phase}`);
    },
    onBug: (message) => findings.violated('nothing fails for a reason of its own', message),
    onAsked: (request) => audit.asked(request),
    onAcknowledged: (_, entries) => audit.acknowledged(entries),
  });
  const clients = createClients({
    scenario,
    fleet,
    clock: worldClock,
    random: random.fork('clients'),
    trace,
    findings,
  });
  fleet.start();
  if (scenario.isShared && random.chance(0.7)) fleet.start();
  await play();
  for (const [name, cluster] of clusters)
    auditEngine(name, cluster.inspect(), {
      findings,
      services: scenario.services,
      startsAtOnce: misleads(trace) ? Infinity : scenario.startsAtOnce,
      grants,
      begun,
      reverted,
      paused: chaos.paused(),
    });
  audit.finish();
  return {
    seed,
    violations: findings.all(),
    digest: trace.digest(),
    lines: trace.lines(),
    counts: trace.counts(),
    simulatedMs: timeline.nowMs(),
    moments: timeline.moments(),
  };

  /** First the environment is filled, then things go wrong while clients work, then all must come to rest. */
  async function play(): Promise<void> {
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
    auditRest(scenario.clusters, { reader, findings, inspect: (name) => clusterOf(clusters, name).inspect() });
    for (const { life } of fleet.living()) life.isAlive = false;
  }
}

interface AuditParts {
  readonly reader: Reader;
  readonly findings: Findings;
  readonly clusters: ReadonlyMap<string, SimulatedCluster>;
  readonly trace: Trace;
  readonly deadlines: DeadlineAudit;
  readonly nowMs: () => number;
}

/** Hears every entry as it becomes durable, and has each check look at it. */
function startAudit({
  reader,
  findings,
  clusters,
  trace,
  deadlines,
  nowMs,
}: AuditParts): Pick<EngineAuditParts, 'grants' | 'begun' | 'reverted'> & { readonly audit: LedgerAudit } {
  const grants = new Map<number, number>();
  const begun = new Map<string, number>();
  const reverted = new Map<string, number>();
  const inspect = (name: string) => clusterOf(clusters, name).inspect();
  const audit = createLedgerAudit(reader, findings, (entry, event, of) => {
    trace.add('ledger', `${entry.sequence} ${entry.stream} ${event.kind}${'step' in event ? ` ${event.step}` : ''}`);
    trace.count(`entry ${event.kind}`);
    if (event.kind === 'lease-granted') grants.set(entry.sequence, nowMs());
    if (event.kind === 'step-started' || event.kind === 'revert-started') {
      const key = `${event.deployment} ${event.spot.cluster} ${workloadName({ environment, ...event.spot })}`;
      if (!begun.has(key)) begun.set(key, nowMs());
      if (event.kind === 'revert-started') reverted.set(key, nowMs());
    }
    if (event.kind === 'deployment-ended') {
      trace.add('ledger', `${event.deployment} ended ${event.outcome} ${JSON.stringify(event.cause)}`);
      trace.count(`outcome ${event.outcome}`);
    }
    const last = of?.events.at(-1);
    if (of === null || last === undefined) return;
    deadlines.recorded(last, nowMs());
    auditOutcome(of, last, { reader, findings, inspect });
  });
  return { audit, grants, begun, reverted };
}

/** Whether something happened after which a sighting does not tell how many tasks will be starting. */
function misleads(trace: Trace): boolean {
  const kinds = ['fault stale', 'chaos task crash', 'chaos node crash', 'chaos node cut'];
  return kinds.some((kind) => trace.counts().has(kind));
}

function clusterOf(clusters: ReadonlyMap<string, SimulatedCluster>, name: string): SimulatedCluster {
  const cluster = clusters.get(name);
  if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
  return cluster;
}
