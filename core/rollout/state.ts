import type { Cause, Outcome } from '../outcome.ts';

/** How far one step of a deployment has come. A step that no event has named yet is waiting. */
export type StepProgress =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'started' }
  | { readonly kind: 'verified' }
  | { readonly kind: 'failed'; readonly cause: Cause }
  | { readonly kind: 'reverting'; readonly cause: Cause | null }
  | { readonly kind: 'reverted'; readonly cause: Cause | null }
  | { readonly kind: 'revert-failed'; readonly cause: Cause };

/** Progress by step id. */
export type Steps = { readonly [step: string]: StepProgress };

export interface CancelRequest {
  readonly by: string;
  readonly leave: boolean;
}

/** What was accepted: the same in every later state. */
export interface Accepted {
  readonly deployment: string;
  readonly environment: string;
  readonly onFailure: 'roll-back' | 'leave';
}

/** A deployment's state: the fold of its events. */
export type Rollout =
  | { readonly phase: 'none' }
  | { readonly phase: 'queued'; readonly accepted: Accepted; readonly cancel: CancelRequest | null }
  | {
      readonly phase: 'advancing';
      readonly accepted: Accepted;
      readonly cancel: CancelRequest | null;
      readonly steps: Steps;
    }
  | { readonly phase: 'reverting'; readonly accepted: Accepted; readonly cause: Cause; readonly steps: Steps }
  | {
      readonly phase: 'ended';
      readonly accepted: Accepted;
      readonly outcome: Outcome;
      readonly cause: Cause | null;
      readonly steps: Steps;
      readonly unknown: readonly string[];
    };

export const noRollout: Rollout = { phase: 'none' };

const waiting: StepProgress = { kind: 'waiting' };

/** Progress of one step; waiting when nothing is recorded. */
export function progressOf(steps: Steps, id: string): StepProgress {
  return Object.hasOwn(steps, id) ? (steps[id] ?? waiting) : waiting;
}

/** The steps of a rollout in any phase. */
export function stepsIn(rollout: Rollout): Steps {
  return rollout.phase === 'none' || rollout.phase === 'queued' ? {} : rollout.steps;
}

/** Whether the engine may have been asked to change anything for this step. */
export function isTouched(progress: StepProgress): boolean {
  return progress.kind !== 'waiting';
}
