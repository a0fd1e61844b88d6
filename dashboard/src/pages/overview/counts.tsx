import { useNavigate } from '@tanstack/react-router';
import type { OverviewView } from '../../../../wire/overview.ts';
import { given, healths as known, type OverviewSearch } from '../../search.ts';
import { healthWords } from '../../ui/meaning.ts';
import { State } from '../../ui/sign.tsx';
import styles from './overview.module.css';

interface Props {
  /** Null until told. */
  readonly healths: OverviewView['healths'] | null;
  readonly search: OverviewSearch;
}

/** How many services in environments are how, each a filter; the chosen one, pressed again, lets go. */
export function HealthCounts({ healths, search: { q, health: chosen } }: Props) {
  const navigate = useNavigate({ from: '/' });
  const choose = (health: OverviewSearch['health']) =>
    void navigate({ search: { ...given('q', q), ...given('health', health) } });
  return (
    <div role="group" className={styles.counts} aria-label="Filter by health">
      {known.map((health) => {
        const { meaning, word } = healthWords[health];
        const count = healths?.[health];
        const isChosen = health === chosen;
        return (
          <button
            key={health}
            type="button"
            className={styles.count}
            aria-pressed={isChosen}
            title={isChosen ? 'Show all again' : `Show services that are ${word} somewhere`}
            onClick={() => choose(isChosen ? undefined : health)}
          >
            <State meaning={count === 0 ? 'quiet' : meaning}>{word}</State>
            <span className={styles.number}>{count?.toLocaleString() ?? '–'}</span>
          </button>
        );
      })}
    </div>
  );
}
