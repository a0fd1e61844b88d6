import type { z } from 'zod';
import { routes, type RouteName } from '../wire/routes.ts';

type Routes = typeof routes;

/** Routes that answer with a document; the others answer with a stream. */
export type DocumentRoute = { [N in RouteName]: Routes[N]['response'] extends z.ZodType ? N : never }[RouteName];

/** Assignable to what has no required member; unlike `object`, also to `Record<string, never>`. */
type Nothing = Record<never, never>;

type Part<K extends string, T> = T extends z.ZodType
  ? Nothing extends z.input<T>
    ? { readonly [P in K]?: z.input<T> }
    : { readonly [P in K]: z.input<T> }
  : object;

/** What a call takes: the route's parameters, query and body, as its schemas read them. */
export type CallInput<N extends RouteName> = Part<'params', Routes[N]['params']> &
  Part<'query', Routes[N]['query']> &
  Part<'body', Routes[N]['body']> & {
    /** Ends the call; it then rejects with the signal's reason. */
    readonly signal?: AbortSignal;
    /** For `deploy`: the same key for every repetition of the same request. With one, the client repeats by itself. */
    readonly idempotencyKey?: string;
  };

/** The input may be left out where all of its members may. */
export type CallArguments<N extends RouteName> =
  Nothing extends CallInput<N> ? [input?: CallInput<N>] : [input: CallInput<N>];

/** What a call resolves to. */
export type CallOutput<N extends DocumentRoute> = Routes[N]['response'] extends z.ZodType
  ? z.output<Routes[N]['response']>
  : never;

/** The members of any input, for code that is the same for all routes. */
export interface AnyInput {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly idempotencyKey?: string;
}

/** The address of a call below a server's URL. */
export function addressOf(base: URL, name: RouteName, input: AnyInput): URL {
  const params = new Map(Object.entries(input.params ?? {}));
  const path = routes[name].path.replaceAll(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(String(params.get(key) ?? '')),
  );
  const url = new URL(path.slice(1), base);
  for (const [key, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url;
}
