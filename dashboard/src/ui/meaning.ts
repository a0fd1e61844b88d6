import type { OverviewView } from '../../../wire/overview.ts';
import type { DeploymentSummary, DeploymentView } from '../../../wire/deployment.ts';
import type { Meaning } from './sign.tsx';

type Health = keyof OverviewView['healths'];
type StepState = DeploymentView['waves'][number][number]['state'];

interface Words {
  readonly meaning: Meaning;
  readonly word: string;
}

/** How a component's health is shown. */
export const healthWords: Readonly<Record<Health, Words>> = {
  healthy: { meaning: 'good', word: 'healthy' },
  converging: { meaning: 'moving', word: 'converging' },
  degraded: { meaning: 'warn', word: 'degraded' },
  missing: { meaning: 'bad', word: 'missing' },
  unknown: { meaning: 'unknown', word: 'unknown' },
};

const outcomeWords: Readonly<Record<NonNullable<DeploymentSummary['outcome']>, Words>> = {
  succeeded: { meaning: 'good', word: 'succeeded' },
  failed: { meaning: 'bad', word: 'failed' },
  'rolled-back': { meaning: 'warn', word: 'rolled back' },
  'rollback-failed': { meaning: 'bad', word: 'rollback failed' },
  cancelled: { meaning: 'quiet', word: 'cancelled' },
  refused: { meaning: 'bad', word: 'refused' },
  superseded: { meaning: 'quiet', word: 'superseded' },
};

/** How a deployment is shown: its outcome, or what it does now. */
export function deploymentWords(of: {
  readonly phase: DeploymentSummary['phase'];
  readonly outcome: DeploymentSummary['outcome'];
  readonly reverting?: boolean;
}): Words {
  if (of.outcome !== null) return outcomeWords[of.outcome];
  if (of.phase === 'queued') return { meaning: 'quiet', word: 'waiting' };
  return of.reverting === true ? { meaning: 'warn', word: 'rolling back' } : { meaning: 'moving', word: 'deploying' };
}

/** How a step is shown. */
export const stepWords: Readonly<Record<StepState, Words>> = {
  waiting: { meaning: 'quiet', word: 'waiting' },
  started: { meaning: 'moving', word: 'under way' },
  verified: { meaning: 'good', word: 'verified' },
  failed: { meaning: 'bad', word: 'failed' },
  reverting: { meaning: 'moving', word: 'going back' },
  reverted: { meaning: 'warn', word: 'went back' },
  'revert-failed': { meaning: 'bad', word: 'way back failed' },
};
