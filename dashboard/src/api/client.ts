import type { z } from 'zod';
import type { ProblemDocument } from '../../../wire/common.ts';
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

/** Longer than the server's own limit for a request, in ms. */
const deadlineMs = 35_000;

/** An answer that is not what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Null when nothing of Drayage's answered. */
  readonly problem: ProblemDocument | null;

  constructor(message: string, problem: ProblemDocument | null, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
  }
}

/** Calls a route of the server that this page came from. Throws an ApiError, or the signal's reason. */
export async function call<N extends RouteName>(name: N, input: CallInput<N> = {}): Promise<ResponseOf<N>> {
  const { method } = paths[name];
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = input.signal === undefined ? deadline : AbortSignal.any([input.signal, deadline]);
  const response = await send(addressOf(name, input), {
    method,
    signal,
    headers: {
      accept: 'application/json',
      ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(input.idempotencyKey === undefined ? {} : { 'idempotency-key': input.idempotencyKey }),
    },
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
  });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as ResponseOf<N>; // the server answers by the contract that this type comes from
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (cause) {
    if (init.signal?.aborted === true && !(init.signal.reason instanceof DOMException)) throw init.signal.reason;
    throw new ApiError('The server does not answer.', null, cause);
  }
}

/** What an answer that is no success tells. */
export async function errorOf(response: Response): Promise<ApiError> {
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    return new ApiError(`Something that is not Drayage answered with status ${response.status}.`, null);
  }
  return problemError(await response.text());
}

/** The error of a problem document's text. */
export function problemError(text: string): ApiError {
  const problem = JSON.parse(text) as ProblemDocument; // the server sends it by the contract
  return new ApiError(problem.detail, problem);
}

/** The address of a call, with its path and query. */
export function addressOf<N extends RouteName>(name: N, input: Pick<CallInput<N>, 'params' | 'query'>): string {
  const params = new Map(Object.entries(input.params ?? {}));
  const path = paths[name].path.replaceAll(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(String(params.get(key) ?? '')),
  );
  const query = new URLSearchParams(
    Object.entries(input.query ?? {}).flatMap(([key, value]: [string, unknown]): [string, string][] => {
      if (value === undefined || value === '') return [];
      return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
    }),
  ).toString();
  return query === '' ? path : `${path}?${query}`;
}
