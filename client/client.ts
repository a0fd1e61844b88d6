import { Fault } from '../core/fault.ts';
import { unreachable } from '../core/unreachable.ts';
import type { WireLogLine } from '../wire/environment.ts';
import { routes, type Route, type RouteName } from '../wire/routes.ts';
import {
  addressOf,
  type AnyInput,
  type CallArguments,
  type CallInput,
  type CallOutput,
  type DocumentRoute,
} from './call-input.ts';
import { followEvents, type EventNews } from './events.ts';
import { NotNow, readJson, readText, send, unreachableServer, type Exchange } from './exchange.ts';
import { readLogLines } from './log-stream.ts';
import { withRetries } from './retry.ts';
import { startTrace } from './trace.ts';

export interface ClientOptions {
  /** The server's address, such as `http://127.0.0.1:4400`; a path below which it stands is kept. */
  readonly url: string;
  /** Null sends none: for the public routes. */
  readonly token: string | null;
  readonly fetch?: typeof fetch;
  /** Deadline of one attempt; default 35 s, longer than the server's own. */
  readonly attemptMs?: number;
  /** How often in a row `events` tries in vain before it gives up; default 8, which is about half a minute. */
  readonly eventTries?: number;
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
  /** What a route answers in plain text, at most 64 MiB; rejects, and is repeated, as `call` does. */
  text(name: TextRoute, input?: CallInput<TextRoute>): Promise<string>;
  /** Log lines of a service as they come. Ends with the server's end, or throws as `call` does. */
  logs(input: CallInput<'logs'>): AsyncIterable<WireLogLine>;
  /**
   * The ledger live, for ever, each entry once and in order: after a break it goes on by itself from the last id, and
   * tells `ready` again. Throws the fault of the last try when nothing came of `eventTries` in a row (`server.unreachable`
   * when nobody answered), a fault that repeating does not mend, or the signal's reason.
   */
  events(input?: EventsInput): AsyncIterable<EventNews>;
}

/** Routes that answer with plain text. */
export type TextRoute = 'metrics' | 'ledgerCheckpoint';

export interface EventsInput extends CallInput<'events'> {
  /** Goes on after this entry; wins over the query's `after`. */
  readonly lastEventId?: number;
}

const attemptMs = 35_000;
const eventTries = 8;
const eventFirstPauseMs = 250;

/** Makes a client. Throws `request.invalid` when the address is no http or https URL, or the token no token. */
export function createClient(options: ClientOptions): Client {
  const base = readBase(options.url);
  checkToken(options.token);
  const nextSpan = startTrace();
  const exchangeFor = (name: RouteName, input: AnyInput): Exchange => {
    const { method, body }: Route = routes[name];
    return {
      fetch: options.fetch ?? globalThis.fetch,
      url: addressOf(base, name, input),
      method,
      headers: { ...headersFor(options.token, name, input), traceparent: nextSpan() },
      body: body === null ? null : JSON.stringify(input.body ?? {}),
    };
  };
  const openMs = options.attemptMs ?? attemptMs;
  return {
    url: options.url,
    async call<N extends DocumentRoute>(name: N, ...args: CallArguments<N>): Promise<CallOutput<N>> {
      const given = givenInput(args);
      const exchange = exchangeFor(name, given);
      const signal = given.signal ?? new AbortController().signal;
      const attempt = async () => await attemptCall(exchange, signal, openMs);
      const value = isRepeatable(name, given) ? await withRetries(signal, attempt) : await once(attempt);
      return readResponse(name, value);
    },
    async text(name, input = {}) {
      const exchange = exchangeFor(name, input);
      const signal = input.signal ?? new AbortController().signal;
      return await withRetries(signal, async () => {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(openMs)]);
        try {
          return await readText(await send(exchange, deadline), exchange.url, deadline);
        } catch (cause) {
          throw reasonFor(cause, exchange, signal, deadline, openMs);
        }
      });
    },
    async *logs(input) {
      const signal = input.signal ?? new AbortController().signal;
      const exchange = exchangeFor('logs', input);
      const response = await withRetries(signal, async () => await openStream(exchange, signal, openMs));
      yield* readLogLines(response, exchange.url, signal);
    },
    events(input = {}) {
      const signal = input.signal ?? new AbortController().signal;
      return followEvents({
        url: addressOf(base, 'events', input),
        open: async (last) => {
          const { headers, ...exchange } = exchangeFor('events', input);
          const resume = last === null ? {} : { 'last-event-id': String(last) };
          return await openStream({ ...exchange, headers: { ...headers, ...resume } }, signal, openMs);
        },
        lastEventId: input.lastEventId ?? null,
        signal,
        triesMost: options.eventTries ?? eventTries,
        firstPauseMs: eventFirstPauseMs,
      });
    },
  };
}

function givenInput([input = {}]: readonly [input?: AnyInput]): AnyInput {
  return input;
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

/** The same routes without the exact type of each schema: all that reading an answer needs. */
const anyRoutes: Readonly<Record<RouteName, Route>> = routes;

function readResponse<N extends DocumentRoute>(name: N, value: unknown): CallOutput<N> {
  const read = anyRoutes[name].response?.safeParse(value);
  if (read?.success === true) return read.data as CallOutput<N>; // read by the schema that the type comes from
  throw new Fault('server.bug', `The server's answer to ${name} is not what this version of Drayage expects.`, {
    next: 'Use the same version of Drayage for server and command line.',
    cause: read?.error,
  });
}

function headersFor(token: string | null, name: RouteName, input: AnyInput): Record<string, string> {
  return {
    accept: accepted(routes[name]),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(routes[name].body === null ? {} : { 'content-type': 'application/json' }),
    ...(input.idempotencyKey === undefined ? {} : { 'idempotency-key': input.idempotencyKey }),
  };
}

function accepted({ produces }: Pick<Route, 'produces'>): string {
  switch (produces) {
    case 'json':
      return 'application/json';
    case 'events':
      return 'text/event-stream';
    case 'text':
      return 'text/plain';
    case 'bytes':
      return 'application/octet-stream';
    default:
      return unreachable(produces);
  }
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
