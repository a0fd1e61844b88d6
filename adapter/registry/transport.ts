import { Agent, request } from 'undici';
import { Fault } from '../../core/fault.ts';

/** One HTTP request to a registry or to its token server. */
export interface RegistryRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the first host only, never along a redirect to another. */
  readonly authorization: string | null;
  readonly body?: string;
  /** The longest body that is read. */
  readonly bodyBytesMost: number;
}

/** What came back: the body whole, or `too-large` when it went on beyond the limit. */
export interface RegistryResponse {
  readonly status: number;
  header(name: string): string | null;
  readonly body: Uint8Array | 'too-large';
}

/** A connection pool with the limits that hold towards any registry, friendly or not. */
export interface Transport {
  /** Throws `registry.unreachable`, or the signal's reason. */
  send(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse>;
  close(): Promise<void>;
}

const redirectsMost = 5;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Opens a pool; `requestMs` is the deadline of one request, redirects and body included. */
export function openTransport({ requestMs }: { readonly requestMs: number }): Transport {
  const agent = new Agent({
    connect: { timeout: Math.min(requestMs, 10_000) },
    headersTimeout: requestMs,
    bodyTimeout: requestMs,
    maxHeaderSize: 32 * 1024,
  });
  return {
    async send(wanted, signal) {
      signal.throwIfAborted();
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
      try {
        return await orAborted(follow(agent, wanted, deadline), deadline);
      } catch (cause) {
        signal.throwIfAborted();
        throw cause instanceof Fault ? cause : unreachableRegistry(wanted.url, cause);
      }
    },
    async close() {
      await agent.destroy();
    },
  };
}

/** Whether a host name, as URLs have it, is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

async function follow(agent: Agent, wanted: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
  let url = wanted.url;
  for (let redirects = 0; redirects <= redirectsMost; redirects += 1) {
    const answer = await request(url, {
      dispatcher: agent,
      method: wanted.method ?? 'GET',
      headers: headersFor(wanted, url),
      body: wanted.body ?? null,
      signal,
    });
    answer.body.on('error', () => {}); // whoever reads it is told; when nobody does any more it is nobody's business
    const location = answer.headers['location'];
    if (!redirectStatuses.has(answer.statusCode) || typeof location !== 'string' || wanted.method === 'POST') {
      return await readAnswer(answer, wanted.bodyBytesMost);
    }
    await answer.body.dump({ limit: 64 * 1024 });
    url = redirectTarget(wanted.url, url, location);
  }
  throw new Fault('registry.unreachable', `${wanted.url.origin} redirects more than ${redirectsMost} times.`, {
    facts: { registry: wanted.url.host },
    next: 'Ask whoever runs the registry; the address may be that of a web page.',
  });
}

/** Credentials belong to the host that was asked, not to where it points. */
function headersFor(wanted: RegistryRequest, url: URL): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'drayage', ...wanted.headers };
  if (wanted.authorization !== null && url.origin === wanted.url.origin)
    headers['authorization'] = wanted.authorization;
  return headers;
}

/** A registry must not lead from https to http, nor from elsewhere into this machine. */
function redirectTarget(first: URL, from: URL, location: string): URL {
  const target = URL.parse(location, from);
  const isHttp = target?.protocol === 'https:' || (target?.protocol === 'http:' && first.protocol === 'http:');
  if (target === null || !isHttp || (isLoopback(target.hostname) && !isLoopback(first.hostname))) {
    throw new Fault('registry.unreachable', `${first.origin} redirects to an address that is not followed.`, {
      facts: { registry: first.host, location: location.slice(0, 300) },
      next: 'Ask whoever runs the registry; redirects from https to http or to a loopback address are refused.',
    });
  }
  target.username = '';
  target.password = '';
  return target;
}

async function readAnswer(
  answer: Awaited<ReturnType<typeof request>>,
  bodyBytesMost: number,
): Promise<RegistryResponse> {
  const header = (name: string) => {
    const value = answer.headers[name];
    return typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : null;
  };
  return { status: answer.statusCode, header, body: await readBody(answer.body, bodyBytesMost) };
}

async function readBody(body: AsyncIterable<Uint8Array>, bytesMost: number): Promise<Uint8Array | 'too-large'> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMost) return 'too-large'; // leaving the loop ends the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An HTTP client does not heed a signal while a request waits in its pool: the caller goes on at once all the same. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function unreachableRegistry(url: URL, cause: unknown): Fault {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Fault('registry.unreachable', `The registry ${url.host} does not answer: ${why}`, {
    facts: { registry: url.host },
    next: `Check that ${url.origin} can be reached from the server; a registry that speaks plain HTTP needs \`insecure: true\` in the platform document.`,
    cause,
  });
}
