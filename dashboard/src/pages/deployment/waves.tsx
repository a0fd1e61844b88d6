import { getRouteApi } from '@tanstack/react-router';
import { memo, useCallback, useEffect, useId, useMemo, useState } from 'react';
import { readDeploymentSearch } from '../../search.ts';
import { Button } from '../../ui/button.tsx';
import { Mosaic } from './mosaic.tsx';
import {
  isUnclear,
  keptRows,
  shownSteps,
  stepsShownMost,
  waveProgress,
  waveText,
  type Deployment,
  type DeployedStep,
} from './progress.ts';
import { Step, stepElementId } from './step.tsx';
import styles from './deployment.module.css';

const route = getRouteApi('/shell/deployments/$deployment');

/** How many open steps the address holds: the oldest close. */
const openMost = 12;

/** The waves with their steps, each beginning when the one before is verified. Open steps stand in the address. */
export function Waves({ deployment }: { readonly deployment: Deployment }) {
  const { waves, environment } = deployment;
  const { open, toggle } = useOpenSteps();
  const unknown = useMemo(() => new Set(deployment.unknown), [deployment.unknown]);
  useEffect(() => {
    const [first] = open;
    if (first !== undefined) document.getElementById(stepElementId(first))?.scrollIntoView({ block: 'nearest' });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only when the page opens: later, whoever opens a step is there
  }, []);
  return (
    <ol className={styles.waves}>
      {waves.map((wave, index) => (
        <Wave
          key={index}
          wave={wave}
          number={index + 1}
          environment={environment}
          hasEnded={deployment.phase === 'ended'}
          unknown={unknown}
          open={open}
          onToggle={toggle}
        />
      ))}
    </ol>
  );
}

function useOpenSteps() {
  const { step } = route.useSearch();
  const navigate = route.useNavigate();
  const open = useMemo(() => new Set(step?.split(',')), [step]);
  const toggle = useCallback(
    (id: string, isOpen: boolean) =>
      void navigate({
        search: (before) => {
          const others = (before.step?.split(',') ?? []).filter((each) => each !== id);
          const opened = isOpen ? [...others, id].slice(-openMost) : others;
          return readDeploymentSearch({ ...before, step: opened.join(',') });
        },
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  return { open, toggle };
}

interface WaveProps {
  readonly wave: readonly DeployedStep[];
  readonly number: number;
  readonly environment: string;
  /** Whether the deployment has. */
  readonly hasEnded: boolean;
  readonly unknown: ReadonlySet<string>;
  readonly open: ReadonlySet<string>;
  readonly onToggle: (id: string, isOpen: boolean) => void;
}

/** The answer comes anew each second; a wave that stayed as it was is left alone. */
const Wave = memo(function Wave({ wave, number, environment, hasEnded, unknown, open, onToggle }: WaveProps) {
  const [all, setAll] = useState(false);
  const title = useId();
  const progress = waveProgress(wave, unknown);
  const [held, setHeld] = useState<string | null>(null);
  const kept = useMemo(() => (held === null ? open : new Set([...open, held])), [open, held]);
  const shown = useRows(wave, shownSteps(wave, { open: kept, unknown, hasEnded }));
  const steps = all ? wave : shown;
  const isLarge = wave.length > stepsShownMost;
  return (
    <li>
      <div className={styles.head}>
        <h2 id={title}>Wave {number}</h2>
        <progress
          className={styles.bar}
          value={progress.verified}
          max={progress.steps}
          aria-label={`Verified steps of wave ${number}`}
        />
        <span className={styles.quiet}>{waveText(progress)}</span>
      </div>
      {isLarge && <Mosaic wave={wave} unknown={unknown} onOpen={onToggle} />}
      {steps.length > 0 && (
        <ul
          className={styles.steps}
          aria-labelledby={title}
          onFocus={({ target }) => setHeld(target.closest('details')?.dataset['step'] ?? null)}
          onBlur={() => setHeld(null)}
        >
          {steps.map((step) => (
            <li key={step.id}>
              <Step
                step={step}
                environment={environment}
                isUnclear={isUnclear(step, unknown)}
                isOpen={open.has(step.id)}
                onToggle={onToggle}
              />
            </li>
          ))}
        </ul>
      )}
      {isLarge && (
        <p className={styles.more}>
          <Button onClick={() => setAll(!all)}>
            {all ? 'Show only what matters now' : `Show all ${wave.length} steps`}
          </Button>
        </p>
      )}
    </li>
  );
});

/** The steps to show, each in the row it had before. */
function useRows(wave: readonly DeployedStep[], shown: readonly DeployedStep[]): readonly DeployedStep[] {
  const [rows, setRows] = useState<readonly string[]>([]);
  const isShort = shown.length < wave.length;
  const next = isShort ? keptRows(rows, shown) : rows;
  if (next !== rows) setRows(next);
  if (!isShort) return shown;
  const byId = new Map(shown.map((step) => [step.id, step]));
  return next.flatMap((id) => byId.get(id) ?? []);
}
