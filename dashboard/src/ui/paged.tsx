import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { Empty } from './panel.tsx';

/** How many pages without a row a list asks for by itself before it asks whether to go on. */
const emptyPagesMost = 3;

type Paged<T> = UseInfiniteQueryResult<InfiniteData<{ readonly items: readonly T[] }>>;

/**
 * The rows of a list so far; null while there is nothing to show. The server looks through a bounded part of a long
 * history a page, so that a page may be empty while others follow: then a few more are asked for.
 */
export function useRows<T>(query: Paged<T>): readonly T[] | null {
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query;
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  const goesOn = rows.length === 0 && hasNextPage && !isError && (data?.pages.length ?? 0) < emptyPagesMost;
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage();
  }, [goesOn, isFetching, fetchNextPage]);
  return data === undefined || goesOn ? null : rows;
}

interface NoneProps {
  readonly query: Pick<Paged<unknown>, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>;
  /** What is listed, in the plural. */
  readonly what: string;
  /** What to do instead. */
  readonly children?: ReactNode;
}

/** A filtered list without a row: says whether that is certain, or only so for the newest. */
export function NoneFound({ query, what, children }: NoneProps) {
  if (!query.hasNextPage) return <Empty title={`There are no ${what} like this.`}>{children}</Empty>;
  return (
    <Empty title={`There are no ${what} like this among the newest.`}>
      <p>Older ones were not looked through yet.</p>
      <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Look further
      </Button>
      {children}
    </Empty>
  );
}
