import { isFault } from '../../core/fault.ts';
import { attend, type Attention } from '../../core/rollout/attention.ts';
import {
  assessIn,
  decide,
  goalKey,
  watched,
  type ClusterView,
  type Refusal,
  type View,
  type Write,
} from '../../core/rollout/decide.ts';
import { fold } from '../../core/rollout/step.ts';
import { stepsOf, targetAfter, targetBefore, type Plan } from '../../core/plan.ts';
import type { Assessment } from '../../core/rollout/assess.ts';
import type { SeenTask } from '../../core/sighting.ts';
import { spotName, type Spot, type Target } from '../../core/workload.ts';
import type { DeploymentRow } from '../../port/store.ts';
import { streams } from '../append.ts';
import { deploymentEvents } from '../deployments.ts';
import type { Look } from '../looks.ts';
import { withExcerpt } from './excerpt.ts';
import { pollMs, storeDeadlineMs, within, type DriveParts } from './parts.ts';
import { record, type Followed } from './record.ts';
import { write } from './write.ts';

/** What one driver remembers between two looks; lost with the process, and nothing depends on it. */
interface Memory {
  attention: ReadonlyMap<string, Attention>;
  readonly refusals: Map<string, Refusal>;
}

/** How many events one append takes; what is left is decided on again. */
const eventsMost = 200;

/** Reads a deployment from the ledger. */
export async function readFollowed(
  { store, blobs }: DriveParts,
  row: DeploymentRow,
  signal: AbortSignal,
): Promise<Followed> {
  const deadline = within(storeDeadlineMs, signal);
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
  wait: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let followed = await readFollowed(parts, row, signal);
  const targets = await targetsOf(parts, followed.plan, signal);
  const memory: Memory = { attention: new Map(), refusals: new Map() };
  while (followed.rollout.phase !== 'ended') {
    const view = await look(parts, followed, targets, memory);
    followed = await act(parts, followed, view, memory, signal);
    if (followed.rollout.phase !== 'ended') await wait(pollMs);
    followed = await refresh(parts, followed, row, signal);
  }
}

/** One round on one view: records until nothing more follows from it, then writes. */
async function act(
  parts: DriveParts,
  start: Followed,
  view: View,
  memory: Memory,
  signal: AbortSignal,
): Promise<Followed> {
  let followed = start;
  // Each pass records at least one event of a finite plan, so this ends.
  for (;;) {
    const { events: due, writes } = decide(followed.plan, followed.rollout, view);
    const events = due.slice(0, eventsMost);
    if (events.length === 0) {
      await Promise.all(writes.map((goal) => carryOut(parts, followed, goal, memory, signal)));
      return followed;
    }
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

/** Somebody else, such as a cancel, may have appended meanwhile. */
async function refresh(
  parts: DriveParts,
  followed: Followed,
  row: DeploymentRow,
  signal: AbortSignal,
): Promise<Followed> {
  const version = await parts.store.version(streams.deployment(row.id), within(storeDeadlineMs, signal));
  return version === followed.version ? followed : readFollowed(parts, row, signal);
}

async function carryOut(
  parts: DriveParts,
  followed: Followed,
  goal: Write,
  memory: Memory,
  signal: AbortSignal,
): Promise<void> {
  const result = await write(parts, followed, goal, signal);
  const hold = result.kind === 'later' ? `${goal.step.id}: ${result.message}` : null;
  parts.notes.setHold(followed.id, goalKey(goal), hold);
  if (result.kind === 'refused') memory.refusals.set(goalKey(goal), result.refusal);
}

async function look(
  parts: DriveParts,
  followed: Followed,
  targets: ReadonlyMap<string, Target>,
  memory: Memory,
): Promise<View> {
  const names = [...new Set(stepsOf(followed.plan).map((step) => step.spot.cluster))];
  const looks = await Promise.all(
    names.map(async (name): Promise<[string, ClusterView]> => [
      name,
      toView(await parts.looks.look(name, followed.environment)),
    ]),
  );
  for (const [name, view] of looks) {
    parts.notes.setHold(followed.id, name, view.kind === 'blind' ? `cluster ${name}: ${view.message}` : null);
  }
  const clusters = Object.fromEntries(looks);
  const goals = watched(followed.plan, followed.rollout);
  const nowMs = parts.clock.monotonic();
  const attention = new Map<string, Attention>();
  for (const goal of goals) {
    const assessment = assessIn({ clusters, targets }, followed.id, goal);
    attention.set(goalKey(goal), attend(memory.attention.get(goalKey(goal)), assessment, nowMs));
    const tasks = tasksAt(clusters[goal.step.spot.cluster], goal.step.spot);
    parts.notes.setProgress(followed.id, goal.step.id, tell(assessment), tasks);
  }
  memory.attention = attention;
  const stepsAtOnce = Object.fromEntries(
    await Promise.all(names.map(async (name): Promise<[string, number]> => [name, await stepsAtOnceOf(parts, name)])),
  );
  return { clusters, targets, attention, refusals: memory.refusals, stepsAtOnce, blindBudgetMs: parts.blindBudgetMs };
}

async function stepsAtOnceOf({ clusters }: DriveParts, cluster: string): Promise<number> {
  try {
    return (await clusters.definition(cluster, AbortSignal.timeout(storeDeadlineMs))).stepsAtOnce;
  } catch (error) {
    // The cluster left the platform while the deployment was under way: it is blind there, and its budget decides.
    if (isFault(error, 'cluster.unknown')) return 1;
    throw error;
  }
}

function toView(look: Look): ClusterView {
  if (look.kind === 'blind') return look;
  if (!look.sighting.complete) return { kind: 'blind', message: look.sighting.gaps.join('; ') };
  return {
    kind: 'seen',
    workloads: new Map(look.sighting.workloads.map((workload) => [spotName(workload), workload])),
  };
}

function tasksAt(view: ClusterView | undefined, spot: Spot): readonly SeenTask[] {
  return view?.kind === 'seen' ? (view.workloads.get(spotName(spot))?.tasks ?? []) : [];
}

function tell(assessment: Assessment | null): string {
  if (assessment === null) return 'not seen';
  switch (assessment.kind) {
    case 'unwritten':
      return 'to be written';
    case 'converging':
      return `${assessment.running} of ${assessment.wanted} running${assessment.trouble === null || assessment.trouble.message === '' ? '' : `; ${assessment.trouble.message}`}`;
    case 'failing':
      return `failing: ${assessment.task.message}`;
    case 'reached':
      return 'reached; watching';
  }
}

/** Every target of a plan, by digest. */
async function targetsOf({ blobs }: DriveParts, plan: Plan, signal: AbortSignal): Promise<ReadonlyMap<string, Target>> {
  const digests = new Set(
    stepsOf(plan)
      .flatMap((step) => [targetBefore(step), targetAfter(step)])
      .filter((digest) => digest !== null),
  );
  const deadline = within(storeDeadlineMs, signal);
  return new Map(
    await Promise.all(
      [...digests].map(async (digest): Promise<[string, Target]> => [
        digest,
        await blobs.read('target', digest, deadline),
      ]),
    ),
  );
}
