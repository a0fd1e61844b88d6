import type { DeploymentEvent } from '../event.ts';
import { unreachable } from '../unreachable.ts';
import { noRollout, progressOf, stepsIn, type Rollout, type StepProgress } from './state.ts';

/**
 * Folds one recorded event into the state. Never refuses: what is on the ledger happened. An event that `permit` would
 * not have let through leaves the state as it is.
 */
export function step(state: Rollout, event: DeploymentEvent): Rollout {
  if (event.kind === 'deployment-accepted') {
    if (state.phase !== 'none') return state;
    const { deployment, environment, onFailure } = event;
    return { phase: 'queued', accepted: { deployment, environment, onFailure }, cancel: null };
  }
  if (state.phase === 'none' || state.phase === 'ended') return state;
  switch (event.kind) {
    case 'deployment-started':
      return state.phase === 'queued' ? { ...state, phase: 'advancing', steps: {} } : state;
    case 'step-started':
      return withStep(state, event.step, { kind: 'started' });
    case 'step-verified':
      return withStep(state, event.step, { kind: 'verified' });
    case 'step-failed':
      return withStep(state, event.step, { kind: 'failed', cause: event.cause });
    case 'cancel-requested':
      return state.phase === 'reverting' ? state : { ...state, cancel: { by: event.by, leave: event.leave } };
    case 'rollback-started':
      return { phase: 'reverting', accepted: state.accepted, cause: event.cause, steps: stepsIn(state) };
    case 'revert-started':
      return withStep(state, event.step, { kind: 'reverting', cause: causeOf(state, event.step) });
    case 'revert-verified':
      return withStep(state, event.step, { kind: 'reverted', cause: causeOf(state, event.step) });
    case 'revert-failed':
      return withStep(state, event.step, { kind: 'revert-failed', cause: event.cause });
    case 'deployment-ended': {
      const { outcome, cause, unknown } = event;
      return { phase: 'ended', accepted: state.accepted, outcome, cause, unknown, steps: stepsIn(state) };
    }
    default:
      return unreachable(event);
  }
}

/** The state that a whole history leads to. */
export function fold(events: Iterable<DeploymentEvent>): Rollout {
  let state: Rollout = noRollout;
  for (const event of events) state = step(state, event);
  return state;
}

function withStep(state: Exclude<Rollout, { phase: 'none' | 'ended' }>, id: string, progress: StepProgress): Rollout {
  if (state.phase === 'queued') return state;
  return { ...state, steps: { ...state.steps, [id]: progress } };
}

function causeOf(state: Rollout, id: string) {
  const progress = progressOf(stepsIn(state), id);
  return 'cause' in progress ? progress.cause : null;
}
