import { useLive, type Live } from '../api/live.ts';
import { State } from '../ui/sign.tsx';
import { Age } from '../ui/time.tsx';
import styles from './shell.module.css';

/** Whether what the page shows follows what happens; loud when it does not. */
export function LiveSign({ live }: { readonly live: Live }) {
  const { kind, since } = useLive(live);
  return (
    <span role="status" className={kind === 'lost' ? styles.lost : styles.live}>
      {kind === 'live' && <State meaning="good">live</State>}
      {kind === 'connecting' && <State meaning="moving">connecting</State>}
      {kind === 'lost' && (
        <>
          <State meaning="unknown">not live</State> since <Age at={since} />
        </>
      )}
    </span>
  );
}
