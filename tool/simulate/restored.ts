import type { Actor } from '../../app/api.ts';
import { everywhere } from '../../core/access.ts';
import { isFault } from '../../core/fault.ts';
import { readCheckpoint, readReceipt } from '../../core/ledger-evidence.ts';
import { readEvent } from '../../core/ledger.ts';
import { parseVerifierKey } from '../../core/tree/note.ts';
import type { InspectedService } from '../../engine/simulated/inspection.ts';
import type { SimulatedDisk } from '../../store/simulated/disk.ts';
import type { Reader } from '../../store/sqlite/reader.ts';
import { signalNever } from './asking.ts';
import { auditAgainst, headOf } from './audit/signing-audit.ts';
import type { ServerProcess } from './fleet.ts';
import type { KeyFiles } from './key-folder.ts';
import type { World } from './world.ts';

/** What a backup holds: so many entries, and the key folder as it was then. */
export interface Backup {
  readonly sequence: number;
  readonly files: KeyFiles;
}

export interface RestoreParts {
  readonly world: World;
  readonly disk: SimulatedDisk;
  readonly reader: Reader;
}

/** How long a start, a wait in which nothing may happen, a recovery, and a deployment may take, in ms. */
const most = { startMs: 60_000, idleMs: 15_000, recoverMs: 240_000, deployMs: 240_000 } as const;

const operator: Actor = {
  id: 't-operator',
  name: 'operator',
  role: 'admin',
  scope: everywhere,
  session: null,
  expiresAt: null,
};

/**
 * The end of a history: the machine is lost, and a backup is put in its place, with the key folder as it was last or as it
 * was then. A server that starts on it must know what it has lost, do nothing until an operator recovers it, and
 * then go on, wherever it is killed.
 */
export async function restoreBackup(parts: RestoreParts): Promise<void> {
  const { world, disk, reader } = parts;
  const { random, fleet, folders, trace, backups, findings } = world;
  const draw = random.fork('restore');
  const backup = backups[draw.between(Math.floor(backups.length / 4), Math.floor(backups.length * 0.9))];
  const folder = folders.get(0);
  if (backup === undefined || folder === undefined) return;
  for (const process of fleet.living()) process.boundary.die();
  disk.use({ schedule: (ms, run) => void world.timeline.after(ms, null, run), flushMs: () => draw.between(1, 5) });
  const isFolderKept = draw.chance(0.5);
  if (!isFolderKept) folder.putBack(backup.files);
  const lost = reader.entries(backup.sequence, 10_000);
  const truth = createTruth(parts, backup, folder.files());
  disk.cutBack(backup.sequence);
  Object.assign(world.restored, { isOver: true, isBehind: truth.isBehind });
  trace.add('world', `is restored to ${backup.sequence} entries, ${lost.length} fewer; folder kept: ${isFolderKept}`);
  const process = await startAgain(world);
  if (process?.running === null || process === null) return failed('no server starts on it');
  if (process.running?.needsRecovery() !== truth.isBehind) {
    const told = truth.isBehind
      ? `what it lost is not noticed: ${truth.because}`
      : 'it lost nothing that anybody knows of';
    return findings.violated('only a ledger that lost entries is taken for one', told);
  }
  trace.count(truth.isBehind ? `restored, told by ${truth.because}` : 'restored, nothing is known to be lost');
  if (!truth.isBehind) return;
  await checkOnlyRead(parts, truth);
  const highest = highestGeneration(world);
  if (!(await recover(world, draw.chance(0.7) ? draw.between(1, 90) : Infinity))) return failed('it is not recovered');
  await checkGoesOn(parts, highest, failed);
  checkEvidence(parts, backup);

  function failed(message: string): void {
    findings.violated('a recovered ledger goes on', message);
  }
}

/** What is known about the loss from outside. */
interface Truth {
  readonly isBehind: boolean;
  readonly because: 'checkpoint' | 'engine';
}

function createTruth({ world, reader }: RestoreParts, { sequence }: Backup, { published }: KeyFiles): Truth {
  const kept = reader.entries(0, sequence);
  const deployments = new Set(kept.map(({ stream }) => stream));
  const granted = Math.max(0, ...kept.filter(({ kind }) => kind === 'lease-granted').map((entry) => entry.sequence));
  const isAhead = ({ deployment, generation }: InspectedService) =>
    generation > granted || !deployments.has(`deployment/${deployment}`);
  const isSigned = (headOf(published)?.size ?? 0) > sequence;
  const isOnEngine = [...world.clusters.values()].some((cluster) => cluster.inspect().services.some(isAhead));
  return { isBehind: isSigned || isOnEngine, because: isSigned ? 'checkpoint' : 'engine' };
}

/** Starts a server, and again whenever it dies, until one is ready; null when none is in time. */
async function startAgain({ fleet, timeline }: World): Promise<ServerProcess | null> {
  if (fleet.living().length === 0) fleet.start();
  await timeline.runUntil(() => fleet.ready().length > 0, timeline.nowMs() + most.startMs);
  return fleet.ready()[0] ?? null;
}

