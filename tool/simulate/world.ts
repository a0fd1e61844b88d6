import { workloadName } from '../../core/names.ts';
import { createSimulatedCluster } from '../../engine/simulated/cluster.ts';
import { connect } from '../../engine/simulated/connection.ts';
import type { SimulatedCluster } from '../../engine/simulated/simulation.ts';
import type { SimulatedDisk } from '../../store/simulated/disk.ts';
import type { Reader } from '../../store/sqlite/reader.ts';
import { createDeadlineAudit, type DeadlineAudit } from './audit/deadline-audit.ts';
import type { EngineAuditParts } from './audit/engine-audit.ts';
import { createFindings, type Findings } from './audit/findings.ts';
import { createLedgerAudit, type LedgerAudit } from './audit/ledger-audit.ts';
import { auditOutcome } from './audit/outcome-audit.ts';
import { createSigningAudit, type SigningAudit } from './audit/signing-audit.ts';
import { createChaos, type Chaos } from './chaos.ts';
import { createClients, type Clients } from './clients.ts';
import { createFleet, type Fleet, type FleetParts } from './fleet.ts';
import { createKeyFolder, type KeyFolder } from './key-folder.ts';
import { createProcessClock, type ProcessClock } from './process-clock.ts';
import { createRandom, type Random } from './random.ts';
import type { Backup } from './restored.ts';
import { behaviourOf, environment, makeScenario, platformText, type Scenario } from './scenario.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createTrace, type Trace } from './trace.ts';

/** All that a seed makes, with those that watch it. */
export interface World {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly timeline: Timeline;
  /** Of nobody in particular: it never dies. */
  readonly clock: ProcessClock;
  readonly trace: Trace;
  readonly findings: Findings;
  readonly clusters: ReadonlyMap<string, SimulatedCluster>;
  readonly watch: Watch;
  readonly signing: SigningAudit;
  /** By machine. */
  readonly folders: ReadonlyMap<number, KeyFolder>;
  /** What could be restored: one of each moment at which something had become durable. */
  readonly backups: readonly Backup[];
  readonly restored: Restored;
  readonly chaos: Chaos;
  readonly fleet: Fleet;
  readonly clients: Clients;
}

/** What became of the ledger in the end. */
interface Restored {
  /** Whether it was put back: what comes then is another history, which is not kept. */
  isOver: boolean;
  /** Whether it was put back to less than somebody knows of it. */
  isBehind: boolean;
}

/** What is kept of the ledger as it grows, for checks after the fact. */
export interface Watch extends Pick<EngineAuditParts, 'grants' | 'begun' | 'reverted' | 'ended'> {
  readonly audit: LedgerAudit;
  readonly deadlines: DeadlineAudit;
}

/** Makes the world of a seed on an empty disk; nothing runs in it yet. */
export function createWorld(seed: number, disk: SimulatedDisk, reader: Reader): World {
  const random = createRandom(seed);
  const timeline = createTimeline();
  const trace = createTrace(() => timeline.nowMs());
  const findings = createFindings(({ property, message }) => trace.add('VIOLATION', `${property}: ${message}`));
  const scenario = makeScenario(random.fork('scenario'));
  trace.add('scenario', JSON.stringify(scenario));
  const clock = createProcessClock(timeline, { name: 'world', isAlive: true, pause: null }, 0);
  const clusters = createClusters(seed, scenario, clock);
  const restored: Restored = { isOver: false, isBehind: false };
  const signing = createSigningAudit(findings);
  const watch = startWatch({ reader, findings, clusters, trace, signing, nowMs: () => timeline.nowMs() });
  const chaos = createChaos(
    { scenario, clusters, disk, timeline, random: random.fork('chaos'), trace },
    (): Fleet => fleet,
  );
  disk.use({
    schedule: (ms, run) => void timeline.after(ms, null, run),
    flushMs: () => chaos.flushMs(),
    onDurable() {
      watch.audit.readOn();
      const files = folders.get(0)?.files();
      if (files !== undefined) backups.push({ sequence: reader.head().sequence, files });
    },
  });
  const backups: Backup[] = [];
  const folders = new Map<number, KeyFolder>();
  const keyFolderOf = (machine: number): KeyFolder => {
    const known = folders.get(machine) ?? makeKeyFolder(seed, machine, { chaos, signing, trace, restored });
    folders.set(machine, known);
    return known;
  };
  const fleet = createFleet({
    timeline,
    trace,
    disk,
    reader,
    random: random.fork('fleet'),
    isShared: scenario.isShared,
    platformText: platformText(scenario),
    keyFolderOf,
    ...surroundings({ timeline, trace, findings, clusters, watch, chaos, restored }),
  });
  const onReceipt = (sequence: number, receipt: string) => {
    if (!restored.isOver) signing.given(sequence, receipt);
  };
  const clients = createClients({ scenario, fleet, clock, random: random.fork('clients'), trace, findings, onReceipt });
  const watched = { watch, signing, folders, backups, restored };
  return { scenario, random, timeline, clock, trace, findings, clusters, ...watched, chaos, fleet, clients };
}

