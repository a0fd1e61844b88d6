import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { overviewQuery } from '../api/queries.ts';
import { given, type OverviewSearch } from '../search.ts';
import { SearchField, Toolbar } from '../ui/field.tsx';
import { Bones, Page, ShowMore } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { Stale } from '../ui/stale.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { HealthCounts } from './overview/counts.tsx';
import { NothingHere } from './overview/empty.tsx';
import { OverviewGrid } from './overview/grid.tsx';
import { RefusedNotice } from './overview/refused.tsx';
import { matrixOf, type EnvironmentHead } from './overview/matrix.ts';
import styles from './overview/overview.module.css';

/** At most so many troubles of environments are told above the grid; each is on its environment's page. */
const troublesMost = 3;

type OverviewFilter = Parameters<typeof overviewQuery>[0];

function useOverview(filter: OverviewFilter) {
  return useInfiniteQuery(overviewQuery(filter));
}

/** Every service against every environment. */
export function OverviewPage() {
  const search = useSearch({ from: '/shell/' });
  const { q, health } = search;
  const query = useOverview({ ...given('search', q), ...given('health', health) });
  const newest = query.data?.pages[0];
  return (
    <Page title="Overview">
      <Toolbar label="Services">
        <Search q={q} health={health} />
        <HealthCounts healths={newest?.healths ?? null} search={search} />
      </Toolbar>
      {newest !== undefined && <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />}
      <RefusedNotice />
      {newest !== undefined && <Troubles environments={newest.environments} />}
      <Services query={query} isFiltered={q !== undefined || health !== undefined} />
    </Page>
  );
}

function Search({ q, health }: { readonly q: string | undefined; readonly health: OverviewSearch['health'] }) {
  const navigate = useNavigate({ from: '/' });
  const onChange = useCallback(
    (text: string | undefined) =>
      void navigate({ search: { ...given('health', health), ...given('q', text) }, replace: true }),
    [navigate, health],
  );
  return <SearchField label="Search services" value={q} placeholder="Part of a name" onChange={onChange} />;
}

interface ServicesProps {
  readonly query: ReturnType<typeof useOverview>;
  readonly isFiltered: boolean;
}

function Services({ query, isFiltered }: ServicesProps) {
  const pages = query.data?.pages;
  const matrix = useMemo(() => matrixOf(pages ?? []), [pages]);
  if (pages === undefined) return query.isError ? <Trouble error={query.error} /> : <Waiting />;
  if (matrix.rows.length === 0) return <NothingHere environments={matrix.environments} isFiltered={isFiltered} />;
  const total = pages.at(-1)?.total ?? 0;
  return (
    <>
      <OverviewGrid matrix={matrix} total={total} busy={query.isPlaceholderData} />
      <ShowMore
        shown={matrix.rows.length}
        total={total}
        what="services"
        hasMore={query.hasNextPage}
        isLoading={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </>
  );
}

function Waiting() {
  return (
    <div className={styles.bones}>
      <span className="visually-hidden">Asking the server …</span>
      <Bones rows={12} />
    </div>
  );
}

function Troubles({ environments }: { readonly environments: readonly EnvironmentHead[] }) {
  const troubled = environments.filter(({ trouble }) => trouble !== null);
  if (troubled.length === 0) return null;
  const more = troubled.length - troublesMost;
  return (
    <Panel meaning="unknown">
      <ul className={styles.troubles}>
        {troubled.slice(0, troublesMost).map(({ name, trouble }) => (
          <li key={name}>
            <Link to="/environments/$environment" params={{ environment: name }}>
              {name}
            </Link>
            : {trouble}
          </li>
        ))}
        {more > 0 && <li>and {more} more environments, marked below</li>}
      </ul>
    </Panel>
  );
}
