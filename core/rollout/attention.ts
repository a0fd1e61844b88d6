import type { Assessment } from './assess.ts';

/**
 * How long one driver has watched one step, in ms of its own monotonic clock. Only time between two looks of the same
 * driver counts, and of a longer pause only `gapMost`: what nobody observed is not held against the step.
 */
export interface Attention {
  readonly lookedAtMs: number;
  /** Time covered by complete sightings in which the step was not reached yet. */
  readonly observedMs: number;
  /** Time for which it has been reached without a break. */
  readonly reachedMs: number;
  /** Time for which the engine has not answered, or not completely, without a break. */
  readonly blindMs: number;
}

/** The longest pause between two looks that counts as observed, in ms. */
export const gapMost = 5_000;

/** What a look at the step gave: null when the engine did not answer or its answer was incomplete. */
export function attend(before: Attention | undefined, look: Assessment | null, nowMs: number): Attention {
  if (before === undefined) return { lookedAtMs: nowMs, observedMs: 0, reachedMs: 0, blindMs: 0 };
  const passed = Math.min(Math.max(nowMs - before.lookedAtMs, 0), gapMost);
  const base = { lookedAtMs: nowMs, observedMs: before.observedMs, reachedMs: 0, blindMs: 0 };
  if (look === null) return { ...base, blindMs: before.blindMs + passed };
  if (look.kind !== 'reached') return { ...base, observedMs: before.observedMs + passed };
  return { ...base, reachedMs: before.reachedMs + passed };
}
