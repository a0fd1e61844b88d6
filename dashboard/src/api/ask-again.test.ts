import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query';
import { askAgain } from './ask-again.ts';

test('a page of a list that somebody waits for arrives, though the list changes meanwhile', async () => {
  const queries = new QueryClient();
  const asked: number[] = [];
  const held = Promise.withResolvers<void>();
  const observer = new InfiniteQueryObserver(queries, {
    queryKey: ['list'],
    initialPageParam: 1,
    queryFn: async ({ pageParam, signal }) => {
      asked.push(pageParam);
      if (asked.length === 2) await held.promise;
      signal.throwIfAborted();
      return pageParam;
    },
    getNextPageParam: (page: number) => page + 1,
  });
  const stop = observer.subscribe(() => {});
  await queries.getQueryCache().find({ queryKey: ['list'] })?.promise;
  const next = observer.fetchNextPage();
  const again = askAgain(queries, { queryKey: ['list'] });
  await new Promise((resolve) => setTimeout(resolve, 20));
  held.resolve();
  await next;
  await again;
  assert.deepEqual(observer.getCurrentResult().data?.pages, [1, 2]);
  assert.deepEqual(asked, [1, 2, 1, 2], 'the change is asked for once the page is there');
  stop();
  queries.clear();
});
