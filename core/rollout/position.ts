import { stepsOf, type Plan, type Step } from '../plan.ts';
import { isTouched, progressOf, type Steps } from './state.ts';

/** The steps of the first wave that is not verified throughout; null when all are. */
export function currentWave(plan: Plan, steps: Steps): readonly Step[] | null {
  return plan.waves.find((wave) => wave.some((step) => progressOf(steps, step.id).kind !== 'verified')) ?? null;
}

/** The touched steps of the last wave in which something is still to be reverted; null when nothing is. */
export function revertWave(plan: Plan, steps: Steps): readonly Step[] | null {
  for (const wave of plan.waves.toReversed()) {
    const touched = wave.filter((step) => isTouched(progressOf(steps, step.id)));
    if (touched.some((step) => !isRevertSettled(steps, step.id))) return touched;
  }
  return null;
}

/** Whether the revert of a step has come to an end, good or bad. */
export function isRevertSettled(steps: Steps, id: string): boolean {
  const { kind } = progressOf(steps, id);
  return kind === 'reverted' || kind === 'revert-failed';
}

/** Ids of all steps that the engine may have been asked for, in plan order. */
export function touchedSteps(plan: Plan, steps: Steps): readonly Step[] {
  return stepsOf(plan).filter((step) => isTouched(progressOf(steps, step.id)));
}
