import type { Dispatcher, Pool } from 'undici';
import { Fault, isFault } from '../../core/fault.ts';
import { createGate, withDeadline, type Gate } from './bounded.ts';
import { openPool, type EngineAddress } from './endpoint.ts';
import { text } from './json.ts';

/** The Docker Engine API versions that this client speaks; the newest that both sides know is used. */
const oldest = [1, 41] as const;
const newest = [1, 47] as const;

const mebibyte = 1024 * 1024;
const limits = {
  requestsAtOnce: 8,
  requestsWaiting: 256,
  streamsAtOnce: 64,
  answerBytes: 64 * mebibyte,
  errorBytes: mebibyte,
  heartbeatMs: 15_000,
} as const;

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path below the version, with its query, such as `/services?status=true`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A service that refers to a network or config which is gone is answered 500 or 400 (20.10), not 404. */
const lacksReference = /network \S+ not found|config not found/;

/** A name that somebody else took at the same moment is answered 500 (20.10), not 409. */
const takenMeanwhile = 'name conflicts with an existing object';

/** What an engine answered, as far as a caller can go on with it; everything else is thrown as a Fault. */
export type Answer =
  | { readonly kind: 'ok'; readonly body: unknown }
  /** 404, or something that the written object refers to is not there. */
  | { readonly kind: 'absent'; readonly message: string }
  /** 409: the name is taken, or the object is in use. */
  | { readonly kind: 'conflict'; readonly message: string }
  /** The object has changed since the version that the write was made from. */
  | { readonly kind: 'out-of-sequence' }
  | { readonly kind: 'too-large'; readonly limitBytes: number };

