import { stepsOf, type Plan } from '../plan.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import { progressOf, type Rollout, stepsIn } from './state.ts';

/**
 * The spec of the environment after a deployment ended: the entries of all services whose every step is verified are
 * taken over. Null when none is.
 */
export function specAfter(current: Spec, plan: Plan, rollout: Rollout): Spec | null {
  if (rollout.phase !== 'ended') return null;
  const steps = stepsIn(rollout);
  const unfinished = new Set(
    stepsOf(plan)
      .filter((step) => progressOf(steps, step.id).kind !== 'verified')
      .map((step) => step.spot.service),
  );
  const stepped = new Set(stepsOf(plan).map((step) => step.spot.service));
  const applied = Object.entries(plan.changes).filter(
    ([service]) => !unfinished.has(service) && (stepped.has(service) || rollout.outcome === 'succeeded'),
  );
  if (applied.length === 0) return null;
  const services: Record<string, SpecEntry> = { ...current.services };
  for (const [service, entry] of applied) {
    if (entry === null) delete services[service];
    else services[service] = entry;
  }
  return { environment: current.environment, services };
}
