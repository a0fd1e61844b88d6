import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { namePattern } from '../../../core/name-patterns.ts';
import type { ResponseOf } from '../api/address.ts';
import { releasesQuery } from '../api/queries.ts';
import { given, readReleasesSearch, type ReleasesSearch } from '../search.ts';
import { Digest } from '../ui/copy.tsx';
import { SearchField, Toolbar } from '../ui/field.tsx';
import { Bones, Page, ShowMore } from '../ui/page.tsx';
import { NoneFound, useRows } from '../ui/paged.tsx';
import { Empty } from '../ui/panel.tsx';
import { Stale } from '../ui/stale.tsx';
import { Table } from '../ui/table.tsx';
import { Age } from '../ui/time.tsx';
import { Trouble } from '../ui/trouble.tsx';
import styles from './release/releases.module.css';

const route = getRouteApi('/shell/releases');

/** Every release, newest first. */
export function ReleasesPage() {
  const search = route.useSearch();
  return (
    <Page title="Releases">
      <Filters search={search} />
      <List search={search} />
    </Page>
  );
}

function Filters({ search: { q, service } }: { readonly search: ReleasesSearch }) {
  const navigate = route.useNavigate();
  const put = (part: { readonly [K in keyof ReleasesSearch]: ReleasesSearch[K] | undefined }) =>
    void navigate({ search: (before) => readReleasesSearch({ ...before, ...part }), replace: true });
  return (
    <Toolbar label="Releases">
      <SearchField label="Search" placeholder="service or version" value={q} onChange={(text) => put({ q: text })} />
      <SearchField
        label="Service"
        placeholder="its whole name"
        value={service}
        onChange={(name) => put({ service: name })}
      />
    </Toolbar>
  );
}

function List({ search: { q, service } }: { readonly search: ReleasesSearch }) {
  const isPossible = service === undefined || namePattern.test(service);
  const query = useInfiniteQuery({
    ...releasesQuery({ ...given('search', q), ...given('service', service) }),
    enabled: isPossible,
  });
  const rows = useRows(query);
  if (!isPossible) return <NoneFound query={{ ...query, hasNextPage: false }} what="releases" />;
  if (query.error !== null && query.data === undefined) return <Trouble error={query.error} />;
  if (rows === null) return <Bones rows={12} />;
  if (rows.length === 0 && q === undefined && service === undefined) return <NothingYet />;
  return (
    <>
      <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
      {rows.length === 0 ? (
        <NoneFound query={query} what="releases">
          <p>
            <Link to="/releases">Show all</Link>
          </p>
        </NoneFound>
      ) : (
        <>
          <Table label="Releases" className={styles.table} cards busy={query.isPlaceholderData} head={heads}>
            {rows.map((release) => (
              <Row key={release.sequence} release={release} />
            ))}
          </Table>
          <ShowMore
            shown={rows.length}
            total={null}
            what="releases"
            hasMore={query.hasNextPage}
            isLoading={query.isFetchingNextPage}
            onMore={() => void query.fetchNextPage()}
          />
        </>
      )}
    </>
  );
}

function Row({ release }: { readonly release: ResponseOf<'listReleases'>['items'][number] }) {
  const { service, version, identity, actor, actorName, registeredAt } = release;
  return (
    <tr>
      <th scope="row" className={styles.service}>
        {service}
      </th>
      <td className={styles.version}>
        <Link to="/releases/$service/$version" params={{ service, version }}>
          {version}
        </Link>
      </td>
      <td className={styles.identity}>
        <Digest digest={identity} label={`the identity of ${service} ${version}`} />
      </td>
      <td className={styles.by} title={actor}>
        {actorName}
      </td>
      <td className={styles.registered}>
        <Age at={registeredAt} />
      </td>
    </tr>
  );
}

const heads = ['Service', 'Version', 'Identity', 'By', 'Registered'].map((head) => (
  <th key={head} scope="col">
    {head}
  </th>
));

function NothingYet() {
  return (
    <Empty title="No release was registered yet.">
      <p>A release is one version of a service, for ever: its Compose file, its files, its images by digest.</p>
      <pre>dray release cart 1.0.0 -f compose.yaml</pre>
    </Empty>
  );
}
