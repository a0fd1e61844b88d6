import type { z } from 'zod';
import type { Actor, App } from '../../app/api.ts';
import type { Page } from '../../port/store.ts';
import type { RouteName, routes } from '../../wire/routes.ts';
import type { StreamPiece } from '../event-stream-piece.ts';
import type { Parts } from '../request-parts.ts';
import type { Names } from '../views/names.ts';

type Routes = typeof routes;

/** A request that its route's schemas have read and whose sender may send it. */
export interface Call<N extends RouteName> extends Parts<N> {
  readonly actor: Routes[N]['access'] extends 'public' ? null : Actor;
  readonly idempotencyKey: string | null;
  /** The header as it came. */
  readonly lastEventId: string | readonly string[] | undefined;
  /** Where it comes from. */
  readonly address: string;
  readonly signal: AbortSignal;
}

/** What becomes of the browser's session cookie. */
export type SessionChange =
  { readonly kind: 'opened'; readonly secret: string; readonly expiresAt: number } | { readonly kind: 'closed' };

export interface JsonAnswer<B = unknown> {
  readonly kind: 'json';
  readonly status: number;
  readonly body: B;
  readonly session?: SessionChange;
  /** The deployment that the request made or joined. */
  readonly deployment?: string;
}

export interface EventsAnswer {
  readonly kind: 'events';
  readonly pieces: AsyncIterable<StreamPiece>;
}

export interface TextAnswer {
  readonly kind: 'text';
  readonly contentType: string;
  readonly text: string;
}

/** Bytes that are the same for ever. */
export interface BytesAnswer {
  readonly kind: 'bytes';
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

interface Answers<N extends RouteName> {
  readonly json: JsonAnswer<Routes[N]['response'] extends z.ZodType ? z.output<Routes[N]['response']> : never>;
  readonly events: EventsAnswer;
  readonly text: TextAnswer;
  readonly bytes: BytesAnswer;
}

/** An answer of the sort that the contract names for the route. */
export type Answer<N extends RouteName> = Answers<N>[Routes[N]['produces']];

/** From the contract to the use case and back, for some routes, and nothing else. */
export type Handlers<N extends RouteName = RouteName> = { readonly [M in N]: (call: Call<M>) => Promise<Answer<M>> };

/** A JSON document as answer. */
export function answered<B>(
  body: B,
  status = 200,
  more: Pick<JsonAnswer, 'session' | 'deployment'> = {},
): JsonAnswer<B> {
  return { kind: 'json', status, body, ...more };
}

/** The page that a list's query asks for. */
export function pageRequest(query: { readonly cursor?: string | undefined; readonly limit: number }) {
  return { cursor: query.cursor ?? null, limit: query.limit };
}

/** A page as it is answered. */
export function pageView<T, U>(page: Page<T>, view: (item: T) => U): { items: U[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}

/** A page whose lines name who did it: all names are asked for at once. */
export async function namedPage<T extends { readonly actor: string }, U>(
  of: { readonly app: App; readonly page: Page<T>; readonly signal: AbortSignal },
  view: (item: T, names: Names) => U,
): Promise<JsonAnswer<{ items: U[]; next: string | null }>> {
  const { app, page, signal } = of;
  const actors = page.items.map(({ actor }) => actor);
  const names = await app.actorNames(actors, signal);
  return answered(pageView(page, (item) => view(item, names)));
}

/** A filter of those members that the query has. */
export function given<Q extends object, K extends keyof Q>(query: Q, keys: readonly K[]) {
  const members = keys.filter((key) => query[key] !== undefined).map((key) => [key, query[key]] as const);
  return Object.fromEntries(members) as { readonly [M in K]?: Exclude<Q[M], undefined> };
}
