import type { DeploymentEvent } from '../event.ts';
import { unreachable } from '../unreachable.ts';
import { noRollout, progressOf, stepsIn, type Rollout, type StepProgress, type Steps } from './state.ts';

/** Puts the progress of one step into steps: into a copy, or in place where nobody else holds them. */
type Put = (steps: Steps, id: string, progress: StepProgress) => Steps;

const intoCopy: Put = (steps, id, progress) => ({ ...steps, [id]: progress });

/**
 * Folds one recorded event into the state. Never refuses: what is on the ledger happened. An event that `permit` would
 * not have let through leaves the state as it is.
 */
export function step(state: Rollout, event: DeploymentEvent): Rollout {
  return stepWith(intoCopy, state, event);
}

function stepWith(put: Put, state: Rollout, event: DeploymentEvent): Rollout {
  const withStep = (id: string, progress: StepProgress): Rollout =>
    'steps' in state ? { ...state, steps: put(state.steps, id, progress) } : state;
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
      return withStep(event.step, { kind: 'started' });
    case 'step-verified':
      return withStep(event.step, { kind: 'verified' });
    case 'step-failed':
      return withStep(event.step, { kind: 'failed', cause: event.cause });
    case 'cancel-requested':
      return state.phase === 'reverting' ? state : { ...state, cancel: { by: event.by, leave: event.leave } };
    case 'rollback-started':
      return { phase: 'reverting', accepted: state.accepted, cause: event.cause, steps: stepsIn(state) };
    case 'revert-started':
      return withStep(event.step, { kind: 'reverting', cause: causeOf(state, event.step) });
    case 'revert-verified':
      return withStep(event.step, { kind: 'reverted', cause: causeOf(state, event.step) });
    case 'revert-failed':
      return withStep(event.step, { kind: 'revert-failed', cause: event.cause });
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
  const folding = foldFrom(noRollout);
  for (const event of events) folding.take(event);
  return folding.state();
}

/** A state on its way through many events. */
export interface Folding {
  /** As it is after the events taken; it holds only until the next one is. */
  state(): Rollout;
  take(event: DeploymentEvent): void;
}

/**
 * Folds events one after the other onto a state, which itself stays as it is. The steps are copied once and not with
 * every event: what many events cost grows with their number alone.
 */
export function foldFrom(start: Rollout): Folding {
  let state = start;
  let own: Record<string, StepProgress> | null = null;
  const intoOwn: Put = (steps, id, progress) => {
    own = steps === own ? own : { ...steps };
    own[id] = progress;
    return own;
  };
  return {
    state: () => state,
    take(event) {
      state = stepWith(intoOwn, state, event);
    },
  };
}

function causeOf(state: Rollout, id: string) {
  const progress = progressOf(stepsIn(state), id);
  return 'cause' in progress ? progress.cause : null;
}
