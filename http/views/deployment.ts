import type { DeploymentDetail } from '../../app/api.ts';
import type { Receipt } from '../../app/ledger-api.ts';
import { leafHash, readEvent, type LedgerEntry } from '../../core/ledger.ts';
import type { Cause } from '../../core/outcome.ts';
import { stepsOf, type Step } from '../../core/plan.ts';
import { progressOf, stepsIn } from '../../core/rollout/state.ts';
import type { SeenTask } from '../../core/sighting.ts';
import type { DeploymentRow } from '../../port/store.ts';
import type { DeploymentSummary, DeploymentView, TaskView } from '../../wire/deployment.ts';
import { causeView, type CauseParts } from './cause.ts';
import { nameOf, type Names } from './names.ts';
import { parameterViews, stepView, withheldViews } from './plan.ts';

interface Times {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** What the entries of a deployment's stream tell beyond its state. */
interface History {
  readonly startedAt: number | null;
  readonly reverting: boolean;
  readonly cancelRequested: boolean;
  readonly steps: ReadonlyMap<string, Times>;
}

/** Who had a hand in a deployment: who asked for it, and who cancelled it. */
export function actorsOf({ row, entries }: DeploymentDetail): readonly string[] {
  const events = entries.map(readEvent);
  return [row.actor, ...events.flatMap((event) => (event.kind === 'cancel-requested' ? [event.by] : []))];
}

/** Where the entries stand that accepted a deployment and that ended it. */
export function receiptsOf({ row, entries }: DeploymentDetail): {
  readonly accepted: Receipt;
  readonly ended: Receipt | null;
} {
  const [first] = entries;
  if (first === undefined) throw new Error(`the stream of ${row.id} is empty`);
  const end = entries.findLast(({ kind }) => kind === 'deployment-ended');
  return { accepted: placeOf(first), ended: end === undefined ? null : placeOf(end) };
}

function placeOf(entry: LedgerEntry): Receipt {
  return { sequence: entry.sequence, hash: leafHash(entry) };
}

/** A line of a list of deployments. */
export function deploymentSummary(row: DeploymentRow, names: Names): DeploymentSummary {
  const { id, environment, services, reason, phase, outcome, actor, acceptedAt, endedAt, sequence } = row;
  const actorName = nameOf(names, actor);
  const copied = [...services];
  return { id, environment, services: copied, reason, phase, outcome, actor, actorName, acceptedAt, endedAt, sequence };
}

/** A deployment with its waves and steps, how far each is, and why it ended as it did. */
export function deploymentView(
  detail: DeploymentDetail,
  { receipts, names }: { readonly receipts: DeploymentView['receipts']; readonly names: Names },
): DeploymentView {
  const { row, plan, rollout, entries } = detail;
  const told = { excerpts: detail.excerpts, names };
  const history = readHistory(entries);
  const cause = causeOf(detail);
  return {
    ...deploymentSummary(row, names),
    plan: row.plan,
    version: entries.length,
    startedAt: history.startedAt,
    reverting: history.reverting,
    cancelRequested: history.cancelRequested,
    cause: cause === null ? null : causeView(cause, told),
    waitsFor: detail.waitsFor.map(({ deployment, services }) => ({ deployment, services: [...services] })),
    holds: [...detail.holds],
    waves: plan.waves.map((wave) => wave.map((step) => stepOf(detail, step, told, history.steps.get(step.id)))),
    receipts,
    parameters: parameterViews(plan),
    withheld: withheldViews(plan),
    simulated: [...plan.simulated],
    unknown: rollout.phase === 'ended' ? [...rollout.unknown] : [],
  };
}

type StepOfDeployment = DeploymentView['waves'][number][number];

function stepOf(detail: DeploymentDetail, step: Step, told: CauseParts, times: Times | undefined): StepOfDeployment {
  const progress = progressOf(stepsIn(detail.rollout), step.id);
  const cause = 'cause' in progress ? progress.cause : null;
  const seen = detail.progress.get(step.id);
  const isUnderWay = progress.kind === 'started' || progress.kind === 'reverting';
  return {
    ...stepView(step),
    state: progress.kind,
    cause: cause === null ? null : causeView(cause, told),
    progress: seen?.text ?? null,
    tasks: isUnderWay ? (seen?.tasks ?? []).map(taskView) : [],
    startedAt: times?.startedAt ?? null,
    endedAt: times?.endedAt ?? null,
  };
}

function taskView({ name, node, state, wanted, current, message, changedAtMs }: SeenTask): TaskView {
  return { name, node, state, wanted, current, message, changedAt: changedAtMs };
}

/** The recorded cause; while nothing is recorded for the whole, that of the first step that failed. */
function causeOf({ rollout, plan }: DeploymentDetail): Cause | null {
  if (rollout.phase === 'ended' || rollout.phase === 'reverting') return rollout.cause;
  const causes = stepsOf(plan).map((step) => {
    const progress = progressOf(stepsIn(rollout), step.id);
    return progress.kind === 'failed' ? progress.cause : null;
  });
  return causes.find((cause) => cause !== null) ?? null;
}

/**
 * A step starts with its first event, and ends with the newest one that ends it, until a revert starts; what is left
 * under way ends with the deployment. It goes back from the first failure or cancel on, unless what is there is left.
 */
function readHistory(entries: DeploymentDetail['entries']): History {
  const steps = new Map<string, Times>();
  let startedAt: number | null = null;
  let isLeft = false;
  let reverting = false;
  let cancelRequested = false;
  for (const entry of entries) {
    const event = readEvent(entry);
    if (event.kind === 'deployment-accepted') isLeft = event.onFailure === 'leave';
    if (event.kind === 'deployment-started') startedAt = entry.time;
    if (event.kind === 'cancel-requested') cancelRequested = true;
    if (event.kind === 'step-failed' && !isLeft) reverting = true;
    if (event.kind === 'cancel-requested' && !event.leave) reverting = true;
    if (event.kind === 'rollback-started') reverting = true;
    if (event.kind === 'deployment-ended') endAll(steps, entry.time);
    if (!('step' in event)) continue;
    const isStart = event.kind === 'step-started' || event.kind === 'revert-started';
    const began = steps.get(event.step)?.startedAt ?? entry.time;
    steps.set(event.step, { startedAt: began, endedAt: isStart ? null : entry.time });
  }
  return { startedAt, reverting, cancelRequested, steps };
}

function endAll(steps: Map<string, Times>, endedAt: number): void {
  for (const [id, times] of steps) if (times.endedAt === null) steps.set(id, { ...times, endedAt });
}
