import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { stepWords } from '../../ui/meaning.ts';
import { State, type Meaning } from '../../ui/sign.tsx';
import { Running, spanText } from '../../ui/time.tsx';
import { changeText, releasesText } from '../plan/change-text.ts';
import { ChangedFields } from '../plan/changed-fields.tsx';
import { CauseOf } from './cause.tsx';
import type { DeployedStep } from './progress.ts';
import { Tasks } from './tasks.tsx';
import styles from './deployment.module.css';

interface Props {
  readonly step: DeployedStep;
  readonly environment: string;
  /** It is not known what runs, whatever its last state. */
  readonly isUnclear: boolean;
  readonly isOpen: boolean;
  readonly onToggle: (id: string, isOpen: boolean) => void;
}

/** One step on one line; open, what it changes and why it went wrong. Left alone while nothing of it changes. */
export const Step = memo(function Step({ step, environment, isUnclear, isOpen, onToggle }: Props) {
  const words = stepState(step.state, isUnclear);
  const { id, spot, cause } = step;
  return (
    <details
      id={stepElementId(id)}
      data-step={id}
      className={styles.step}
      open={isOpen}
      onToggle={(event) => {
        if (event.currentTarget.open !== isOpen) onToggle(id, event.currentTarget.open);
      }}
    >
      <summary>
        <span className={styles.state}>
          <State meaning={words.meaning}>{words.word}</State>
        </span>
        <span className={styles.name}>
          {spot.service}
          {spot.component === spot.service ? '' : ` / ${spot.component}`}
          <span className={styles.quiet}> on {spot.cluster}</span>
        </span>
        <span className={styles.change}>
          {changeText(step.change)} <code>{releasesText(step)}</code>
        </span>
        <span className={styles.progress}>{isUnclear ? step.cause?.summary : saying(step)}</span>
        <span className={styles.took}>
          <Took step={step} isUnclear={isUnclear} />
        </span>
      </summary>
      {isOpen && (
        <div className={styles.inside}>
          {cause !== null && (
            <div className={styles.wrong}>
              <CauseOf cause={cause} label={`Cause of ${id}`} />
            </div>
          )}
          {step.tasks.length > 0 && <Tasks step={id} tasks={step.tasks} />}
          <ChangedFields step={step} />
          <p>
            <Link to="/environments/$environment" params={{ environment }} search={{ logs: spot.service }}>
              Log of {spot.service} in {environment}
            </Link>
          </p>
        </div>
      )}
    </details>
  );
});

/** Id of a step's element, for going to it. */
export function stepElementId(id: string): string {
  return `step-${id}`;
}

/** How a step is shown. */
export function stepState(
  state: DeployedStep['state'],
  isUnclear: boolean,
): { readonly meaning: Meaning; word: string } {
  return isUnclear ? { meaning: 'unknown', word: 'unknown' } : stepWords[state];
}

/** What there is to say: what the last look showed while it goes on, afterwards why it went wrong. */
function saying({ state, progress, cause }: DeployedStep): string | null {
  if (state === 'started' || state === 'reverting') return progress;
  return cause?.summary ?? null;
}

/** Nothing counts on where nobody looks any more. */
function Took({ step: { startedAt, endedAt }, isUnclear }: Pick<Props, 'step' | 'isUnclear'>) {
  if (startedAt === null || (endedAt === null && isUnclear)) return null;
  return endedAt === null ? <Running since={startedAt} /> : spanText(endedAt - startedAt);
}