function makeKeyFolder(
  seed: number,
  machine: number,
  { chaos, signing, trace, restored }: Pick<World, 'chaos' | 'signing' | 'trace' | 'restored'>,
): KeyFolder {
  return createKeyFolder({
    seed: `seed ${seed} machine ${machine}`,
    isFull: () => chaos.isKeyFolderFull(),
    onPublished(note) {
      trace.count('checkpoint published');
      if (!restored.isOver) signing.published(`machine ${machine}`, note);
    },
  });
}

function createClusters(seed: number, scenario: Scenario, clock: ProcessClock): ReadonlyMap<string, SimulatedCluster> {
  return new Map(
    scenario.clusters.map((cluster, index) => [
      cluster,
      createSimulatedCluster({
        cluster,
        clock,
        seed: seed * 2 + index,
        nodes: ['a', 'b', 'c'].map((name) => ({ name: `${cluster}-${name}`, manager: name === 'a', labels: {} })),
        behaviour: behaviourOf,
        detectMs: 3_000,
        rememberMs: 5_000,
      }),
    ]),
  );
}

/** What processes find around them, with an ear at each line. */
function surroundings({
  timeline,
  trace,
  findings,
  clusters,
  watch: { audit, deadlines },
  chaos,
  restored,
}: Pick<World, 'timeline' | 'trace' | 'findings' | 'clusters' | 'watch' | 'chaos' | 'restored'>): Pick<
  FleetParts,
  'connect' | 'faultsOf' | 'isRegistryDown' | 'onDeath' | 'onBug' | 'onBehind' | 'onAsked' | 'onAcknowledged'
> {
  return {
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
    onBehind(message) {
      if (!restored.isBehind) findings.violated('only a ledger that lost entries is taken for one', message);
    },
    onAsked: (request) => audit.asked(request),
    onAcknowledged: (entries) => audit.acknowledged(entries),
  };
}

interface WatchParts {
  readonly reader: Reader;
  readonly findings: Findings;
  readonly clusters: ReadonlyMap<string, SimulatedCluster>;
  readonly trace: Trace;
  readonly signing: SigningAudit;
  readonly nowMs: () => number;
}

/** Hears every entry as it becomes durable, and has each check look at it. */
function startWatch({ reader, findings, clusters, trace, signing, nowMs }: WatchParts): Watch {
  const deadlines = createDeadlineAudit(findings);
  const grants = new Map<number, number>();
  const begun = new Map<string, number>();
  const reverted = new Map<string, number>();
  const ended = new Map<string, number>();
  const inspect = (name: string) => clusterOf(clusters, name).inspect();
  const audit = createLedgerAudit(reader, findings, (entry, event, of) => {
    trace.add('ledger', `${entry.sequence} ${entry.stream} ${event.kind}${'step' in event ? ` ${event.step}` : ''}`);
    trace.count(`entry ${event.kind}`);
    signing.grown(entry, event);
    if (event.kind === 'lease-granted') grants.set(entry.sequence, nowMs());
    if (event.kind === 'step-started' || event.kind === 'revert-started') {
      const key = `${event.deployment} ${event.spot.cluster} ${workloadName({ environment, ...event.spot })}`;
      if (!begun.has(key)) begun.set(key, nowMs());
      if (event.kind === 'revert-started') reverted.set(key, nowMs());
    }
    if (event.kind === 'deployment-ended') {
      ended.set(event.deployment, nowMs());
      trace.add('ledger', `${event.deployment} ended ${event.outcome} ${JSON.stringify(event.cause)}`);
      trace.count(`outcome ${event.outcome}`);
    }
    const last = of?.events.at(-1);
    if (of === null || last === undefined) return;
    deadlines.recorded(last, nowMs());
    auditOutcome(of, last, { reader, findings, inspect });
  });
  return { audit, deadlines, grants, begun, reverted, ended };
}

/** Throws for a cluster that is not there. */
export function clusterOf(clusters: ReadonlyMap<string, SimulatedCluster>, name: string): SimulatedCluster {
  const cluster = clusters.get(name);
  if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
  return cluster;
}
