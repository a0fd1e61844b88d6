import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { CallInput, ResponseOf } from './address.ts';
import { overviewPage } from './ahead.ts';
import { call } from './client.ts';

/** How often what is not on the ledger, such as health, is asked for again, in ms. */
const healthMs = 5_000;

/** How often the page asks who looks, and whether anything may be changed, in ms. */
const sessionMs = 15_000;

/** How often a deployment that is under way is asked for its tasks, in ms. */
const progressMs = 1_000;

/** Lists with a cursor, each page asked for when it is wanted. */
type PagedRoute = 'listDeployments' | 'listReleases' | 'listRevisions' | 'overview' | 'listTokens' | 'listEnvironments';

function paged<N extends PagedRoute>(name: N, key: readonly unknown[], input: CallInput<N>, limit: number) {
  return infiniteQueryOptions({
    queryKey: key,
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }): Promise<ResponseOf<N>> => {
      const query = { ...input.query, limit, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return await call(name, { ...input, query, signal } as CallInput<N>); // the route's own query, with its page
    },
    getNextPageParam: (page: { readonly next: string | null }) => page.next,
    placeholderData: keepPreviousData,
  });
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => await call('getSession', { signal }),
  staleTime: 60_000,
  // It tells as well when nothing may be changed: what every page has to show.
  refetchInterval: sessionMs,
});

/** What a recovery would give up; the server looks at every cluster for it. */
export const recoveryQuery = queryOptions({
  queryKey: ['recovery'],
  queryFn: async ({ signal }) => await call('getRecovery', { signal }),
  staleTime: 60_000,
});

export const overviewQuery = (filter: { readonly search?: string; readonly health?: Health }) => ({
  ...paged('overview', ['overview', filter], { query: filter }, overviewPage),
  refetchInterval: healthMs,
});

type Health = NonNullable<NonNullable<CallInput<'overview'>['query']>['health']>;

export const environmentQuery = (environment: string) =>
  queryOptions({
    queryKey: ['environment', environment],
    queryFn: async ({ signal }) => await call('getEnvironment', { params: { environment }, signal }),
    refetchInterval: healthMs,
  });

export const revisionsQuery = (environment: string) =>
  paged('listRevisions', ['revisions', environment], { params: { environment } }, 25);

export const deploymentsQuery = (filter: NonNullable<CallInput<'listDeployments'>['query']>) =>
  paged('listDeployments', ['deployments', filter], { query: filter }, 50);

/** Names of all environments, to choose from; the first 500. */
export const environmentNamesQuery = queryOptions({
  queryKey: ['environments', 'names'],
  queryFn: async ({ signal }) => {
    const { items } = await call('listEnvironments', { query: { limit: 500 }, signal });
    return items.map(({ name }) => name);
  },
  staleTime: 60_000,
});

export const deploymentQuery = (deployment: string) =>
  queryOptions({
    queryKey: ['deployment', deployment],
    queryFn: async ({ signal }) => await call('getDeployment', { params: { deployment }, signal }),
    refetchInterval: (query) => (query.state.data?.phase === 'ended' ? false : progressMs),
  });

/** A plan never changes. */
export const deploymentConfigsQuery = (deployment: string) =>
  queryOptions({
    queryKey: ['deployment-configs', deployment],
    queryFn: async ({ signal }) => await call('deploymentConfigs', { params: { deployment }, signal }),
    staleTime: Infinity,
  });

export const releasesQuery = (filter: NonNullable<CallInput<'listReleases'>['query']>) =>
  paged('listReleases', ['releases', filter], { query: filter }, 50);

export const releaseQuery = (service: string, version: string) =>
  queryOptions({
    queryKey: ['release', service, version],
    queryFn: async ({ signal }) => await call('getRelease', { params: { service, version }, signal }),
  });

export const comparisonQuery = (a: Compared['a'], b: Compared['b']) =>
  queryOptions({
    queryKey: ['comparison', a, b],
    queryFn: async ({ signal }) => await call('compare', { body: { a, b }, signal }),
  });

type Compared = NonNullable<CallInput<'compare'>['body']>;

export const serviceQuery = (service: string) =>
  queryOptions({
    queryKey: ['service', service],
    queryFn: async ({ signal }) => await call('getService', { params: { service }, signal }),
  });

export const whereQuery = (vulnerability: string) =>
  queryOptions({
    queryKey: ['where', vulnerability],
    queryFn: async ({ signal }) => await call('whereIs', { params: { vulnerability }, signal }),
  });

/** A waiver ends, and a report grows too old, without an entry that tells. */
export const refusalsQuery = queryOptions({
  queryKey: ['refusals'],
  queryFn: async ({ signal }) => await call('listRefusals', { signal }),
  refetchInterval: 60_000,
});

export const varietyQuery = queryOptions({
  queryKey: ['variety'],
  queryFn: async ({ signal }) => await call('variety', { signal }),
});

export const clustersQuery = queryOptions({
  queryKey: ['clusters'],
  queryFn: async ({ signal }) => await call('listClusters', { signal }),
  refetchInterval: healthMs,
});

/** The ledger, newest first. */
export const entriesQuery = (
  filter: Pick<NonNullable<CallInput<'ledgerEntries'>['query']>, 'stream' | 'kind' | 'actor'>,
) =>
  infiniteQueryOptions({
    queryKey: ['ledger', filter],
    initialPageParam: null as number | null,
    queryFn: async ({ pageParam, signal }) =>
      await call('ledgerEntries', {
        query: { ...filter, order: 'newest', limit: 100, ...(pageParam === null ? {} : { before: pageParam }) },
        signal,
      }),
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

/** One entry of the ledger with its own hash, which its successor or the head holds; null when it is not there. */
export const entryQuery = (sequence: number) =>
  queryOptions({
    queryKey: ['entry', sequence],
    queryFn: async ({ signal }) => {
      const query = { order: 'oldest', after: sequence - 1, limit: 2 } as const;
      const { entries, head, actorNames } = await call('ledgerEntries', { query, signal });
      const [entry, following] = entries;
      if (entry?.sequence !== sequence) return null;
      return { entry, hash: following?.prev ?? head.hash, actorName: actorNames[entry.actor] ?? entry.actor };
    },
    staleTime: Infinity,
  });
