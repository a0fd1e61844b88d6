import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ClusterView } from '../../../../wire/overview.ts';
import { Fact, Facts } from '../../ui/facts.tsx';
import { Sign, State } from '../../ui/sign.tsx';
import { Simulated } from '../../ui/tag.tsx';
import { Ago } from '../../ui/time.tsx';
import styles from './clusters.module.css';

/** One cluster: whether it answers, what it is, what is wrong with it. */
export function ClusterCard({ cluster: view }: { readonly cluster: ClusterView }) {
  const {
    cluster,
    engine,
    version,
    roles,
    address,
    environments,
    stepsAtOnce,
    startsAtOnce,
    startsUnderWay,
    findings,
  } = view;
  const id = `cluster-${cluster}`;
  return (
    <article className={styles.card} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{cluster}</h2>
        {engine === 'simulated' && <Simulated />}
        <Answering cluster={view} />
      </div>
      {view.trouble !== null && <p className={styles.trouble}>{view.trouble}</p>}
      <Facts>
        <Fact name="Engine">
          {engine} {version ?? <Unknown />}
        </Fact>
        <Fact name="Nodes">
          <Nodes nodes={view.nodes} isKnown={view.observedAt !== null} />
        </Fact>
        <Fact name="Roles">{roles.length === 0 ? 'none' : roles.join(', ')}</Fact>
        <Fact name="Address">{address ?? 'none: exports cannot be reached from other clusters'}</Fact>
        <Fact name="Environments">
          <Environments names={environments} />
        </Fact>
        <Fact name="Steps at once">{stepsAtOnce}</Fact>
        <Fact name="Starts at once">
          {startsAtOnce}, {startsUnderWay} under way
        </Fact>
      </Facts>
      {findings.length > 0 && (
        <ul className={styles.findings} aria-label={`Findings on ${cluster}`}>
          {findings.map((finding) => (
            <li key={finding}>
              <Sign meaning="warn" label="finding" /> <span>{finding}</span>
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

function Answering({ cluster: { observedAt, trouble } }: { readonly cluster: ClusterView }): ReactNode {
  if (observedAt === null) return <State meaning="unknown">not seen since the server started</State>;
  return (
    <>
      {trouble === null ? <State meaning="good">answers</State> : <State meaning="bad">does not answer</State>}
      <span className={styles.quiet}>
        last seen <Ago at={observedAt} />
      </span>
    </>
  );
}

function Nodes({ nodes, isKnown }: { readonly nodes: ClusterView['nodes']; readonly isKnown: boolean }) {
  if (!isKnown) return <Unknown />;
  const ready = nodes.filter((node) => node.ready).length;
  const managers = nodes.filter((node) => node.manager).length;
  return (
    <details>
      <summary>
        {ready} of {nodes.length} ready, {managers} {managers === 1 ? 'manager' : 'managers'}
      </summary>
      <ul className={styles.nodes}>
        {nodes.map((node) => (
          <li key={node.name}>
            <State meaning={node.ready ? 'good' : 'bad'}>{node.ready ? 'ready' : 'not ready'}</State>
            <span className={styles.node}>{node.name}</span>
            {node.manager && <span className={styles.quiet}>manager</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Environments({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return <>none uses it</>;
  return (
    <ul className={styles.environments}>
      {names.map((environment) => (
        <li key={environment}>
          <Link to="/environments/$environment" params={{ environment }}>
            {environment}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Unknown() {
  return <span className={styles.quiet}>not known</span>;
}