async function checkOnlyRead({ world, reader }: RestoreParts, { because }: Truth): Promise<void> {
  const { clients, folders, timeline, clusters, findings } = world;
  const state = () => ({
    entries: reader.head().sequence,
    published: folders.get(0)?.files().published,
    writes: [...clusters.values()].map((cluster) => cluster.inspect().writes.length),
  });
  const before = JSON.stringify(state());
  let accepted = false;
  void clients.deployAnew('operator').then((id) => (accepted = id !== null));
  await timeline.runUntil(() => false, timeline.nowMs() + most.idleMs);
  const after = JSON.stringify(state());
  if (accepted || after !== before)
    findings.violated(
      'a ledger that lost entries is only read until it is recovered',
      `told by ${because}: ${before} became ${after}`,
    );
}

/** As an operator who tries until it is done; the server is killed once on the way. */
async function recover(world: World, points: number): Promise<boolean> {
  const { fleet, clock, timeline, trace } = world;
  let isDone = false;
  fleet.ready()[0]?.boundary.dieAfter(points);
  async function attempt(): Promise<void> {
    const running = fleet.ready()[0]?.running;
    if (running === undefined || running === null) return;
    const at = clock.timeout(20_000);
    try {
      const { confirm } = await running.recovery.report(at);
      if (confirm !== null) await running.recovery.recover(operator, confirm, at);
      isDone = !running.needsRecovery();
      trace.add('operator', confirm === null ? 'finds it recovered' : 'recovered the ledger');
    } catch (error) {
      if (!isFault(error) && !at.aborted) throw error;
      trace.add('operator', `cannot recover yet: ${String(error)}`);
    }
  }
  async function insist(): Promise<void> {
    while (!isDone) {
      if (fleet.living().length === 0) {
        trace.count('killed while recovering');
        fleet.start();
      }
      // A process that dies never answers: nobody waits for it.
      await Promise.race([attempt(), clock.sleep(25_000, signalNever)]);
      if (!isDone) await clock.sleep(1_000, signalNever);
    }
  }
  void insist();
  return await timeline.runUntil(() => isDone, timeline.nowMs() + most.recoverMs);
}

async function checkGoesOn(
  { world, reader }: RestoreParts,
  highest: number,
  failed: (message: string) => void,
): Promise<void> {
  const { clients, fleet, timeline } = world;
  for (const { boundary } of fleet.living()) boundary.dieAfter(Infinity);
  const before = reader.head().sequence;
  let id: string | null | undefined;
  void clients.deployAnew('operator').then((made) => (id = made));
  const outcome = () => (typeof id === 'string' ? (reader.deployment(id)?.outcome ?? null) : null);
  await timeline.runUntil(() => id === null || outcome() !== null, timeline.nowMs() + most.deployMs);
  // There are worlds in which no plan for everything can be made; the releases are recorded all the same.
  const isRecorded = id === null && reader.head().sequence > before;
  if (!isRecorded && outcome() !== 'succeeded')
    failed(`a deployment after it: ${id ?? 'none'}, ${outcome() ?? 'no end'}`);
  const low = [...world.clusters.values()].flatMap((cluster) =>
    cluster.inspect().services.filter(({ deployment, generation }) => deployment === id && generation <= highest),
  );
  if (low.length > 0) failed(`${low[0]?.name} bears generation ${low[0]?.generation}, which was used before`);
}

function highestGeneration({ clusters }: World): number {
  return Math.max(
    0,
    ...[...clusters.values()].flatMap((cluster) => cluster.inspect().writes.map(({ generation }) => generation)),
  );
}

/** The new ledger is whole by what it signs itself, and what it lost is no part of it. */
function checkEvidence({ world, reader }: RestoreParts, { sequence }: Backup): void {
  const { folders, findings, signing } = world;
  const entries = reader.entries(0, 10_000);
  // A key that was changed after the backup cannot name the next one: that one has to be given.
  const keys = entries.flatMap((entry) => {
    const event = entry.kind === 'signing-key-changed' ? readEvent(entry) : null;
    const isUnnamed = event?.kind === 'signing-key-changed' && event.handover === null;
    return isUnnamed ? (parseVerifierKey(event.key) ?? []) : [];
  });
  const newest = readCheckpoint('the newest checkpoint', folders.get(0)?.files().published ?? '');
  const problem = newest === null ? 'nothing is signed' : auditAgainst(entries, [newest], keys);
  if (problem !== null) findings.violated('a recovered ledger goes on', `its newest checkpoint: ${problem}`);
  for (const text of signing.receipts()) {
    const receipt = readReceipt('a receipt of before', text);
    const size = headOf(receipt?.note ?? null)?.size ?? 0;
    if (receipt !== null && size > sequence && auditAgainst(entries, [receipt], keys) === null)
      findings.violated('a signed head is never taken back', `a receipt over ${size} entries is proven by other ones`);
  }
}
