import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Actor, App } from '../app/api.ts';
import { isFault } from '../core/fault.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Logger } from '../port/logger.ts';
import type { Access } from '../wire/paths.ts';
import { routes, type Route, type RouteName } from '../wire/routes.ts';
import { checkAccess, type Caller } from './access.ts';
import { commonHeaders } from './common-headers.ts';
import { entityTag, namesTag } from './entity-tag.ts';
import { beginStream, writeEventStream } from './event-stream.ts';
import type {
  BytesAnswer,
  Call,
  EventsAnswer,
  Handlers,
  JsonAnswer,
  SessionChange,
  TextAnswer,
} from './handlers/call.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import type { Limits } from './limits.ts';
import type { Observation } from './observe.ts';
import { orAborted } from './or-aborted.ts';
import { requireSameSite } from './origin.ts';
import { faultOf } from './problem-answer.ts';
import { readParts } from './request-parts.ts';
import { maxAgeSeconds, type SessionCookie } from './session-cookie.ts';
import type { RequestUnderWay, UnderWay } from './under-way.ts';
import type { WrongTokens } from './wrong-tokens.ts';

/** What is known of a request once it may be answered. */
export interface Progress {
  readonly underWay: RequestUnderWay;
  readonly caller: Caller;
  readonly actor: Actor | null;
}

export interface RouteParts {
  readonly app: App;
  readonly logger: Logger;
  readonly version: string;
  readonly handlers: Handlers;
  readonly underWay: UnderWay;
  readonly wrongTokens: WrongTokens;
  readonly observation: Observation;
  readonly publicUrl: string | null;
  readonly isHttps: boolean;
  readonly cookie: SessionCookie;
  readonly limit: Limits;
  readonly progress: WeakMap<FastifyRequest, Progress>;
}

const carriesDocuments: ReadonlySet<RouteName> = new Set(['createRelease', 'attachEvidence', 'plan', 'deploy']);

/** Answered even while the server drains, and not counted against anybody: they tell of that. */
const probes: ReadonlySet<RouteName> = new Set(['health', 'ready']);

/** A compressed answer is made whole in one go up to 64 KiB, and streamed beyond. */
const compression: NonNullable<RouteOptions['compress']> = {
  encodings: ['br', 'gzip'],
  threshold: 1_024,
  syncThreshold: 65_536,
};

/** What never changes may be compressed each time it is asked for: bundles of entries are text. */
const compressionOfBytes: typeof compression = { ...compression, customTypes: /^application\/octet-stream$/ };

/** A year, in the cache of whoever may read it. */
const forEver = 'private, max-age=31536000, immutable';

/** Adds a route of the contract. */
export function addRoute<N extends RouteName>(server: FastifyInstance, parts: RouteParts, name: N): void {
  const { method, path, produces, takesRest }: Route = routes[name];
  server.route({
    method,
    url: takesRest === true ? path.replace(/:\w+$/, '*') : path,
    bodyLimit: carriesDocuments.has(name) ? parts.limit.documentBytes : parts.limit.bodyBytes,
    compress: method === 'GET' ? compressionOf(produces) : false,
    // Before the body is read: who may not call a route cannot make the server read 16 MiB either.
    onRequest: async (request, reply) => await admit(parts, name, request, reply),
    handler: async (request, reply) => await answer(parts, name, request, reply),
  });
}

function compressionOf(produces: Route['produces']): typeof compression | false {
  if (produces === 'events') return false;
  return produces === 'bytes' ? compressionOfBytes : compression;
}

async function admit(parts: RouteParts, name: RouteName, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { access } = routes[name];
  const begun = parts.underWay.begin({ evenWhileDraining: probes.has(name) });
  reply.raw.once('close', () => begun.end());
  const caller = callerOf(request, parts.cookie.name);
  if (access === 'public' && !probes.has(name)) begun.belongTo(caller.address);
  // A page of another site must not sign a browser in as somebody else either.
  if (name === 'openSession') requireSameSite(caller, parts.publicUrl);
  const actor = await identified(parts, access, caller, begun.signal, reply);
  if (actor !== null) {
    parts.observation.note(request, { actor: actor.id });
    begun.belongTo(actor.id === 'anonymous' ? caller.address : actor.id);
  }
  parts.progress.set(request, { underWay: begun, caller, actor });
}

