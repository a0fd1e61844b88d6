import type { QueryClient, QueryFilters } from '@tanstack/react-query';

/**
 * Asks again for what is stale now. What is being asked is never broken off: somebody may wait for just that page of a
 * list. Its answer may be older than the change, so it is awaited first.
 */
export async function askAgain(queries: QueryClient, which: QueryFilters): Promise<void> {
  const underWay = queries.getQueryCache().findAll({ ...which, fetchStatus: 'fetching' });
  await Promise.allSettled(underWay.map(async ({ promise }) => await promise));
  await queries.invalidateQueries(which, { cancelRefetch: false });
}
