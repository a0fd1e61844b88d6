import type { Digest } from '../hash.ts';
import { stepsOf, targetBefore, type Plan } from '../plan.ts';

/**
 * Why a plan does not fit any more what runs, in one sentence; null when it does. `running` maps a step's id to the
 * digest of the target that the ledger holds for its spot.
 */
export function staleness(plan: Plan, running: ReadonlyMap<string, Digest>): string | null {
  for (const step of stepsOf(plan)) {
    const planned = targetBefore(step);
    const now = running.get(step.id) ?? null;
    if (planned === now) continue;
    if (planned === null) return `${step.id} exists by now; the plan would create it`;
    if (now === null) return `${step.id} is gone by now; the plan would change it`;
    return `${step.id} was changed after the plan was made`;
  }
  return null;
}
