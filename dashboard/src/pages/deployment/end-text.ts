import type { Meaning } from '../../ui/sign.tsx';
import type { Deployment, Left } from './progress.ts';

/** How an ended deployment is told, in one sentence and its meaning; null while it goes on. */
export function endText(deployment: Deployment): { readonly meaning: Meaning; readonly text: string } | null {
  const { outcome, waves, unknown } = deployment;
  const steps = waves.flat();
  switch (outcome) {
    case null:
      return null;
    case 'succeeded':
      return { meaning: 'good', text: 'Every step was verified.' };
    case 'failed':
      return {
        meaning: 'bad',
        text: steps.every(({ state }) => state === 'waiting')
          ? 'It failed before anything was changed.'
          : 'It failed, and what it had changed was left as it is, as this environment asks.',
      };
    case 'rolled-back':
      return { meaning: 'warn', text: 'Everything went back, and what ran before was verified to run again.' };
    case 'rollback-failed':
      return {
        meaning: 'bad',
        text: `Not everything could be brought back. Of ${counted(unknown.length, 'step')} it is not known what runs.`,
      };
    case 'cancelled':
      return { meaning: 'quiet', text: cancelledText(steps.map(({ state }) => state)) };
    case 'refused':
      return { meaning: 'bad', text: 'It was not started. Nothing was touched.' };
    case 'superseded':
      return { meaning: 'quiet', text: 'A newer deployment took its place while it waited. Nothing was touched.' };
  }
}

function cancelledText(states: readonly Deployment['waves'][number][number]['state'][]): string {
  if (states.every((state) => state === 'waiting')) return 'It was cancelled before it changed anything.';
  return states.includes('reverted')
    ? 'It was cancelled, and what it had changed went back.'
    : 'It was cancelled, and what it had changed was left as it is.';
}

/** What ran of a service afterwards: `1.2.0`, `not any more`, `not known`. */
export function leftText({ releases }: Left): string {
  if (releases.length === 0) return 'not known';
  return releases.map((release) => release ?? 'not there').join(' and ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
