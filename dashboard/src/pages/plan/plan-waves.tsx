import { useState } from 'react';
import type { PlanView, StepView } from '../../../../wire/plan.ts';
import { Button } from '../../ui/button.tsx';
import { Tag } from '../../ui/tag.tsx';
import { changeText, releasesText } from './change-text.ts';
import { ChangedFields } from './changed-fields.tsx';
import styles from './plan.module.css';

/** Steps of a wave shown at first. */
const stepsShownMost = 40;

/** The waves of a plan: each begins when the one before is verified. */
export function PlanWaves({ waves }: Pick<PlanView, 'waves'>) {
  return (
    <ol className={styles.waves}>
      {waves.map((wave, index) => (
        <PlannedWave key={wave[0]?.id ?? index} wave={wave} number={index + 1} />
      ))}
    </ol>
  );
}

function PlannedWave({ wave, number }: { readonly wave: readonly StepView[]; readonly number: number }) {
  const [all, setAll] = useState(false);
  const restarting = wave.filter(({ change }) => change.kind === 'update' && change.restarts).length;
  return (
    <li>
      <h3 className={styles.wave}>
        Wave {number}{' '}
        <span className={styles.quiet}>
          {counted(wave.length, 'step')}
          {restarting > 0 && `, ${restarting} with a restart`}
        </span>
      </h3>
      <ul className={styles.steps}>
        {wave.slice(0, all ? wave.length : stepsShownMost).map((step) => (
          <li key={step.id}>
            <PlannedStep step={step} />
          </li>
        ))}
      </ul>
      {wave.length > stepsShownMost && !all && (
        <p className={styles.more}>
          <Button onClick={() => setAll(true)}>{`Show all ${wave.length} steps`}</Button>
        </p>
      )}
    </li>
  );
}

function PlannedStep({ step }: { readonly step: StepView }) {
  return (
    <details className={styles.step}>
      <summary>
        <span className={styles.name}>
          {step.spot.service}
          {step.spot.component === step.spot.service ? '' : ` / ${step.spot.component}`}
        </span>
        <span className={styles.quiet}>on {step.spot.cluster}</span>
        <span>{changeText(step.change)}</span>
        <code>{releasesText(step)}</code>
        {step.change.kind === 'update' && step.change.restarts && <Tag>restarts</Tag>}
      </summary>
      <ChangedFields step={step} />
    </details>
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