/** A connection to one Docker Engine. */
export interface DockerClient {
  readonly address: EngineAddress;
  /** One request. Throws `engine.unreachable` or `engine.refused`, or the signal's reason. */
  call(call: Call, signal: AbortSignal): Promise<Answer>;
  /**
   * An answer that does not end by itself (events, logs), in pieces as they come; an empty piece comes first, when the
   * engine has begun to answer. While it is read the engine is asked
   * for a sign of life every 15 s. Throws `engine.unknown-object` when the object is not there, else as `call`.
   */
  stream(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

interface Connection {
  readonly address: EngineAddress;
  readonly requestTimeoutMs: number;
  readonly requests: Pool;
  readonly streams: Pool;
  readonly gate: Gate;
  /** The agreed `/v1.x`; null before the first request and after a failure. */
  version: Promise<string> | null;
}

/** Opens a client; nothing is connected before the first call. `requestTimeoutMs` bounds each request as a whole. */
export function openDockerClient(address: EngineAddress, requestTimeoutMs: number): DockerClient {
  const connection: Connection = {
    address,
    requestTimeoutMs,
    requests: openPool(address, {
      connections: limits.requestsAtOnce,
      bodyTimeoutMs: requestTimeoutMs,
    }),
    streams: openPool(address, { connections: limits.streamsAtOnce, bodyTimeoutMs: 0 }),
    gate: createGate(limits.requestsAtOnce, limits.requestsWaiting),
    version: null,
  };
  return {
    address,
    call: async (call, signal) => await answerTo(connection, call, signal),
    stream: (path, signal) => readStream(connection, path, signal),
    async close() {
      await Promise.all([connection.requests.destroy(), connection.streams.destroy()]);
    },
  };
}

/** The version's path prefix, agreed once. */
async function agreedVersion(connection: Connection, signal: AbortSignal): Promise<string> {
  connection.version ??= negotiate(connection);
  const version = connection.version;
  try {
    return await withDeadline(connection.requestTimeoutMs, signal, async () => await version);
  } catch (cause) {
    if (connection.version === version) connection.version = null;
    throw unreachableUnlessKnown(connection, cause, signal);
  }
}

/** Shared by all callers that wait for it, so that none of their signals ends it. */
async function negotiate(connection: Connection): Promise<string> {
  const never = new AbortController().signal;
  const response = await exchange(connection, { method: 'GET', path: '/_ping' }, never);
  const header = response.headers['api-version'];
  const theirs = /^(\d+)\.(\d+)$/.exec(typeof header === 'string' ? header : '');
  const major = Number(theirs?.[1] ?? 0);
  const minor = Number(theirs?.[2] ?? 0);
  if (major !== oldest[0] || minor < oldest[1])
    throw new Fault(
      'engine.refused',
      `The engine of cluster ${connection.address.cluster} speaks API ${String(header)}; ${oldest.join('.')} or newer is needed.`,
      { next: 'Update Docker on that cluster to 20.10 or newer.' },
    );
  return `/v${major}.${Math.min(minor, newest[1])}`;
}

interface Exchanged {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  /** Null when the body is above its limit. */
  readonly body: Buffer | null;
}

/** One request and its whole body, within the request's deadline. */
async function exchange(connection: Connection, call: Call, signal: AbortSignal): Promise<Exchanged> {
  const body = call.body === undefined ? null : JSON.stringify(call.body);
  return await withDeadline(connection.requestTimeoutMs, signal, async (inner) =>
    connection.gate.pass(inner, async () => {
      const response = await connection.requests.request({
        method: call.method,
        path: call.path,
        signal: inner,
        headers: { ...(body === null ? {} : { 'content-type': 'application/json' }), ...call.headers },
        ...(body === null ? {} : { body }),
      });
      const limit = response.statusCode < 400 ? limits.answerBytes : limits.errorBytes;
      const bytes = await readBody(response.body, limit);
      return { status: response.statusCode, headers: response.headers, body: bytes };
    }),
  );
}

/** Reads a body to its end; null when it is longer than the limit. */
async function readBody(body: AsyncIterable<Buffer>, limitBytes: number): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > limitBytes) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function answerTo(connection: Connection, call: Call, signal: AbortSignal): Promise<Answer> {
  const version = await agreedVersion(connection, signal);
  try {
    const exchanged = await exchange(connection, { ...call, path: version + call.path }, signal);
    return interpret(connection.address.cluster, call, exchanged);
  } catch (cause) {
    throw unreachableUnlessKnown(connection, cause, signal);
  }
}

function interpret(cluster: string, call: Call, { status, body }: Exchanged): Answer {
  if (body === null && status < 400) return { kind: 'too-large', limitBytes: limits.answerBytes };
  const content = body?.toString('utf8') ?? '';
  if (status < 400) return { kind: 'ok', body: content === '' ? null : readJson(content) };
  const message = errorMessage(content, status);
  if (status === 404 || lacksReference.test(message)) return { kind: 'absent', message };
  if (status === 409 || message.includes(takenMeanwhile)) return { kind: 'conflict', message };
  if (status === 500 && message.includes('update out of sequence')) return { kind: 'out-of-sequence' };
  const facts = { cluster, status, request: `${call.method} ${call.path.split('?')[0] ?? ''}` };
  if (status >= 500)
    throw new Fault('engine.unreachable', `The engine of cluster ${cluster} failed: ${message}`, {
      facts,
    });
  throw new Fault('engine.refused', `The engine of cluster ${cluster} refused: ${message}`, {
    facts,
  });
}

/** Throws a SyntaxError when the engine's answer is not JSON; that becomes `engine.unreachable`. */
function readJson(content: string): unknown {
  const value: unknown = JSON.parse(content);
  return value;
}

/** The engine's own words. */
function errorMessage(content: string, status: number): string {
  try {
    return text(readJson(content), 'message') ?? `status ${status}`;
  } catch {
    return content.slice(0, 500) || `status ${status}`;
  }
}

/** What a failed exchange is thrown as: the caller's own abort and known faults as they are. */
function unreachableUnlessKnown(connection: Connection, cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (isFault(cause)) return cause;
  const { cluster, endpoint } = connection.address;
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new Fault('engine.unreachable', `The engine of cluster ${cluster} at ${endpoint} does not answer: ${reason}`, {
    facts: { cluster, endpoint },
    next: 'See whether it runs and can be reached.',
    cause,
  });
}

async function* readStream(connection: Connection, path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const version = await agreedVersion(connection, signal);
  const life = new AbortController();
  const forward = () => life.abort(signal.reason);
  const heart = setInterval(() => void checkPulse(connection, life), limits.heartbeatMs);
  signal.addEventListener('abort', forward, { once: true });
  try {
    const response = await withDeadline(
      connection.requestTimeoutMs,
      life.signal,
      async () =>
        await connection.streams.request({
          method: 'GET',
          path: version + path,
          signal: life.signal,
        }),
    );
    if (response.statusCode >= 400) await throwStreamError(connection, path, response);
    yield new Uint8Array();
    for await (const piece of response.body as AsyncIterable<Buffer>) yield piece;
  } catch (cause) {
    throw unreachableUnlessKnown(connection, life.signal.aborted ? life.signal.reason : cause, signal);
  } finally {
    clearInterval(heart);
    signal.removeEventListener('abort', forward);
    life.abort();
  }
}

/** Ends the stream when the engine gives no sign of life. */
async function checkPulse(connection: Connection, life: AbortController): Promise<void> {
  try {
    await exchange(connection, { method: 'GET', path: '/_ping' }, life.signal);
  } catch (cause) {
    life.abort(cause);
  }
}

async function throwStreamError(
  connection: Connection,
  path: string,
  response: Dispatcher.ResponseData,
): Promise<never> {
  const body = await readBody(response.body, limits.errorBytes);
  const { cluster } = connection.address;
  const status = response.statusCode;
  const call: Call = { method: 'GET', path };
  const answer = interpret(cluster, call, { status, headers: response.headers, body });
  const message = 'message' in answer ? answer.message : `status ${status}`;
  throw new Fault('engine.unknown-object', `Cluster ${cluster}: ${message}`, {
    facts: { cluster },
  });
}
