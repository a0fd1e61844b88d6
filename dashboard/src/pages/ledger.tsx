import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { entriesQuery } from '../api/queries.ts';
import { given, type LedgerSearch } from '../search.ts';
import { Choice, SearchField, Toolbar } from '../ui/field.tsx';
import { Bones, Page, ShowMore } from '../ui/page.tsx';
import { Empty } from '../ui/panel.tsx';
import { Stale } from '../ui/stale.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { EntriesTable } from './ledger/entries-table.tsx';
import { EntryDialog } from './ledger/entry-dialog.tsx';
import { kindOptions } from './ledger/entry-text.ts';
import styles from './ledger/ledger.module.css';

/** Everything that was decided and everything that happened, newest first. */
export function LedgerPage() {
  const search = useSearch({ from: '/shell/ledger' });
  const { stream, kind, actor, entry } = search;
  const query = useEntries({ ...given('stream', stream), ...given('kind', kind), ...given('actor', actor) });
  const put = usePut(search);
  const close = useCallback(() => put({ entry: undefined }), [put]);
  return (
    <Page title="Ledger">
      <p className={styles.fine}>
        Every entry holds the hash of the one before, so that nothing can be changed or taken out unseen. See for
        yourself, on the server's machine: <code>dray ledger verify</code>
      </p>
      <Filters search={search} names={namesIn(query.data?.pages ?? [])} put={put} />
      <Stale error={query.error} dataUpdatedAt={query.dataUpdatedAt} />
      <Entries query={query} search={search} />
      {entry !== undefined && <EntryDialog sequence={entry} onClose={close} />}
    </Page>
  );
}

type Put = (change: { readonly [K in keyof LedgerSearch]?: LedgerSearch[K] | undefined }) => void;

/** Changes what stands in the address; what is undefined leaves it. */
function usePut({ stream, kind, actor, entry }: LedgerSearch): Put {
  const navigate = useNavigate();
  return useCallback(
    (change) => {
      const next = { stream, kind, actor, entry, ...change };
      void navigate({
        to: '/ledger',
        search: {
          ...given('stream', next.stream),
          ...given('kind', next.kind),
          ...given('actor', next.actor),
          ...given('entry', next.entry),
        },
        replace: 'stream' in change,
        resetScroll: false,
      });
    },
    [navigate, stream, kind, actor, entry],
  );
}

function useEntries(filter: Parameters<typeof entriesQuery>[0]) {
  return useInfiniteQuery(entriesQuery(filter));
}

type Pages = NonNullable<ReturnType<typeof useEntries>['data']>['pages'];

function namesIn(pages: Pages): ReadonlyMap<string, string> {
  return new Map(pages.flatMap(({ actorNames }) => Object.entries(actorNames)));
}

interface FiltersProps {
  readonly search: LedgerSearch;
  /** What the actors of the entries on the page are called, by id. */
  readonly names: ReadonlyMap<string, string>;
  readonly put: Put;
}

function Filters({ search: { stream, kind, actor }, names, put }: FiltersProps) {
  const onStream = useCallback((text: string | undefined) => put({ stream: text }), [put]);
  const actors = actor === undefined || names.has(actor) ? names : new Map([...names, [actor, actor]]);
  const actorOptions = [...actors].map(([value, label]) => ({ value, label })).toSorted(byLabel);
  const kinds =
    kind === undefined || kindOptions.some(({ value }) => value === kind)
      ? kindOptions
      : [...kindOptions, { value: kind, label: kind }];
  return (
    <Toolbar label="Entries">
      <Choice label="Kind" all="All kinds" value={kind} options={kinds} onChange={(value) => put({ kind: value })} />
      <Choice
        label="Who"
        all="Everybody"
        value={actor}
        options={actorOptions}
        onChange={(value) => put({ actor: value })}
      />
      <SearchField label="Stream" value={stream} placeholder="deployment/d-…" onChange={onStream} />
    </Toolbar>
  );
}

function byLabel(a: { readonly label: string }, b: { readonly label: string }): number {
  return a.label.localeCompare(b.label);
}

function Entries({ query, search }: { readonly query: ReturnType<typeof useEntries>; readonly search: LedgerSearch }) {
  const pages = query.data?.pages;
  if (pages === undefined) return query.isError ? <Trouble error={query.error} /> : <Bones rows={14} />;
  const entries = pages.flatMap((page) => page.entries);
  if (entries.length === 0) {
    return (
      <Empty title="No entry is like this.">
        <Link to="/ledger">Show all entries</Link>
      </Empty>
    );
  }
  return (
    <>
      <EntriesTable entries={entries} names={namesIn(pages)} search={search} busy={query.isPlaceholderData} />
      <ShowMore
        shown={entries.length}
        total={null}
        what="entries"
        hasMore={query.hasNextPage}
        isLoading={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </>
  );
}