/** A session that has ended is forgotten by its browser too, which is then who it would be without one. */
async function identified(
  parts: RouteParts,
  access: Access,
  caller: Caller,
  signal: AbortSignal,
  reply: FastifyReply,
): Promise<Actor | null> {
  try {
    return await checkAccess(parts, access, caller, signal);
  } catch (cause) {
    const isOfCookie = caller.authorization === undefined && caller.cookie !== undefined;
    if (isOfCookie && isFault(cause, 'auth.wrong')) changeCookie(reply, parts.cookie, { kind: 'closed' });
    throw cause;
  }
}

function callerOf({ headers, cookies, ip, method }: FastifyRequest, cookie: string): Caller {
  const fetchSite = headers['sec-fetch-site'];
  return {
    authorization: headers.authorization,
    cookie: cookies[cookie],
    address: ip,
    method,
    host: headers.host,
    origin: headers.origin,
    fetchSite: Array.isArray(fetchSite) ? fetchSite.join() : fetchSite,
  };
}

async function answer<N extends RouteName>(
  parts: RouteParts,
  name: N,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const known = parts.progress.get(request);
  if (known === undefined) throw new Error('a request reached its handler without passing the access check');
  const { underWay, actor } = known;
  const call = {
    ...readParts(name, { params: paramsOf(name, request.params), query: request.query, body: request.body }),
    actor,
    idempotencyKey: readIdempotencyKey(request.headers['idempotency-key']),
    lastEventId: request.headers['last-event-id'],
    address: known.caller.address,
    signal: underWay.signal,
  } as Call<N>; // the access check gives an actor to every route that is not public
  const given: JsonAnswer | EventsAnswer | TextAnswer | BytesAnswer = await orAborted(
    parts.handlers[name](call),
    underWay.signal,
  );
  switch (given.kind) {
    case 'json':
      return await sendJson(parts, given, request, reply);
    case 'text':
      return await reply.header('content-type', given.contentType).send(given.text);
    case 'bytes':
      return await reply
        .headers({ 'content-type': given.contentType, 'cache-control': forEver, vary: 'accept-encoding' })
        .send(Buffer.from(given.bytes));
    case 'events':
      return await sendEvents(parts, name, given, known, request, reply);
    default:
      return unreachable(given);
  }
}

/** The rest of an address comes as `*`, whatever the contract calls it. */
function paramsOf(name: RouteName, params: unknown): unknown {
  const { path, takesRest }: Route = routes[name];
  if (takesRest !== true || typeof params !== 'object' || params === null) return params;
  const { '*': rest, ...others } = params as { readonly '*'?: unknown }; // from the address: schemas read what it holds
  return { ...others, [path.slice(path.lastIndexOf(':') + 1)]: rest };
}

async function sendJson(
  parts: RouteParts,
  { status, body, session, deployment }: JsonAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (session !== undefined) changeCookie(reply, parts.cookie, session);
  if (deployment !== undefined) parts.observation.note(request, { deployment });
  const text = JSON.stringify(body);
  reply.code(status).header('content-type', 'application/json; charset=utf-8');
  if (request.method !== 'GET' || status !== 200) return await reply.send(text);
  const tag = entityTag(text);
  reply.headers({ etag: tag, 'cache-control': 'private, no-cache', vary: 'authorization, cookie, accept-encoding' });
  if (!namesTag(request.headers['if-none-match'], tag)) return await reply.send(text);
  return await reply.code(304).removeHeader('content-type').send();
}

function changeCookie(reply: FastifyReply, { name, attributes }: SessionCookie, change: SessionChange): void {
  if (change.kind === 'closed') void reply.clearCookie(name, attributes);
  else
    void reply.setCookie(name, change.secret, { ...attributes, maxAge: maxAgeSeconds(change.expiresAt, Date.now()) });
}

async function sendEvents(
  parts: RouteParts,
  name: RouteName,
  { pieces }: EventsAnswer,
  { underWay, caller }: Progress,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { path, access } = routes[name];
  underWay.becomeStream();
  const stream = await beginStream(pieces);
  reply.hijack();
  parts.observation.note(request, { stream: true });
  await writeEventStream(reply.raw, stream, {
    headers: commonHeaders({ version: parts.version, isHttps: parts.isHttps, requestId: request.id }),
    requestId: request.id,
    signal: underWay.signal,
    recheck: async (signal) => await checkAccess(parts, access, caller, signal),
    faultOf: (thrown) => {
      const fault = faultOf(thrown, { logger: parts.logger, requestId: request.id, route: path });
      parts.observation.note(request, { problem: fault.code });
      return fault;
    },
  });
  return reply;
}
