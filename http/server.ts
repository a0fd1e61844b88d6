import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Actor, App, PlacedLogLine } from '../app/api.ts';
import { Fault } from '../core/fault.ts';
import type { Logger } from '../port/logger.ts';
import { routes, type RouteName } from '../wire/routes.ts';
import { checkAccess } from './access.ts';
import { commonHeaders } from './common-headers.ts';
import { beginLines, writeLines } from './event-stream.ts';
import { createHandlers, type Call, type Handlers } from './handlers.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { parseJsonBody } from './json-body.ts';
import { refuseMalformed } from './malformed.ts';
import { orAborted } from './or-aborted.ts';
import { faultOf, problemAnswer } from './problem-answer.ts';
import { readParts } from './request-parts.ts';
import { createUnderWay, type RequestUnderWay, type UnderWay } from './under-way.ts';
import { createWrongTokens, type WrongTokens } from './wrong-tokens.ts';

export interface HttpServerOptions {
  readonly app: App;
  readonly logger: Logger;
  /** Drayage's version, told in a header. */
  readonly version: string;
  /** Milliseconds since an arbitrary start; for limits only. */
  now(): number;
  /** For tests; the defaults are what an operator reads in the reference. */
  readonly limits?: { readonly [K in keyof typeof defaultLimits]?: number };
}

export interface HttpServer {
  /** Throws the system's error when the address is taken or not ours. Port 0 takes any free one. */
  listen(at: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number; readonly url: string }>;
  /** Refuses new requests, ends streams, waits for what is under way (at most 10 s), then closes every connection. */
  close(): Promise<void>;
}

const mebibyte = 1024 * 1024;

const defaultLimits = {
  /** Requests that may carry documents: a 10 MB one reaches the parser and gets its answer. */
  documentBytes: 16 * mebibyte,
  bodyBytes: mebibyte,
  requestsMost: 512,
  streamsMost: 64,
  connectionsMost: 2048,
  requestMs: 30_000,
  closeMs: 10_000,
} as const satisfies Record<string, number>;

const carriesDocuments: ReadonlySet<RouteName> = new Set(['createRelease', 'plan', 'deploy']);

/** What the hooks know of a request. */
interface Progress {
  readonly underWay: RequestUnderWay;
  readonly actor: Actor | null;
}

interface Parts extends HttpServerOptions {
  readonly server: FastifyInstance;
  readonly handlers: Handlers;
  readonly underWay: UnderWay;
  readonly wrongTokens: WrongTokens;
  readonly limit: { readonly [K in keyof typeof defaultLimits]: number };
  readonly progress: WeakMap<FastifyRequest, Progress>;
}

/** The HTTP API: every route of the contract over one application. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limit = { ...defaultLimits, ...options.limits };
  const underWay = createUnderWay(limit);
  const parts: Parts = {
    ...options,
    server: openFastify(limit, options),
    handlers: createHandlers({ app: options.app, isDraining: () => underWay.isDraining() }),
    underWay,
    wrongTokens: createWrongTokens(() => options.now()),
    limit,
    progress: new WeakMap(),
  };
  const { server } = parts;
  server.server.maxConnections = limit.connectionsMost;
  addAnswers(parts);
  for (const name of routeNames()) addRoute(parts, name);
  return {
    async listen({ host, port }) {
      const url = await server.listen({ host, port });
      const { hostname, port: bound } = new URL(url);
      return { host: hostname, port: Number(bound), url };
    },
    async close() {
      await underWay.drain(limit.closeMs);
      await server.close();
    },
  };
}

function openFastify(limit: Parts['limit'], { logger, version }: HttpServerOptions): FastifyInstance {
  const server = fastify({
    bodyLimit: limit.bodyBytes,
    requestTimeout: limit.requestMs,
    connectionTimeout: 0, // streams are idle for long; the heartbeat and the drain limit end those of lost clients
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    requestIdHeader: false,
    genReqId: () => crypto.randomUUID(),
    routerOptions: { maxParamLength: 128 },
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => {
      const fault = faultOf(error, { logger, requestId: request.id, route: 'none' });
      sendProblem(reply.headers(commonHeaders({ version, requestId: request.id })), fault, request.id);
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => (body.byteLength === 0 ? undefined : parseJsonBody(body)),
  );
  return server;
}

function addAnswers(parts: Parts): void {
  const { server, logger } = parts;
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(commonHeaders({ version: parts.version, requestId: request.id }));
  });
  server.setErrorHandler(async (thrown, request, reply) => {
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    sendProblem(reply, faultOf(thrown, { logger, requestId: request.id, route }), request.id);
    return await reply;
  });
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0]?.slice(0, 200) ?? '';
    const fault = new Fault('route.unknown', `There is no ${request.method} ${path}.`, {
      next: 'Look at the reference of the HTTP API for its routes.',
    });
    sendProblem(reply, fault, request.id);
    return await reply;
  });
}

function addRoute<N extends RouteName>(parts: Parts, name: N): void {
  const { server, underWay, wrongTokens, app, limit, progress } = parts;
  const { method, path, access } = routes[name];
  server.route({
    method,
    url: path,
    bodyLimit: carriesDocuments.has(name) ? limit.documentBytes : limit.bodyBytes,
    // Before the body is read: who may not call a route cannot make the server read 16 MiB either.
    onRequest: async (request, reply) => {
      const begun = underWay.begin({ evenWhileDraining: access === 'public' });
      reply.raw.once('close', () => begun.end());
      const caller = { authorization: request.headers.authorization, address: request.ip };
      const actor = await checkAccess({ app, wrongTokens, access, caller }, begun.signal);
      progress.set(request, { underWay: begun, actor });
    },
    handler: async (request, reply) => await answer(parts, name, request, reply),
  });
}

async function answer<N extends RouteName>(
  parts: Parts,
  name: N,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const known = parts.progress.get(request);
  if (known === undefined) throw new Error('a request reached its handler without passing the access check');
  const { underWay, actor } = known;
  const call = {
    ...readParts(name, { params: request.params, query: request.query, body: request.body }),
    actor,
    idempotencyKey: readIdempotencyKey(request.headers['idempotency-key']),
    signal: underWay.signal,
  } as Call<N>; // the access check gives an actor to every route that is not public
  const { status, body } = await orAborted(parts.handlers[name](call), underWay.signal);
  if (!isLines(body)) return await reply.code(status).send(body);
  underWay.becomeStream();
  const lines = await beginLines(body);
  reply.hijack();
  const headers = commonHeaders({ version: parts.version, requestId: request.id });
  const faultOfThrown = (thrown: unknown) =>
    faultOf(thrown, { logger: parts.logger, requestId: request.id, route: routes[name].path });
  await writeLines(reply.raw, lines, {
    headers,
    requestId: request.id,
    signal: underWay.signal,
    faultOf: faultOfThrown,
  });
  return reply;
}

function sendProblem(reply: FastifyReply, fault: Fault, requestId: string): void {
  const { document, headers } = problemAnswer(fault, requestId);
  reply
    .code(document.status)
    .headers({ ...headers })
    .send(Buffer.from(JSON.stringify(document)));
}

function routeNames(): readonly RouteName[] {
  return Object.keys(routes).filter((name): name is RouteName => Object.hasOwn(routes, name));
}

function isLines(body: object): body is AsyncIterable<PlacedLogLine> {
  return Symbol.asyncIterator in body;
}
