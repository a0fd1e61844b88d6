import { Link } from '@tanstack/react-router';
import { Panel } from '../../ui/panel.tsx';
import { CauseOf } from './cause.tsx';
import { endText, leftText } from './end-text.ts';
import { leftBehind, type Deployment } from './progress.ts';
import styles from './deployment.module.css';

/** How many services or steps a sentence names. */
const namedMost = 8;

/** Where a deployment stands, in sentences: what it waits for, what holds it, why it went wrong, what it left. */
export function Standing({ deployment }: { readonly deployment: Deployment }) {
  const { waitsFor, holds, cause, phase } = deployment;
  return (
    <div className={styles.standing}>
      {phase === 'ended' && <End deployment={deployment} />}
      {waitsFor.map(({ deployment: other, services }) => (
        <Panel key={other} meaning="quiet">
          <p>
            Waits for{' '}
            <Link to="/deployments/$deployment" params={{ deployment: other }}>
              {other}
            </Link>
            , which changes {namesText(services)} too.
          </p>
        </Panel>
      ))}
      {holds.length > 0 && (
        <Panel meaning="unknown">
          <p className={styles.strong}>Something keeps it from going on; it tries again and again:</p>
          <ul className={styles.list}>
            {holds.map((hold) => (
              <li key={hold}>{hold}</li>
            ))}
          </ul>
        </Panel>
      )}
      {phase !== 'ended' && cause !== null && (
        <Panel meaning={deployment.cancelRequested ? 'warn' : 'bad'}>
          <CauseOf cause={cause} label="Cause" />
        </Panel>
      )}
    </div>
  );
}

function End({ deployment }: { readonly deployment: Deployment }) {
  const { cause, unknown, startedAt, environment } = deployment;
  const end = endText(deployment);
  if (end === null) return null;
  return (
    <Panel meaning={end.meaning}>
      <p className={styles.strong}>{end.text}</p>
      {startedAt !== null && <LeftBehind deployment={deployment} />}
      {unknown.length > 0 && (
        <p>
          Not known what runs: <code>{namesText(unknown)}</code>. Look at{' '}
          <Link to="/environments/$environment" params={{ environment }}>
            {environment}
          </Link>
          , and deploy again.
        </p>
      )}
      {cause !== null && <CauseOf cause={cause} label="Cause" />}
    </Panel>
  );
}

function LeftBehind({ deployment }: { readonly deployment: Deployment }) {
  const left = leftBehind(deployment).filter(({ releases }) => releases.length > 0);
  if (left.length === 0) return null;
  const more = left.length - namedMost;
  return (
    <p>
      Ran when it ended:{' '}
      {left.slice(0, namedMost).map((each, index) => (
        <span key={each.service}>
          {index > 0 && ', '}
          {each.service} <span className={styles.version}>{leftText(each)}</span>
        </span>
      ))}
      {more > 0 && ` and ${more} more`}
    </p>
  );
}

function namesText(names: readonly string[]): string {
  const more = names.length - namedMost;
  return names.slice(0, namedMost).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
