import type { ProblemDocument } from '../../../wire/common.ts';
import { paths, type RouteName } from '../../../wire/paths.ts';
import { addressOf, type CallInput, type ResponseOf } from './address.ts';
import { takeAnswer } from './ahead.ts';

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
  const address = addressOf(name, input);
  const ahead = method === 'GET' ? takeAnswer(address) : undefined;
  const response = await send(address, ahead, {
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

async function send(address: string, ahead: Promise<Response> | undefined, init: RequestInit): Promise<Response> {
  try {
    return await (ahead ?? fetch(address, init));
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
