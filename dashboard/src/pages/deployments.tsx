import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { namePattern } from '../../../core/name-patterns.ts';
import { deploymentsQuery, environmentNamesQuery } from '../api/queries.ts';
import { given, outcomes, readDeploymentsSearch, type DeploymentsSearch } from '../search.ts';
import { deploymentWords } from '../ui/meaning.ts';
import { Choice, SearchField, Toolbar } from '../ui/field.tsx';
import { Bones, Page, ShowMore } from '../ui/page.tsx';
import { NoneFound, useRows } from '../ui/paged.tsx';
import { Empty } from '../ui/panel.tsx';
import { Stale } from '../ui/stale.tsx';
import { Table } from '../ui/table.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { DeploymentRow } from './deployment/deployment-row.tsx';
import styles from './deployment/deployments.module.css';

const route = getRouteApi('/shell/deployments');

/** Every deployment, newest first. */
export function DeploymentsPage() {
  const search = route.useSearch();
  return (
    <Page title="Deployments">
      <Filters search={search} />
      <List search={search} />
    </Page>
  );
}

type State = NonNullable<DeploymentsSearch['phase'] | DeploymentsSearch['outcome']>;

const states: readonly { readonly value: State; readonly label: string }[] = [
  { value: 'queued', label: 'waiting' },
  { value: 'active', label: 'under way' },
  { value: 'ended', label: 'ended' },
  ...outcomes.map((value) => ({ value, label: deploymentWords({ phase: 'ended', outcome: value }).word })),
];

/** What a chosen state means: a phase, or an outcome. */
function ofState(state: State | undefined): Pick<DeploymentsSearch, 'phase' | 'outcome'> {
  if (state === undefined) return {};
  return state === 'queued' || state === 'active' || state === 'ended' ? { phase: state } : { outcome: state };
}

function Filters({ search }: { readonly search: DeploymentsSearch }) {
  const navigate = route.useNavigate();
  const { q, environment, service, phase, outcome } = search;
  const put = (part: { readonly [K in keyof DeploymentsSearch]: DeploymentsSearch[K] | undefined }) =>
    void navigate({ search: (before) => readDeploymentsSearch({ ...before, ...part }), replace: true });
  return (
    <Toolbar label="Deployments">
      <SearchField label="Search" placeholder="id, reason or service" value={q} onChange={(text) => put({ q: text })} />
      <EnvironmentChoice value={environment} onChange={(name) => put({ environment: name })} />
      <SearchField
        label="Service"
        placeholder="its whole name"
        value={service}
        onChange={(name) => put({ service: name })}
      />
      <Choice
        label="State"
        all="any"
        value={outcome ?? phase}
        options={states}
        onChange={(state) => put({ phase: undefined, outcome: undefined, ...ofState(state) })}
      />
    </Toolbar>
  );
}

interface EnvironmentChoiceProps {
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** The environments there are; one that stands in the address is among them even when it is not there any more. */
function EnvironmentChoice({ value, onChange }: EnvironmentChoiceProps) {
  const known = useQuery(environmentNamesQuery).data ?? [];
  const names = value === undefined || known.includes(value) ? known : [value, ...known];
  const options = names.map((name) => ({ value: name, label: name }));
  return <Choice label="Environment" all="all" value={value} options={options} onChange={onChange} />;
}

function List({ search }: { readonly search: DeploymentsSearch }) {
  const { q, ...filter } = search;
  const isPossible = [filter.environment, filter.service].every((name) => name === undefined || namePattern.test(name));
  const query = useInfiniteQuery({ ...deploymentsQuery({ ...filter, ...given('search', q) }), enabled: isPossible });
  const rows = useRows(query);
  if (!isPossible) return <NoneFound query={{ ...query, hasNextPage: false }} what="deployments" />;
  if (query.error !== null && query.data === undefined) return <Trouble error={query.error} />;
  if (rows === null) return <Bones rows={12} />;
  if (rows.length === 0 && Object.keys(search).length === 0) return <NothingYet />;
  return (
    <>
      <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
      {rows.length === 0 ? (
        <NoneFound query={query} what="deployments">
          <p>
            <Link to="/deployments">Show all</Link>
          </p>
        </NoneFound>
      ) : (
        <>
          <Table label="Deployments" head={heads} busy={query.isPlaceholderData} className={styles.table} cards>
            {rows.map((row) => (
              <DeploymentRow key={row.id} deployment={row} />
            ))}
          </Table>
          <ShowMore
            shown={rows.length}
            total={null}
            what="deployments"
            hasMore={query.hasNextPage}
            isLoading={query.isFetchingNextPage}
            onMore={() => void query.fetchNextPage()}
          />
        </>
      )}
    </>
  );
}

const heads = ['State', 'Deployment', 'Environment', 'Services', 'Reason', 'By', 'Accepted', 'Took'].map((head) => (
  <th key={head} scope="col">
    {head}
  </th>
));

function NothingYet() {
  return (
    <Empty title="Nothing was deployed yet.">
      <p>Register a release, then deploy the file that names it:</p>
      <pre>{'dray release cart 1.0.0 -f compose.yaml\ndray deploy dev.yaml'}</pre>
    </Empty>
  );
}
