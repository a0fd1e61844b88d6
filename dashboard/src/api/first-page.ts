import type { QueryClient } from '@tanstack/react-query';
import { given, readOverviewSearch } from '../search.ts';
import { overviewQuery, sessionQuery } from './queries.ts';

/** How long the first picture waits for what it shows, in ms: drawn without it, it would be drawn twice. */
const patienceMs = 200;

/** Puts what was asked ahead into the page's memory; resolves when it is there, or could not be had soon. */
export async function awaitFirstPage(queries: QueryClient, at: Pick<Location, 'pathname' | 'search'>): Promise<void> {
  const wanted: Promise<unknown>[] = [queries.prefetchQuery(sessionQuery)];
  if (at.pathname === '/') {
    const { q, health } = readOverviewSearch(Object.fromEntries(new URLSearchParams(at.search)));
    const filter = { ...given('search', q), ...given('health', health) };
    wanted.push(queries.prefetchInfiniteQuery(overviewQuery(filter)));
  }
  await Promise.race([Promise.all(wanted), new Promise((resolve) => setTimeout(resolve, patienceMs))]);
}
