import type { QueryClient } from '@tanstack/react-query';
import { given, readOverviewSearch } from '../search.ts';
import { overviewQuery, sessionQuery } from './queries.ts';

/**
 * Asks for what the first page needs before anything is rendered: the session, and beside it the overview, which would
 * otherwise wait for the session's answer. Who is not signed in gets two refusals instead of one.
 */
export function startAsking(queries: QueryClient, at: Pick<Location, 'pathname' | 'search'>): void {
  void queries.prefetchQuery(sessionQuery);
  if (at.pathname !== '/') return;
  const { q, health } = readOverviewSearch(Object.fromEntries(new URLSearchParams(at.search)));
  void queries.prefetchInfiniteQuery(overviewQuery({ ...given('search', q), ...given('health', health) }));
}
