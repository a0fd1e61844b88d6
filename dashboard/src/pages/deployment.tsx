import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { deploymentConfigsQuery, deploymentQuery } from '../api/queries.ts';
import { Digest } from '../ui/copy.tsx';
import { Fact, FactStrip } from '../ui/facts.tsx';
import { Bones, Page, Section } from '../ui/page.tsx';
import { State } from '../ui/sign.tsx';
import { Stale } from '../ui/stale.tsx';
import { Simulated } from '../ui/tag.tsx';
import { Age, Moment, Running, spanText } from '../ui/time.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { ConfigChanges } from './plan/config-changes.tsx';
import { ParameterChanges } from './plan/parameter-changes.tsx';
import { SecretVersions } from './plan/secret-versions.tsx';
import { DeploymentActs } from './deployment/acts.tsx';
import { Standing } from './deployment/standing.tsx';
import { deploymentNow, type Deployment } from './deployment/progress.ts';
import { Receipts } from './deployment/receipts.tsx';
import { Waves } from './deployment/waves.tsx';
import styles from './deployment/deployment.module.css';

const route = getRouteApi('/shell/deployments/$deployment');

/** One deployment, as it goes: where it stands, why, and every step. */
export function DeploymentPage() {
  const { deployment: id } = route.useParams();
  const query = useQuery(deploymentQuery(id));
  if (query.data === undefined) {
    return (
      <Page title={`Deployment ${id}`}>
        {query.error === null ? <Bones rows={8} /> : <Trouble error={query.error} />}
      </Page>
    );
  }
  const deployment = query.data;
  const words = deploymentNow(deployment);
  return (
    <Page
      title={`${words.word}: ${deployment.environment}`}
      heading={
        <>
          <Link to="/environments/$environment" params={{ environment: deployment.environment }}>
            {deployment.environment}
          </Link>{' '}
          / {id}
        </>
      }
      beside={
        <>
          <span role="status">
            <State meaning={words.meaning}>{words.word}</State>
          </span>
          {deployment.simulated.length > 0 && <Simulated />}
        </>
      }
      acts={<DeploymentActs deployment={deployment} />}
    >
      <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
      <Record deployment={deployment} />
      <Standing deployment={deployment} />
      <Waves key={id} deployment={deployment} />
      <ParameterChanges changes={deployment.parameters} level={2} />
      {deployment.withheld.length > 0 && (
        <Section id="withheld" title="Withheld secrets">
          <SecretVersions label="Withheld secrets" items={deployment.withheld} />
        </Section>
      )}
      <ChangedConfigs deployment={id} />
      <Receipts deployment={deployment} />
    </Page>
  );
}

/** What of configs' contents it changes, once that is known: everything else does not wait for it. */
function ChangedConfigs({ deployment }: { readonly deployment: string }) {
  const { data, error } = useQuery(deploymentConfigsQuery(deployment));
  if (data === undefined) return error === null ? null : <Trouble error={error} />;
  return <ConfigChanges changes={data.items} level={2} />;
}

function Record({ deployment }: { readonly deployment: Deployment }) {
  const { reason, actor, actorName, acceptedAt, plan, sequence } = deployment;
  return (
    <FactStrip>
      <Fact name="Reason">
        <span className={styles.reason} title={reason}>
          {reason}
        </span>
      </Fact>
      <Fact name="By">
        <span title={actor}>{actorName}</span>
      </Fact>
      <Fact name="Accepted">
        <Moment at={acceptedAt} />{' '}
        <span className={styles.age}>
          (<Age at={acceptedAt} />)
        </span>
      </Fact>
      <Fact name="Waited">
        <Waited deployment={deployment} />
      </Fact>
      <Fact name="Ran">
        <Ran deployment={deployment} />
      </Fact>
      <Fact name="Plan">
        <Digest digest={plan} label="the digest of the plan" />
      </Fact>
      <Fact name="On the ledger">
        <Link to="/ledger" search={{ stream: `deployment/${deployment.id}` }}>
          from entry {sequence}
        </Link>
      </Fact>
    </FactStrip>
  );
}

function Waited({ deployment: { acceptedAt, startedAt, endedAt } }: { readonly deployment: Deployment }) {
  const until = startedAt ?? endedAt;
  return until === null ? <Running since={acceptedAt} /> : spanText(until - acceptedAt);
}

function Ran({ deployment: { startedAt, endedAt } }: { readonly deployment: Deployment }) {
  if (startedAt === null) return endedAt === null ? 'not yet' : 'never';
  return endedAt === null ? <Running since={startedAt} /> : spanText(endedAt - startedAt);
}
