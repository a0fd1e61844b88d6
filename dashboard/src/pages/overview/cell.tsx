import { memo } from 'react';
import { healthWords } from '../../ui/meaning.ts';
import { Sign } from '../../ui/sign.tsx';
import { Age } from '../../ui/time.tsx';
import styles from './overview.module.css';
import type { Cell } from './matrix.ts';

interface Props {
  readonly service: string;
  readonly environment: string;
  readonly cell: Cell;
  readonly at: string;
  readonly isCurrent: boolean;
}

/**
 * What one service does in one environment. Plain links, which the grid follows: a thousand of the router's own would
 * take longer to render than everything else on the page.
 */
export const OverviewCell = memo(function OverviewCell({ service, environment, cell, at, isCurrent }: Props) {
  const { now, moving } = cell;
  const tabIndex = isCurrent ? 0 : -1;
  if (now === null && moving === null) {
    return (
      <td role="gridcell" className={styles.none} data-at={at} tabIndex={tabIndex}>
        <span aria-hidden="true">·</span>
        <span className="visually-hidden">does not run here</span>
      </td>
    );
  }
  const words = now === null ? null : healthWords[now.health];
  const what = [
    now?.version ?? 'new',
    ...(words === null ? [] : [words.word]),
    ...(moving === null ? [] : [movingWords[moving.phase]]),
  ];
  return (
    <td role="gridcell" className={styles[loudness(cell)]}>
      <a
        className={styles.version}
        href={hrefOf(service, environment, cell)}
        data-at={at}
        tabIndex={tabIndex}
        title={now?.message ?? now?.version}
        aria-label={`${service} in ${environment}: ${what.join(', ')}`}
      >
        {now?.version ?? 'new'}
      </a>
      <span className={styles.second}>
        {words !== null && <Sign meaning={words.meaning} label={words.word} />}
        <Detail cell={cell} />
      </span>
    </td>
  );
});

const movingWords = { queued: 'waiting to deploy', active: 'deploying' } as const;

/** What moves is said first, then what is wrong; what is well only tells its age. */
function Detail({ cell: { now, moving } }: { readonly cell: Cell }) {
  if (moving !== null) return <span className={styles.moving}>{movingWords[moving.phase]}</span>;
  if (now === null) return null;
  const { health, running, replicas, since } = now;
  if (health === 'healthy') return <Age at={since} />;
  const count = running === null ? '' : ` ${running}/${replicas}`;
  return (
    <>
      {healthWords[health].word}
      {count}
    </>
  );
}

function loudness({ now, moving }: Cell): 'cell' | 'warned' | 'bad' | 'unknown' | 'busy' {
  if (moving !== null || now?.health === 'converging') return 'busy';
  if (now?.health === 'degraded') return 'warned';
  if (now?.health === 'missing') return 'bad';
  return now?.health === 'unknown' ? 'unknown' : 'cell';
}

function hrefOf(service: string, environment: string, { moving }: Cell): string {
  if (moving !== null) return `/deployments/${encodeURIComponent(moving.deployment)}`;
  return `/environments/${encodeURIComponent(environment)}#service-${encodeURIComponent(service)}`;
}
