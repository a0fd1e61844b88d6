import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { EnvironmentView } from '../../../wire/environment.ts';
import { environmentQuery } from '../api/queries.ts';
import { useRefusal } from '../api/session.ts';
import { given, type EnvironmentSearch } from '../search.ts';
import { Button } from '../ui/button.tsx';
import { Bones, Page, Section } from '../ui/page.tsx';
import { Stale } from '../ui/stale.tsx';
import { Simulated, Tag } from '../ui/tag.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { History } from './environment/history.tsx';
import { LogsDialog } from './environment/logs.tsx';
import { NewestDeployments } from './environment/newest.tsx';
import { Observed } from './environment/observed.tsx';
import { Services, type PutSearch } from './environment/services-part.tsx';
import { SecretVersions } from './plan/secret-versions.tsx';
import { RollbackDialog } from './rollback/rollback-dialog.tsx';

/** Stands in the address for "to before the newest revision". */
const newest = 'newest';

/** What an environment is to run, what was seen to run, and how it came about. */
export function EnvironmentPage() {
  const { environment } = useParams({ from: '/shell/environments/$environment' });
  const search = useSearch({ from: '/shell/environments/$environment' });
  const query = useQuery(environmentQuery(environment));
  const put = usePut(environment, search);
  const refusal = useRefusal('deploy', { environment, services: [] });
  const rollBack = useCallback((to: string) => put({ rollback: to }), [put]);
  const close = useCallback(() => put({ logs: undefined, rollback: undefined }), [put]);
  const view = query.data;
  return (
    <Page
      title={environment}
      beside={view !== undefined && <Marks view={view} />}
      acts={
        <>
          <Link to="/compare" search={{ a: environment }}>
            Compare with another
          </Link>
          <Button refusal={refusal ?? noWayBack(view)} onClick={() => rollBack(newest)}>
            Roll back
          </Button>
        </>
      }
    >
      {view === undefined && (query.isError ? <Trouble error={query.error} /> : <Bones rows={10} />)}
      {view !== undefined && (
        <>
          <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
          <Section id="clusters" title="As seen">
            <Observed observed={view.observed} />
          </Section>
          <Section id="deployments" title="Newest deployments">
            <NewestDeployments environment={environment} deployments={view.deployments} />
          </Section>
          <Section id="services" title="Services">
            <Services view={view} search={search} put={put} />
          </Section>
          {view.olderSecrets.length > 0 && (
            <Section id="secrets" title="Older versions of secrets">
              <SecretVersions label="Older versions of secrets" items={view.olderSecrets} />
            </Section>
          )}
          <Section id="history" title="History">
            <History environment={environment} refusal={refusal} onRollBack={rollBack} />
          </Section>
        </>
      )}
      {search.logs !== undefined && <LogsDialog environment={environment} service={search.logs} onClose={close} />}
      {search.rollback !== undefined && (
        <RollbackDialog
          environment={environment}
          to={search.rollback === newest ? null : search.rollback}
          onClose={close}
        />
      )}
    </Page>
  );
}

/** Changes what stands in the address; what is undefined leaves it. */
function usePut(environment: string, { q, logs, rollback }: EnvironmentSearch): PutSearch {
  const navigate = useNavigate();
  return useCallback(
    (change) => {
      const next = { q, logs, rollback, ...change };
      void navigate({
        to: '/environments/$environment',
        params: { environment },
        search: { ...given('q', next.q), ...given('logs', next.logs), ...given('rollback', next.rollback) },
        replace: 'q' in change,
        resetScroll: false,
      });
    },
    [navigate, environment, q, logs, rollback],
  );
}

function noWayBack(view: EnvironmentView | undefined): string | null {
  if (view === undefined) return 'It is not known yet what runs here.';
  return view.revision > 1 ? null : 'Nothing ran here before what runs now.';
}

function Marks({ view }: { readonly view: EnvironmentView }) {
  return (
    <>
      <Tag>{view.revision === 0 ? 'no revision yet' : `revision ${view.revision}`}</Tag>
      {view.unfinished > 0 && <Tag>{`${view.unfinished} under way`}</Tag>}
      {view.observed.some(({ simulated }) => simulated) && <Simulated />}
    </>
  );
}
