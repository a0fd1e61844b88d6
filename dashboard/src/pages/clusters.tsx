import { useQuery } from '@tanstack/react-query';
import { clustersQuery } from '../api/queries.ts';
import { Bones, Page } from '../ui/page.tsx';
import { Empty } from '../ui/panel.tsx';
import { Stale } from '../ui/stale.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { ClusterCard } from './clusters/card.tsx';
import styles from './clusters/clusters.module.css';

/** The clusters as they were last seen. */
export function ClustersPage() {
  const query = useQuery(clustersQuery);
  const clusters = query.data?.items;
  return (
    <Page title="Clusters">
      <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
      {clusters === undefined && (query.isError ? <Trouble error={query.error} /> : <Bones rows={8} />)}
      {clusters?.length === 0 && (
        <Empty title="There is no cluster yet.">
          <p>Clusters stand in the platform document, which the server reads when it starts:</p>
          <pre>{`clusters:\n  fe: { engine: swarm, endpoint: 'unix:///var/run/docker.sock', roles: [front-end] }`}</pre>
          <p>
            <code>engine: simulated</code> needs no engine: good for trying things out.
          </p>
        </Empty>
      )}
      <div className={styles.cards}>
        {clusters?.map((cluster) => (
          <ClusterCard key={cluster.cluster} cluster={cluster} />
        ))}
      </div>
    </Page>
  );
}
