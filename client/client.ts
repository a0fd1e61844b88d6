import { Fault } from '../core/fault.ts';
import { routes, type RouteName } from '../wire/routes.ts';
import type { WireLogLine } from '../wire/environment.ts';
import {
  addressOf,
  type AnyInput,
  type CallArguments,
  type CallInput,
  type CallOutput,
  type DocumentRoute,
} from './call-input.ts';
import { NotNow, readJson, send, unreachableServer, type Exchange } from './exchange.ts';
import { readLogLines } from './log-stream.ts';
import { withRetries } from './retry.ts';

export interface ClientOptions {
  /** The server's address, such as `http://127.0.0.1:4400`; a path below which it stands is kept. */
  readonly url: string;
  /** Null sends none: for the public routes. */
  readonly token: string | null;
  readonly fetch?: typeof fetch;
  /** Deadline of one attempt; default 35 s, longer than the server's own. */
  readonly attemptMs?: number;
}

/** Calls of the HTTP API, typed by its contract. */
export interface Client {
  readonly url: string;
  /**
   * Calls a route. Rejects with the fault that the server told, `server.unreachable` when it does not answer, or the
   * signal's reason. Reading calls, and `deploy` with an idempotency key, are repeated up to four times when the
   * server does not answer or says 503 with Retry-After; nothing else ever is.
   */
  call<N extends DocumentRoute>(name: N, ...args: CallArguments<N>): Promise<CallOutput<N>>;
  /** Log lines of a service as they come. Ends with the server's end, or throws as `call` does. */
  logs(input: CallInput<'logs'>): AsyncIterable<WireLogLine>;
}

const attemptMs = 35_000;

/** Makes a client. Throws `request.invalid` when the address is no http or https URL, or the token no token. */
export function createClient(options: ClientOptions): Client {
  const base = readBase(options.url);
  checkToken(options.token);
  const exchangeFor = (name: RouteName, input: AnyInput): Exchange => ({
    fetch: options.fetch ?? globalThis.fetch,
    url: addressOf(base, name, input),
    method: routes[name].method,
    headers: headersFor(options.token, name, input),
    body: routes[name].body === null ? null : JSON.stringify(input.body ?? {}),
  });
  return {
    url: options.url,
    async call<N extends DocumentRoute>(name: N, ...[input]: CallArguments<N>): Promise<CallOutput<N>> {
      const given: AnyInput = input ?? {};
      const exchange = exchangeFor(name, given);
      const signal = given.signal ?? new AbortController().signal;
      const attempt = async () => await attemptCall(exchange, signal, options.attemptMs ?? attemptMs);
      const value = isRepeatable(name, given) ? await withRetries(signal, attempt) : await once(attempt);
      return readResponse(name, value);
    },
    async *logs(input) {
      const signal = input.signal ?? new AbortController().signal;
      const exchange = exchangeFor('logs', input);
      const response = await withRetries(
        signal,
        async () => await openStream(exchange, signal, options.attemptMs ?? attemptMs),
      );
      yield* readLogLines(response, exchange.url, signal);
    },
  };
}

function isRepeatable(name: RouteName, input: AnyInput): boolean {
  return routes[name].method === 'GET' || (name === 'deploy' && input.idempotencyKey !== undefined);
}

async function once<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    throw cause instanceof NotNow ? cause.fault : cause;
  }
}

async function attemptCall(exchange: Exchange, signal: AbortSignal, ms: number): Promise<unknown> {
  signal.throwIfAborted();
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  try {
    return await readJson(await send(exchange, deadline), exchange.url, deadline);
  } catch (cause) {
    throw reasonFor(cause, exchange, signal, deadline, ms);
  }
}

/** The deadline is for the answer's head only: the stream itself goes on for as long as it likes. */
async function openStream(exchange: Exchange, signal: AbortSignal, ms: number): Promise<Response> {
  signal.throwIfAborted();
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(), ms);
  const deadline = AbortSignal.any([signal, opening.signal]);
  try {
    return await send(exchange, deadline);
  } catch (cause) {
    throw reasonFor(cause, exchange, signal, deadline, ms);
  } finally {
    clearTimeout(timer);
  }
}

function reasonFor(
  cause: unknown,
  exchange: Exchange,
  signal: AbortSignal,
  deadline: AbortSignal,
  ms: number,
): unknown {
  if (signal.aborted) return signal.reason;
  if (!deadline.aborted || cause instanceof Fault) return cause;
  return unreachableServer(exchange.url, `no answer within ${ms / 1000} s`, cause);
}

function readResponse<N extends DocumentRoute>(name: N, value: unknown): CallOutput<N> {
  const read = routes[name].response.safeParse(value);
  if (read.success) return read.data as CallOutput<N>; // read by the schema that the type comes from
  throw new Fault('server.bug', `The server's answer to ${name} is not what this version of Drayage expects.`, {
    next: 'Use the same version of Drayage for server and command line.',
    cause: read.error,
  });
}

function headersFor(token: string | null, name: RouteName, input: AnyInput): Record<string, string> {
  return {
    accept: routes[name].response === null ? 'text/event-stream' : 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(routes[name].body === null ? {} : { 'content-type': 'application/json' }),
    ...(input.idempotencyKey === undefined ? {} : { 'idempotency-key': input.idempotencyKey }),
  };
}

function readBase(url: string): URL {
  const base = URL.parse(url.endsWith('/') ? url : `${url}/`);
  if (base !== null && (base.protocol === 'http:' || base.protocol === 'https:') && base.username === '') return base;
  throw new Fault('request.invalid', 'The server address is not an http or https URL.', {
    facts: { url: url.slice(0, 200) },
    next: 'Write it as http://127.0.0.1:4400, in --url or DRAYAGE_URL.',
  });
}

function checkToken(token: string | null): void {
  if (token === null || /^[\x21-\x7e]{1,512}$/.test(token)) return;
  throw new Fault('request.invalid', 'The token has characters that no token has.', {
    next: 'Copy it again, without spaces or line breaks, into DRAYAGE_TOKEN or --token.',
  });
}
