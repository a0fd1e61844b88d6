import type { Assessment } from './assess.ts';

/**
 * How long one driver has watched one step, in ms of its own monotonic clock. Only time between two complete looks of the
 * same driver counts, and of a longer pause only `gapMost`: what nobody observed is not held against the step.
 */
export interface Attention {
  readonly lookedAtMs: number;
  /** Whether that look was complete: only then does the time after it count as observed. */
  readonly wasComplete: boolean;
  /** Time covered by complete sightings in which the step was not reached yet. */
  readonly observedMs: number;
  /** Time for which it has been reached without a break, from the first look that showed it; null: it is not reached. */
  readonly reachedMs: number | null;
  /** Time for which the engine has not answered, or not completely, since it last did twice in a row. */
  readonly blindMs: number;
  /** The most tasks that were seen to run as wanted. */
  readonly runningMost: number;
}

/**
 * What the start throttle does to a goal. `held`: its write waits for tasks of others to start. `limited`: it was
 * written with fewer starts at once than its policy asks for.
 */
export type Pace = 'free' | 'held' | 'limited';

/** The longest pause between two looks that counts as observed, in ms. */
export const gapMost = 5_000;

/**
 * What a look at the step gave: null when the engine did not answer or its answer was incomplete. Time that passes
 * while the goal is held is not observed; while it is limited, each further task that comes to run starts it anew.
 */
export function attend(
  before: Attention | undefined,
  look: Assessment | null,
  nowMs: number,
  pace: Pace = 'free',
): Attention {
  const running = look !== null && 'running' in look ? look.running : 0;
  const now = { lookedAtMs: nowMs, wasComplete: look !== null };
  if (before === undefined) {
    const reachedMs = look?.kind === 'reached' ? 0 : null;
    return { ...now, observedMs: 0, reachedMs, blindMs: 0, runningMost: running };
  }
  const passed = Math.min(Math.max(nowMs - before.lookedAtMs, 0), gapMost);
  const runningMost = Math.max(before.runningMost, running);
  // One answer between two silences takes nothing back: else an engine that answers every other time would be waited for without end.
  const blindMs = before.wasComplete ? 0 : before.blindMs;
  const base = { ...now, observedMs: before.observedMs, reachedMs: null, blindMs, runningMost };
  if (look === null) return { ...base, blindMs: before.blindMs + passed };
  // Nothing shows that it was reached between a look that did not find it so and the first that does.
  if (look.kind === 'reached') return { ...base, reachedMs: before.reachedMs === null ? 0 : before.reachedMs + passed };
  if (pace === 'held') return base;
  if (pace === 'limited' && runningMost > before.runningMost) return { ...base, observedMs: 0 };
  return before.wasComplete ? { ...base, observedMs: before.observedMs + passed } : base;
}
