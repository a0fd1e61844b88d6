import type { DeploymentEvent } from '../event.ts';
import { unknownMost, type Cause } from '../outcome.ts';
import { targetBefore, type Plan, type Step } from '../plan.ts';
import { unreachable } from '../unreachable.ts';
import { revertWave, touchedSteps } from './position.ts';
import { progressOf, type Rollout } from './state.ts';
import { foldFrom, step as stepTo } from './step.ts';

/**
 * The events that end an unfinished deployment without asking anything of an engine: for a ledger that was recovered, and
 * so does not know what the engines did since. What waits is refused; what advances is cancelled and left as it is; of
 * what rolls back every step that is not settled has failed. None for what has ended. `by` is whoever recovers.
 */
export function abandon(plan: Plan, state: Rollout, by: string, message: string): readonly DeploymentEvent[] {
  switch (state.phase) {
    case 'none':
    case 'ended':
      return [];
    case 'queued': {
      const { deployment } = state.accepted;
      if (state.cancel === null) return [ended(deployment, 'refused', { kind: 'stale', message })];
      return [ended(deployment, 'cancelled', { kind: 'cancelled', by: state.cancel.by, left: false })];
    }
    case 'advancing':
      return abandonAdvance(plan, state, by, message);
    case 'reverting':
      return abandonRevert(plan, state, message);
    default:
      return unreachable(state);
  }
}

type Advancing = Extract<Rollout, { phase: 'advancing' }>;
type Reverting = Extract<Rollout, { phase: 'reverting' }>;

function abandonAdvance(plan: Plan, state: Advancing, by: string, message: string): readonly DeploymentEvent[] {
  const { deployment } = state.accepted;
  const touched = touchedSteps(plan, state.steps);
  const unknown = touched.filter((step) => progressOf(state.steps, step.id).kind !== 'verified').map(({ id }) => id);
  if (state.cancel === null) {
    const cause: Cause = { kind: 'cancelled', by, left: true };
    const request = { kind: 'cancel-requested', deployment, by, leave: true } as const;
    return [request, ended(deployment, 'cancelled', cause, unknown)];
  }
  const cause: Cause = { kind: 'cancelled', by: state.cancel.by, left: state.cancel.leave };
  if (state.cancel.leave || touched.length === 0) return [ended(deployment, 'cancelled', cause, unknown)];
  // Somebody asked for the way back, and it cannot be gone any more.
  const begun: DeploymentEvent = { kind: 'rollback-started', deployment, cause };
  const reverting = stepTo(state, begun);
  return reverting.phase === 'reverting' ? [begun, ...abandonRevert(plan, reverting, message)] : [begun];
}

function abandonRevert(plan: Plan, start: Reverting, message: string): readonly DeploymentEvent[] {
  const { deployment } = start.accepted;
  const folding = foldFrom(start);
  const events: DeploymentEvent[] = [];
  const take = (event: DeploymentEvent) => {
    events.push(event);
    folding.take(event);
  };
  const state = (): Reverting => {
    const now = folding.state();
    return now.phase === 'reverting' ? now : start;
  };
  // Each pass settles a whole wave of a finite plan, so this ends.
  for (let wave = revertWave(plan, start.steps); wave !== null; wave = revertWave(plan, state().steps)) {
    for (const step of wave) for (const event of failed(deployment, step, state(), message)) take(event);
  }
  const steps = touchedSteps(plan, state().steps);
  const unknown = steps.filter((step) => progressOf(state().steps, step.id).kind === 'revert-failed');
  const clean = start.cause.kind === 'cancelled' ? 'cancelled' : 'rolled-back';
  const outcome = unknown.length > 0 ? 'rollback-failed' : clean;
  take(
    ended(
      deployment,
      outcome,
      start.cause,
      unknown.map(({ id }) => id),
    ),
  );
  return events;
}

/** Gives up the way back of one step, if it is not settled. */
function failed(deployment: string, step: Step, { steps }: Reverting, message: string): readonly DeploymentEvent[] {
  const { kind } = progressOf(steps, step.id);
  if (kind === 'reverted' || kind === 'revert-failed') return [];
  const of = { deployment, step: step.id, spot: step.spot };
  const given: DeploymentEvent = { kind: 'revert-failed', ...of, cause: { kind: 'stale', message } };
  if (kind === 'reverting') return [given];
  return [{ kind: 'revert-started', ...of, target: targetBefore(step) }, given];
}

function ended(
  deployment: string,
  outcome: Extract<DeploymentEvent, { kind: 'deployment-ended' }>['outcome'],
  cause: Cause,
  unknown: readonly string[] = [],
): DeploymentEvent {
  return { kind: 'deployment-ended', deployment, outcome, cause, unknown: unknown.slice(0, unknownMost) };
}
