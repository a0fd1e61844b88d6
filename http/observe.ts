import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FaultCode } from '../core/fault.ts';
import type { JsonObject } from '../core/json.ts';
import type { Logger } from '../port/logger.ts';
import type { Metrics } from '../port/metrics.ts';
import { traceOf, type TraceContext } from './trace-context.ts';

/** What only the one who answers knows of a request. */
export interface RequestNote {
  /** Id of who asks. */
  readonly actor?: string;
  /** The deployment that the request made or joined; one that its path names is known already. */
  readonly deployment?: string;
  /** The problem that it was answered with, or that its stream ended with. */
  readonly problem?: FaultCode;
  /** True from the moment that the answer is a stream. */
  readonly stream?: true;
}

/** Counts, times and logs the requests of one server. */
export interface Observation {
  /** Adds to what is known of a request; ignored once its answer is out. */
  note(request: FastifyRequest, note: RequestNote): void;
}

export interface ObservationParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Milliseconds since an arbitrary start. */
  now(): number;
}

interface Seen {
  readonly startedAt: number;
  readonly trace: TraceContext;
  readonly note: RequestNote;
}

/** Asked every few seconds by machines: those that went well are counted, not logged. */
const quietRoutes: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Watches every request of a server: its count and duration by route template, and one log line when it has ended, with
 * the trace that it belongs to. Neither holds a header, a query, a body or the path itself. Call it before routes and
 * other hooks are added.
 */
export function addObservation(server: FastifyInstance, parts: ObservationParts): Observation {
  const { metrics, logger } = parts;
  const seen = new WeakMap<FastifyRequest, Seen>();
  const streams = new Map<string, number>();
  let inFlight = 0;
  const countInFlight = (change: 1 | -1) => {
    inFlight += change;
    metrics.set('drayage_http_requests_in_flight', {}, inFlight);
  };
  const countStream = (route: string, change: 1 | -1) => {
    const open = (streams.get(route) ?? 0) + change;
    streams.set(route, open);
    metrics.set('drayage_event_streams_open', { route }, open);
  };
  server.addHook('onRequest', (request, reply, done) => {
    const { traceparent, tracestate } = request.headers;
    const trace = traceOf({ traceparent: single(traceparent), tracestate: joined(tracestate) });
    seen.set(request, { startedAt: parts.now(), trace, note: {} });
    countInFlight(1);
    // Not fastify's onResponse: a client that leaves before an answer began has to be counted too.
    reply.raw.once('close', () => {
      const known = seen.get(request);
      seen.delete(request);
      countInFlight(-1);
      if (known === undefined) return;
      const ended = endOf(request, reply, known, parts.now());
      if (ended.isStream) countStream(ended.route, -1);
      measure(metrics, ended);
      if (!isQuiet(ended)) logger.info('request', logFacts(request, ended, known));
    });
    done();
  });
  return {
    note(request, note) {
      const known = seen.get(request);
      if (known === undefined) return;
      if (note.stream === true && known.note.stream !== true) countStream(routeOf(request), 1);
      seen.set(request, { ...known, note: { ...known.note, ...note } });
    },
  };
}

interface Ended {
  readonly method: string;
  readonly route: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly isStream: boolean;
  readonly isWhole: boolean;
  readonly problem: FaultCode | null;
}

function endOf(request: FastifyRequest, { raw }: FastifyReply, { startedAt, note }: Seen, now: number): Ended {
  return {
    method: request.method,
    route: routeOf(request),
    status: raw.headersSent ? raw.statusCode : null,
    durationMs: now - startedAt,
    isStream: note.stream === true,
    isWhole: raw.writableFinished,
    // A client that goes away ends its own stream as a shutdown would; only what was told to it was a problem.
    problem: note.problem === 'server.draining' && !raw.writableFinished ? null : (note.problem ?? null),
  };
}

function measure(metrics: Metrics, { method, route, status, durationMs, isStream, isWhole, problem }: Ended): void {
  metrics.increment('drayage_http_requests_total', { method, route, status: String(status ?? 'none') });
  if (problem !== null) metrics.increment('drayage_http_problems_total', { code: problem });
  if (isAuthenticationFailure(problem)) metrics.increment('drayage_authentication_failures_total', { code: problem });
  if (isStream) {
    const reason = problem ?? (isWhole ? 'end' : 'client-gone');
    metrics.increment('drayage_event_streams_ended_total', { route, reason });
  } else {
    metrics.observe('drayage_http_request_duration_seconds', { method, route }, durationMs / 1000);
  }
}

function isAuthenticationFailure(problem: FaultCode | null): problem is FaultCode {
  return problem === 'auth.wrong' || problem === 'auth.code-wrong' || problem === 'auth.too-many-tries';
}

function isQuiet({ route, status }: Ended): boolean {
  return quietRoutes.has(route) && status !== null && status < 400;
}

function logFacts(request: FastifyRequest, ended: Ended, { trace, note }: Seen): JsonObject {
  const deployment = note.deployment ?? pathDeployment(request);
  return {
    method: ended.method,
    route: ended.route,
    status: ended.status,
    durationMs: Math.round(ended.durationMs * 10) / 10,
    requestId: request.id,
    ...(note.actor === undefined ? {} : { actor: note.actor }),
    ...(deployment === null ? {} : { deployment }),
    ...(ended.problem === null ? {} : { problem: ended.problem }),
    ...(ended.isStream ? { stream: true } : {}),
    ...(ended.isWhole ? {} : { cutShort: true }),
    traceId: trace.traceId,
    spanId: trace.spanId,
    ...(trace.parentSpanId === null ? {} : { parentSpanId: trace.parentSpanId, sampled: trace.sampled }),
    ...(trace.state === null ? {} : { traceState: trace.state }),
  };
}

const deploymentPattern = /^d-[0-9a-f]{1,64}$/;

/** The deployment that the path names. What does not look like an id of ours stays out of the log. */
function pathDeployment({ params }: FastifyRequest): string | null {
  if (typeof params !== 'object' || params === null || !('deployment' in params)) return null;
  const { deployment } = params;
  return typeof deployment === 'string' && deploymentPattern.test(deployment) ? deployment : null;
}

/** The route's template: a path would make a series of every id. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}

/** A header that may come once only: several of it are as none. */
function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function joined(header: string | readonly string[] | undefined): string | undefined {
  return header === undefined || typeof header === 'string' ? header : header.join(',');
}
