import type { FastifyRequest } from 'fastify';
import type { App } from '../app/api.ts';
import type { Logger } from '../port/logger.ts';
import type { Metrics, MetricsPage } from '../port/metrics.ts';
import { routes, type RouteName } from '../wire/routes.ts';
import { openFastify } from './fastify.ts';
import { createHandlers } from './handlers/all.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { addRoute, type Progress } from './route.ts';
import { sessionCookie } from './session-cookie.ts';
import { createUnderWay } from './under-way.ts';
import { createWrongTokens } from './wrong-tokens.ts';

export interface HttpServerOptions {
  readonly app: App;
  readonly logger: Logger;
  readonly metrics: Metrics & MetricsPage;
  /** Drayage's version, told in a header. */
  readonly version: string;
  /** Id of the installation: names the session's cookie. */
  readonly installation: string;
  /** Milliseconds since an arbitrary start; for limits only. */
  now(): number;
  /** The address that people use, when it is not the one that the server listens on; of its path nothing is used. */
  readonly publicUrl: string | null;
  /** Folder of the built dashboard; null when it was not built. */
  readonly dashboard: string | null;
  /** For tests; the defaults are what an operator reads in the reference. */
  readonly limits?: Partial<Limits>;
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

/** The HTTP API, every route of the contract over one application, and the dashboard's files beside it. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limit: Limits = { ...defaultLimits, ...options.limits };
  const publicUrl = options.publicUrl === null ? null : new URL(options.publicUrl).origin;
  const isHttps = publicUrl?.startsWith('https:') ?? false;
  const underWay = createUnderWay(limit);
  const wrongTokens = createWrongTokens(() => options.now());
  let listeningUrl = '';
  const siteUrl = () => publicUrl ?? listeningUrl;
  const { server, observation } = openFastify({ ...options, limit, isHttps });
  const shared = { ...options, publicUrl, isHttps, limit, underWay, wrongTokens, observation };
  const parts = {
    ...shared,
    handlers: createHandlers({ ...shared, siteUrl, isDraining: () => underWay.isDraining() }),
    cookie: sessionCookie({ installation: options.installation, isHttps }),
    progress: new WeakMap<FastifyRequest, Progress>(),
  };
  // Plugins come first: they add to routes that are declared after them.
  server.register(async (scope) => {
    for (const name of routeNames()) addRoute(scope, parts, name);
  });
  return {
    async listen({ host, port }) {
      listeningUrl = await server.listen({ host, port });
      const { hostname, port: bound } = new URL(listeningUrl);
      return { host: hostname, port: Number(bound), url: listeningUrl };
    },
    async close() {
      await underWay.drain(limit.closeMs);
      await server.close();
    },
  };
}

function routeNames(): readonly RouteName[] {
  return Object.keys(routes).filter((name): name is RouteName => Object.hasOwn(routes, name));
}
