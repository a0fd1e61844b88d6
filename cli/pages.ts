/** A page as the server gives it. */
interface PageOf<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

const mostPerPage = 500;

/** The first `limit` items of a list, page by page. */
export async function firstItems<T>(
  limit: number,
  read: (page: { readonly limit: number; readonly cursor?: string }) => Promise<PageOf<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const asked = Math.min(mostPerPage, limit - items.length);
    const page: PageOf<T> = await read(cursor === null ? { limit: asked } : { limit: asked, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < limit);
  return items.slice(0, limit);
}
