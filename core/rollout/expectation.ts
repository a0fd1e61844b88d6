import type { Digest } from '../hash.ts';
import { stepsOf, targetAfter, targetBefore, type Plan } from '../plan.ts';
import { unreachable } from '../unreachable.ts';
import type { Spot } from '../workload.ts';
import { touchedSteps } from './position.ts';
import type { Rollout } from './state.ts';

/** What an unfinished deployment leads to if nothing gets in its way. */
export interface Expectation {
  /** To what its plan wants, or back to what was before it. */
  readonly way: 'on' | 'back';
  /** What the spots that it changes run then: digests of stored Targets; null where nothing does. */
  readonly spots: readonly { readonly spot: Spot; readonly target: Digest | null }[];
  /** What it then changes of the spec, service by service; nothing on the way back. */
  readonly changes: Plan['changes'];
}

/** Null for what has ended, for what changes nothing any more, and for what is left wherever it is by then. */
export function expectationOf(plan: Plan, rollout: Rollout): Expectation | null {
  switch (rollout.phase) {
    case 'none':
    case 'ended':
      return null;
    case 'queued':
      return rollout.cancel === null ? onward(plan) : null;
    case 'advancing':
      if (rollout.cancel === null) return onward(plan);
      return rollout.cancel.leave ? null : back(plan, rollout);
    case 'reverting':
      return back(plan, rollout);
    default:
      return unreachable(rollout);
  }
}

function onward(plan: Plan): Expectation {
  const spots = stepsOf(plan).map((step) => ({ spot: step.spot, target: targetAfter(step) }));
  return { way: 'on', spots, changes: plan.changes };
}

function back(plan: Plan, { steps }: Extract<Rollout, { phase: 'advancing' | 'reverting' }>): Expectation {
  const spots = touchedSteps(plan, steps).map((step) => ({ spot: step.spot, target: targetBefore(step) }));
  return { way: 'back', spots, changes: {} };
}
