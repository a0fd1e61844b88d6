import { isFault } from '../../core/fault.ts';
import { defaultStartsAtOnce } from '../../core/platform.ts';
import { stepsOf, targetAfter, targetBefore, type Plan } from '../../core/plan.ts';
import { decide, goalKey, watched, type View, type Write } from '../../core/rollout/decide.ts';
import { fold } from '../../core/rollout/step.ts';
import type { Target } from '../../core/workload.ts';
import type { DeploymentRow } from '../../port/store.ts';
import { streams } from '../append.ts';
import { deploymentEvents } from '../deployments.ts';
import { withExcerpt } from './excerpt.ts';
import type { Hints } from './hints.ts';
import { beginRound, clustersIn, createMemory, takeIn, type Memory } from './memory.ts';
import { pollMs, storeDeadlineMs, within, type DriveParts } from './parts.ts';
import { record, type Followed } from './record.ts';
import { createSights, type Sight } from './sights.ts';
import { createWriting, type ClusterLimits, type WriteRound, type Writing } from './writing.ts';

/** How long a driver spends on learning the secrets of what it follows, in ms. */
const rememberMs = 5_000;

/** How many events one append takes; what is left is decided on again. */
const eventsMost = 200;

/** Reads a deployment from the ledger. */
export async function readFollowed(
  { store, blobs, clock }: Pick<DriveParts, 'store' | 'blobs' | 'clock'>,
  row: DeploymentRow,
  signal: AbortSignal,
): Promise<Followed> {
  const deadline = within(clock, storeDeadlineMs, signal);
  const plan = await blobs.read('plan', row.plan, deadline);
  const entries = await store.stream(streams.deployment(row.id), deadline);
  return {
    id: row.id,
    environment: row.environment,
    plan,
    rollout: fold(deploymentEvents(entries)),
    version: entries.length,
  };
}

/**
 * Drives one active deployment to its end: look, decide, record, act, wait; again. Whatever it finds recorded it goes
 * on from. Returns when the deployment has ended; rejects when the signal aborts or the store fails.
 */
export async function follow(
  parts: DriveParts,
  row: DeploymentRow,
  hints: Pick<Hints, 'attend' | 'wait'>,
  signal: AbortSignal,
): Promise<void> {
  let followed = await readFollowed(parts, row, signal);
  const targets = await targetsOf(parts, followed.plan, signal);
  const memory = createMemory(targets);
  parts.starts.introduce(row.id, underWay(followed, memory));
  const names = [...new Set(stepsOf(followed.plan).map((step) => step.spot.cluster))];
  hints.attend(row.id, { environment: row.environment, clusters: names });
  const sights = createSights(parts, row.environment, names);
  const writing = createWriting(parts);
  try {
    // Excerpts of logs are kept: what must not stand in them has to be known before the first is read.
    await rememberSecrets(parts, targets, signal);
    while (followed.rollout.phase !== 'ended') {
      beginRound(parts, followed, memory);
      const seen = await sights.round(signal);
      takeIn(parts, followed, memory, writing, seen);
      const clusters = clustersIn(memory, names, seen);
      followed = await act(
        parts,
        followed,
        { memory, clusters, limits: await limitsOf(parts, names) },
        writing,
        signal,
      );
      tellHolds(parts, row.id, seen, names);
      if (followed.rollout.phase !== 'ended') await hints.wait(row.id, pollMs);
      followed = await refresh(parts, followed, row, signal);
    }
    parts.starts.keep(row.id, []);
  } finally {
    await writing.end().catch(() => undefined);
  }
}

/** As far as the values can be had now: a source that is silent holds nothing up. */
async function rememberSecrets(
  { secrets, clock }: DriveParts,
  targets: ReadonlyMap<string, Target>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = within(clock, rememberMs, signal);
  try {
    for (const { workload } of targets.values()) await secrets.remember(workload, deadline);
  } catch (error) {
    if (signal.aborted || !deadline.aborted) throw error;
  }
}

/** What the ledger says is under way, with all the tasks that each goal may have starting. */
function underWay({ plan, rollout }: Followed, { targets }: Memory) {
  return watched(plan, rollout).map((goal) => ({
    goal,
    starts: goal.target === null ? 0 : (targets.get(goal.target)?.workload.replicas ?? 0),
  }));
}

