import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client.ts';

/** Whether an answer says that nobody is signed in, or not any more. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.problem?.status === 401;
}

/** Whether asking again can help: not when the server understood and said no. */
function mayHelp(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.problem === null) return true;
  return error.problem.status === 429 || error.problem.status === 503;
}

/** The page's memory of what the server told. Calls `onSignedOut` when a session ends while the page is open. */
export function createQueries(onSignedOut: () => void): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError(error, query) {
        if (!isSignedOut(error) || query.queryKey[0] === 'session') return;
        queries.removeQueries({ queryKey: ['session'] });
        onSignedOut();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < 3 && mayHelp(error),
        retryDelay: (count) => Math.min(1_000 * 2 ** count, 8_000),
      },
    },
  });
  return queries;
}
