import type { DeploymentView } from '../../wire/deployment.ts';
import type { StepView } from '../../wire/plan.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Paint, Style } from '../style.ts';

export type StepState = DeploymentView['waves'][number][number]['state'];
export type OutcomeWord = NonNullable<DeploymentView['outcome']>;

/** `catalog`, or `catalog/db` for a component with a name of its own. */
export function spotName(spot: { readonly service: string; readonly component: string }): string {
  return spot.service === spot.component ? spot.service : `${spot.service}/${spot.component}`;
}

/** A cluster's name, marked where nothing on it is real. */
export function clusterName(name: string, { simulated }: { readonly simulated: readonly string[] }): string {
  return simulated.includes(name) ? `${name} (simulated)` : name;
}

/** What follows a deployment's name where any of its clusters is simulated. */
export function simulatedMark({ simulated }: { readonly simulated: readonly string[] }): string {
  return simulated.length === 0 ? '' : ' (simulated)';
}

/** What a step does to which release: `update 1.0.0 -> 1.0.1`. */
export function stepAction(step: StepView): string {
  const { change, fromRelease, toRelease } = step;
  switch (change.kind) {
    case 'create':
      return `create ${toRelease ?? ''}`.trimEnd();
    case 'update':
      return fromRelease === toRelease
        ? `update ${toRelease ?? ''}`.trimEnd()
        : `update ${fromRelease} -> ${toRelease}`;
    case 'scale':
      return `scale ${change.fromReplicas} -> ${change.toReplicas}`;
    case 'remove':
      return `remove ${fromRelease ?? ''}`.trimEnd();
    default:
      return unreachable(change);
  }
}

/** The state of a step as people say it. */
export function stateWord(state: StepState): string {
  switch (state) {
    case 'started':
      return 'under way';
    case 'reverting':
      return 'rolling back';
    case 'reverted':
      return 'rolled back';
    case 'revert-failed':
      return 'rollback failed';
    case 'waiting':
    case 'verified':
    case 'failed':
      return state;
    default:
      return unreachable(state);
  }
}

/** Green is only what was verified. */
export function statePaint(state: StepState, style: Style): Paint {
  switch (state) {
    case 'verified':
      return style.green;
    case 'failed':
    case 'revert-failed':
      return style.red;
    case 'started':
      return style.cyan;
    case 'reverting':
    case 'reverted':
      return style.yellow;
    case 'waiting':
      return style.dim;
    default:
      return unreachable(state);
  }
}

/** The outcome as people say it. */
export function outcomeWord(outcome: OutcomeWord): string {
  switch (outcome) {
    case 'rolled-back':
      return 'rolled back';
    case 'rollback-failed':
      return 'rollback failed';
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'refused':
    case 'superseded':
      return outcome;
    default:
      return unreachable(outcome);
  }
}

/** What the outcome means for what runs. */
export function outcomeMeaning(outcome: OutcomeWord): string {
  switch (outcome) {
    case 'succeeded':
      return 'all that was asked runs and was verified';
    case 'failed':
      return 'what was changed stays as it is';
    case 'rolled-back':
      return 'what ran before runs again, and was verified';
    case 'rollback-failed':
      return 'it is not known of every part what runs: see below';
    case 'cancelled':
      return 'it was ended on request';
    case 'refused':
      return 'nothing was changed';
    case 'superseded':
      return 'a newer deployment took its place before it started';
    default:
      return unreachable(outcome);
  }
}

export function outcomePaint(outcome: OutcomeWord, style: Style): Paint {
  switch (outcome) {
    case 'succeeded':
      return style.green;
    case 'failed':
    case 'rollback-failed':
      return style.red;
    case 'rolled-back':
    case 'cancelled':
    case 'refused':
    case 'superseded':
      return style.yellow;
    default:
      return unreachable(outcome);
  }
}

/** `1 step`, `3 steps`. */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
