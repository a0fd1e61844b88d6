import { Fault } from '../core/fault.ts';
import { problemDocument } from '../wire/common.ts';
import { fromProblem } from '../wire/problem.ts';

/** One HTTP exchange, ready to be sent as often as needed. */
export interface Exchange {
  readonly fetch: typeof fetch;
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** An answer that says "not now": the fault, and whether the server asked to come again. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

const bodyBytesMost = 64 * 1024 * 1024;

/** Sends it and returns the answer's head. Throws NotNow when nobody answers, else the fault that the server told. */
export async function send(exchange: Exchange, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = exchange;
  let response: Response;
  try {
    response = await exchange.fetch(url, { method, headers, body, signal, redirect: 'error' });
  } catch (cause) {
    signal.throwIfAborted();
    throw new NotNow(unreachableServer(url, reasonOf(cause), cause));
  }
  if (response.ok || isReadiness(response)) return response;
  const fault = await readProblem(response, url, signal);
  throw response.status === 503 && response.headers.has('retry-after') ? new NotNow(fault) : fault;
}

/** Reads a JSON answer, at most 64 MiB. Throws NotNow when it breaks off, `server.unreachable` when it is not JSON. */
export async function readJson(response: Response, url: URL, signal: AbortSignal): Promise<unknown> {
  const text = await readText(response, url, signal);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notDrayage(url, response.status, cause);
  }
}

/** The fault for a server that does not answer. */
export function unreachableServer(url: URL, why: string, cause?: unknown): Fault {
  return new Fault('server.unreachable', `The Drayage server at ${url.origin} does not answer: ${why}.`, {
    facts: { url: url.origin },
    next: 'Check that it runs (`dray serve`), and the address in --url or DRAYAGE_URL.',
    cause,
  });
}

/** A server that is not ready says so with status 503 and an ordinary answer. */
function isReadiness(response: Response): boolean {
  return response.status === 503 && (response.headers.get('content-type') ?? '').startsWith('application/json');
}

async function readProblem(response: Response, url: URL, signal: AbortSignal): Promise<Fault> {
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    await response.body?.cancel();
    return notDrayage(url, response.status);
  }
  const read = problemDocument.safeParse(await readJson(response, url, signal));
  return read.success ? fromProblem(read.data, retryAfterMs(response)) : notDrayage(url, response.status, read.error);
}

/** Of the two forms of Retry-After (RFC 9110, section 10.2.3) the server uses seconds. */
function retryAfterMs(response: Response): number | null {
  const seconds = response.headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : null;
}

/** Reads a text, at most 64 MiB. Throws NotNow when it breaks off. */
export async function readText(response: Response, url: URL, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > bodyBytesMost)
        throw new Fault('server.bug', `${url.pathname} answered with more than 64 MiB.`, {
          next: 'Ask for less at a time.',
        });
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof Fault ? cause : new NotNow(unreachableServer(url, reasonOf(cause), cause));
  }
  return text + decoder.decode();
}

/** The fault for an answer that no Drayage server of this version gives. */
export function notDrayage(url: URL, status: number, cause?: unknown): Fault {
  return new Fault(
    'server.unreachable',
    `What answers at ${url.origin} is no Drayage server of this version (status ${status}).`,
    {
      facts: { url: url.origin, status },
      next: 'Check the address in --url or DRAYAGE_URL, and any proxy before the server.',
      cause,
    },
  );
}

/** The innermost reason: fetch wraps the system's error in one that says nothing. */
function reasonOf(error: unknown): string {
  let innermost = error;
  for (let depth = 0; depth < 5 && innermost instanceof Error && innermost.cause !== undefined; depth += 1)
    innermost = innermost.cause;
  if (innermost instanceof AggregateError) return innermost.errors.map(reasonOf).join('; ').slice(0, 300);
  return (innermost instanceof Error ? innermost.message : String(innermost)).slice(0, 300);
}
