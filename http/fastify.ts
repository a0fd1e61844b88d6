import fastifyCompress from '@fastify/compress';
import fastifyCookie from '@fastify/cookie';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Fault } from '../core/fault.ts';
import { commonHeaders } from './common-headers.ts';
import { addDashboardFiles, isForPage, refusedPath, sendPage, unknownRoute } from './dashboard.ts';
import { parseJsonBody } from './json-body.ts';
import type { Limits } from './limits.ts';
import { refuseMalformed } from './malformed.ts';
import { addObservation, type Observation, type ObservationParts } from './observe.ts';
import { faultOf, problemAnswer } from './problem-answer.ts';

interface Parts extends ObservationParts {
  readonly version: string;
  readonly limit: Limits;
  /** Whether people reach the server by https. */
  readonly isHttps: boolean;
  /** Folder of the built dashboard; null when it was not built. */
  readonly dashboard: string | null;
}

/** Opens the web framework with everything but the routes: limits, plugins, headers, and what is said of faults. */
export function openFastify(parts: Parts): { readonly server: FastifyInstance; readonly observation: Observation } {
  const server = bareFastify(parts);
  const observation = addObservation(server, { ...parts, now: () => parts.now() });
  server.server.maxConnections = parts.limit.connectionsMost;
  addBodies(server);
  addAnswers(server, parts, observation);
  server.register(fastifyCookie);
  // Only where a route asks for it: what carries a secret is never compressed, nor what streams, nor what comes in.
  server.register(fastifyCompress, { global: false, globalDecompression: false });
  const { dashboard } = parts;
  if (dashboard !== null) server.register(async (scope) => await addDashboardFiles(scope, dashboard));
  return { server, observation };
}

function bareFastify({ limit, logger, version, isHttps }: Parts): FastifyInstance {
  return fastify({
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
      sendProblem(reply.headers(commonHeaders({ version, isHttps, requestId: request.id })), fault, request.id);
    },
  });
}

function addBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => (body.byteLength === 0 ? undefined : parseJsonBody(body)),
  );
}

function addAnswers(server: FastifyInstance, parts: Parts, observation: Observation): void {
  const { logger, version, isHttps, dashboard } = parts;
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(commonHeaders({ version, isHttps, requestId: request.id }));
  });
  const answerFault = async (fault: Fault, request: FastifyRequest, reply: FastifyReply) => {
    observation.note(request, { problem: fault.code });
    sendProblem(reply, fault, request.id);
    return await reply;
  };
  server.setErrorHandler(async (thrown, request, reply) => {
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    const fault = refusedPath(thrown, request) ?? faultOf(thrown, { logger, requestId: request.id, route });
    return await answerFault(fault, request, reply);
  });
  server.setNotFoundHandler(async (request, reply) => {
    if (isForPage(request)) return await sendPage(reply, dashboard);
    return await answerFault(unknownRoute(request), request, reply);
  });
}

function sendProblem(reply: FastifyReply, fault: Fault, requestId: string): void {
  const { document, headers } = problemAnswer(fault, requestId);
  reply
    .code(document.status)
    .headers({ ...headers })
    .send(Buffer.from(JSON.stringify(document)));
}