/** One round on one view: records until nothing more follows from it, then writes. */
async function act(
  parts: DriveParts,
  start: Followed,
  round: Omit<WriteRound, 'followed'>,
  writing: Writing,
  signal: AbortSignal,
): Promise<Followed> {
  let followed = start;
  // Each pass records at least one event of a finite plan, so this ends.
  for (;;) {
    const {
      events: due,
      writes,
      held,
    } = decide(followed.plan, followed.rollout, viewOf(parts, followed, round, writing));
    const events = due.slice(0, eventsMost);
    if (events.length === 0) {
      tellHeld(parts, followed.id, held);
      await writing.begin(writes, { ...round, followed }, signal);
      return followed;
    }
    // After the end nothing of it may be on its way: others may change the same services from then on.
    if (events.some((event) => event.kind === 'deployment-ended')) await writing.end();
    const enriched = await Promise.all(events.map((event) => withExcerpt(parts, event, signal)));
    const blobs = enriched.flatMap(({ blob }) => (blob === null ? [] : [blob]));
    try {
      followed = await record(
        parts,
        followed,
        enriched.map(({ event }) => event),
        blobs,
        signal,
      );
    } catch (error) {
      if (!isFault(error, 'store.conflict')) throw error;
      return followed;
    }
    for (const { event } of enriched)
      parts.logger.info(event.kind, { deployment: followed.id, ...('step' in event ? { step: event.step } : {}) });
    if (followed.rollout.phase === 'ended') return followed;
  }
}

function viewOf(
  parts: DriveParts,
  { id, plan, rollout }: Followed,
  { memory, clusters, limits }: Omit<WriteRound, 'followed'>,
  writing: Writing,
): View {
  const limited = watched(plan, rollout).filter((goal) => parts.starts.pace({ deployment: id, goal }) === 'limited');
  // Within a round the phase may have changed: then nothing is known of its goals yet.
  const isKnown = memory.phase === rollout.phase;
  const { targets } = memory;
  const attention: View['attention'] = isKnown ? memory.attention : new Map();
  const refusals: View['refusals'] = isKnown ? memory.refusals : new Map();
  return {
    clusters,
    targets,
    attention,
    refusals,
    limited: new Set(limited.map(goalKey)),
    busy: new Set([...writing.busy(), ...memory.overtaken]),
    stepsAtOnce: Object.fromEntries([...limits].map(([name, { stepsAtOnce }]) => [name, stepsAtOnce])),
    blindBudgetMs: parts.blindBudgetMs,
  };
}

/** Says which clusters do not answer, and on which ones too many tasks are starting. */
function tellHolds(
  { notes, starts }: DriveParts,
  deployment: string,
  seen: ReadonlyMap<string, Sight>,
  names: readonly string[],
): void {
  for (const [name, { view }] of seen)
    notes.setHold(deployment, name, view.kind === 'blind' ? `cluster ${name}: ${view.message}` : null);
  const all = starts.all();
  for (const name of names) {
    const on = starts.waits(deployment, name) ? all.get(name) : undefined;
    const message = on === undefined ? null : `waits for starts on ${name}: ${on.underWay} of ${on.most} under way`;
    notes.setHold(deployment, `starts ${name}`, message);
  }
}

/** Says which writes wait for an update under way. */
function tellHeld({ notes }: DriveParts, deployment: string, held: readonly Write[]): void {
  const steps = held.map(({ step }) => step.id).join(', ');
  const message = held.length === 0 ? null : `${steps}: waits until the update under way has a task running`;
  notes.setHold(deployment, 'update under way', message);
}

/** Somebody else, such as a cancel, may have appended meanwhile. */
async function refresh(
  parts: DriveParts,
  followed: Followed,
  row: DeploymentRow,
  signal: AbortSignal,
): Promise<Followed> {
  const version = await parts.store.version(streams.deployment(row.id), within(parts.clock, storeDeadlineMs, signal));
  return version === followed.version ? followed : readFollowed(parts, row, signal);
}

async function limitsOf(
  { clusters, clock }: DriveParts,
  names: readonly string[],
): Promise<ReadonlyMap<string, ClusterLimits>> {
  const limits = new Map<string, ClusterLimits>();
  for (const name of names) {
    try {
      const { stepsAtOnce, startsAtOnce } = await clusters.definition(name, clock.timeout(storeDeadlineMs));
      limits.set(name, { stepsAtOnce, startsAtOnce: startsAtOnce ?? defaultStartsAtOnce });
    } catch (error) {
      if (!isFault(error, 'cluster.unknown')) throw error;
      // The cluster left the platform while the deployment was under way: it is blind there, and its budget decides.
      limits.set(name, { stepsAtOnce: 1, startsAtOnce: 1 });
    }
  }
  return limits;
}

/** Every target of a plan, by digest. */
async function targetsOf(
  { blobs, clock }: DriveParts,
  plan: Plan,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Target>> {
  const digests = new Set(
    stepsOf(plan)
      .flatMap((step) => [targetBefore(step), targetAfter(step)])
      .filter((digest) => digest !== null),
  );
  const deadline = within(clock, storeDeadlineMs, signal);
  return new Map(
    await Promise.all(
      [...digests].map(async (digest): Promise<[string, Target]> => [
        digest,
        await blobs.read('target', digest, deadline),
      ]),
    ),
  );
}
