import type { EnvironmentView } from '../../../../wire/environment.ts';
import { State } from '../../ui/sign.tsx';
import { Simulated } from '../../ui/tag.tsx';
import { Ago } from '../../ui/time.tsx';
import styles from './environment.module.css';

/** How fresh and whole the look at each cluster is that the states below come from. */
export function Observed({ observed }: { readonly observed: EnvironmentView['observed'] }) {
  return (
    <ul className={styles.observed}>
      {observed.map(({ cluster, simulated, observedAt, trouble }) => (
        <li key={cluster} className={styles.look}>
          <span className={styles.cluster}>{cluster}</span>
          {simulated && <Simulated />}
          {observedAt === null ? (
            <State meaning="unknown">not seen since the server started</State>
          ) : (
            <>
              {trouble === null ? (
                <State meaning="good">seen in full</State>
              ) : (
                <State meaning="unknown">not known now</State>
              )}
              <span className={styles.quiet}>
                last look <Ago at={observedAt} />
              </span>
            </>
          )}
          {trouble !== null && <span>{trouble}</span>}
        </li>
      ))}
    </ul>
  );
}
