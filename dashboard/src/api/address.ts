import type { z } from 'zod';
import { paths, type RouteName } from '../../../wire/paths.ts';
import type { routes } from '../../../wire/routes.ts';

type Routes = typeof routes;
type Input<T> = T extends z.ZodType ? z.input<T> : never;

/** What a route answers with. */
export type ResponseOf<N extends RouteName> = Routes[N]['response'] extends z.ZodType
  ? z.output<Routes[N]['response']>
  : never;

/** What a call may carry. */
export interface CallInput<N extends RouteName> {
  readonly params?: Input<Routes[N]['params']>;
  readonly query?: Input<Routes[N]['query']>;
  readonly body?: Input<Routes[N]['body']>;
  readonly signal?: AbortSignal;
  readonly idempotencyKey?: string;
}

/** The address of a call, with its path and query. */
export function addressOf<N extends RouteName>(name: N, input: Pick<CallInput<N>, 'params' | 'query'>): string {
  const params = new Map(Object.entries(input.params ?? {}));
  const path = paths[name].path.replaceAll(/:(\w+)/g, (_, key: string) => {
    const value: unknown = params.get(key);
    return typeof value === 'string' || typeof value === 'number' ? encodeURIComponent(value) : '';
  });
  const query = new URLSearchParams(
    Object.entries(input.query ?? {}).flatMap(([key, value]: [string, unknown]): [string, string][] => {
      if (value === undefined || value === '') return [];
      return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
    }),
  ).toString();
  return query === '' ? path : `${path}?${query}`;
}
