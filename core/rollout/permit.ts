import type { DeploymentEvent } from '../event.ts';
import type { Outcome } from '../outcome.ts';
import type { Plan } from '../plan.ts';
import { unreachable } from '../unreachable.ts';
import { currentWave, isRevertSettled, revertWave, touchedSteps } from './position.ts';
import { progressOf, stepsIn, type Rollout, type StepProgress, type Steps } from './state.ts';

/**
 * Whether an event may be appended to a deployment in this state: null, or the reason why not. The one place that
 * knows which moves are legal; `step` folds whatever is recorded.
 */
export function permit(plan: Plan, state: Rollout, event: DeploymentEvent): string | null {
  if (event.kind === 'deployment-accepted') return state.phase === 'none' ? null : 'it was accepted before';
  if (state.phase === 'none') return 'it was never accepted';
  if (state.phase === 'ended') return 'it has ended';
  if (event.deployment !== state.accepted.deployment) return 'the event is of another deployment';
  switch (event.kind) {
    case 'deployment-started':
      if (state.phase !== 'queued') return 'it was started before';
      return state.cancel === null ? null : 'its cancel was requested';
    case 'step-started':
      if (state.phase !== 'advancing') return `no step starts while it is ${state.phase}`;
      if (state.cancel !== null) return 'its cancel was requested';
      return permitStart(plan, state, event.step);
    case 'step-verified':
    case 'step-failed':
      if (state.phase !== 'advancing') return `no step ends while it is ${state.phase}`;
      return expectProgress(state, event.step, ['started']);
    case 'cancel-requested':
      if (state.phase === 'reverting') return 'it is rolling back already';
      return state.cancel === null ? null : 'its cancel was requested before';
    case 'rollback-started':
      return permitRollback(plan, state);
    case 'revert-started':
      return permitRevert(plan, state, event.step);
    case 'revert-verified':
    case 'revert-failed':
      if (state.phase !== 'reverting') return 'it is not rolling back';
      return expectProgress(state, event.step, ['reverting']);
    case 'deployment-ended':
      return permitEnd(plan, state, event.outcome);
    default:
      return unreachable(event);
  }
}

function permitStart(plan: Plan, state: Rollout, id: string): string | null {
  const steps = stepsIn(state);
  if (hasFailure(steps)) return 'a step has failed';
  const wave = currentWave(plan, steps);
  if (wave === null || !wave.some((step) => step.id === id)) return `step ${id} is not in the current wave`;
  return expectProgress(state, id, ['waiting']);
}

function permitRollback(plan: Plan, state: Rollout): string | null {
  if (state.phase !== 'advancing') return 'a rollback starts once, from a deployment that advances';
  if (touchedSteps(plan, state.steps).length === 0) return 'nothing was touched';
  const failed = hasFailure(state.steps);
  return failed || state.cancel !== null ? null : 'nothing failed and nobody cancelled';
}

function permitRevert(plan: Plan, state: Rollout, id: string): string | null {
  if (state.phase !== 'reverting') return 'it is not rolling back';
  const wave = revertWave(plan, state.steps);
  if (wave === null || !wave.some((step) => step.id === id))
    return `step ${id} is not in the wave that is reverted now`;
  return expectProgress(state, id, ['started', 'verified', 'failed']);
}

function permitEnd(plan: Plan, state: Exclude<Rollout, { phase: 'none' | 'ended' }>, outcome: Outcome): string | null {
  switch (state.phase) {
    case 'queued':
      if (state.cancel !== null) return outcome === 'cancelled' ? null : 'its cancel was requested';
      return outcome === 'refused' || outcome === 'superseded' ? null : `what waits cannot end ${outcome}`;
    case 'advancing':
      return permitEndAdvancing(plan, state, outcome);
    case 'reverting': {
      const touched = touchedSteps(plan, state.steps);
      if (!touched.every((step) => isRevertSettled(state.steps, step.id))) return 'its rollback is not finished';
      const failed = touched.some((step) => progressOf(state.steps, step.id).kind === 'revert-failed');
      const expected = failed ? 'rollback-failed' : state.cause.kind === 'cancelled' ? 'cancelled' : 'rolled-back';
      return outcome === expected ? null : `its rollback ends ${expected}, not ${outcome}`;
    }
    default:
      return unreachable(state);
  }
}

function permitEndAdvancing(
  plan: Plan,
  state: Extract<Rollout, { phase: 'advancing' }>,
  outcome: Outcome,
): string | null {
  const failed = hasFailure(state.steps);
  switch (outcome) {
    case 'succeeded':
      return currentWave(plan, state.steps) === null ? null : 'not every step is verified';
    case 'failed':
      if (!failed) return 'no step has failed';
      return state.accepted.onFailure === 'leave' ? null : 'it has to roll back first';
    case 'cancelled':
      if (state.cancel === null) return 'nobody cancelled it';
      return state.cancel.leave || touchedSteps(plan, state.steps).length === 0 ? null : 'it has to roll back first';
    case 'rolled-back':
    case 'rollback-failed':
    case 'refused':
    case 'superseded':
      return `what advances cannot end ${outcome}`;
    default:
      return unreachable(outcome);
  }
}

function hasFailure(steps: Steps): boolean {
  for (const id in steps) if (progressOf(steps, id).kind === 'failed') return true;
  return false;
}

function expectProgress(state: Rollout, id: string, kinds: readonly StepProgress['kind'][]): string | null {
  const { kind } = progressOf(stepsIn(state), id);
  return kinds.includes(kind) ? null : `step ${id} is ${kind}`;
}
