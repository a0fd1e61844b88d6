import type { TestContext } from 'node:test';
import type { App } from '../../app/api.ts';
import type { JsonObject } from '../../core/json.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../http/server.ts';
import { noMetrics } from '../../port/metrics.ts';

export interface StartedServer {
  readonly url: string;
  readonly server: HttpServer;
  /** What was logged as an error. */
  readonly errors: readonly { readonly message: string; readonly facts: JsonObject }[];
}

/** Starts the real HTTP server on a free loopback port; it is closed with the test. */
export async function startHttpServer(
  t: TestContext,
  app: App,
  limits: HttpServerOptions['limits'] = {},
  given: Partial<HttpServerOptions> = {},
): Promise<StartedServer> {
  const errors: { message: string; facts: JsonObject }[] = [];
  const logger = {
    info: () => {},
    warn: () => {},
    error: (message: string, facts: JsonObject = {}) => void errors.push({ message, facts }),
  };
  const server = createHttpServer({
    app,
    logger,
    metrics: { ...noMetrics, contentType: 'text/plain; version=0.0.4; charset=utf-8', text: async () => '# none\n' },
    version: '0.0.0-test',
    installation: 'test',
    publicUrl: null,
    dashboard: null,
    now: () => performance.now(),
    limits: { closeMs: 500, ...limits },
    ...given,
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => await server.close());
  return { url, server, errors };
}
