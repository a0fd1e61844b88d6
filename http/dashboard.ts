import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../core/fault.ts';
import { pageHeaders } from './common-headers.ts';

const page = 'index.html';

/** Files under this folder have a hash of their content in their names. */
const hashed = `${sep}assets${sep}`;

/** Below these nothing is a file or a page of the dashboard. */
const notThePage = /^\/(?:v1|assets)(?:[/?]|$)/;

/**
 * Serves the built dashboard's files from a folder. What the build has compressed is sent so; what has a hash in its
 * name may be kept for ever, everything else is asked for again each time.
 */
export async function addDashboardFiles(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, {
    root: folder,
    index: false,
    dotfiles: 'ignore',
    acceptRanges: false,
    cacheControl: false,
    preCompressed: true,
    allowedPath: (path) => !/^\/v1(?:\/|$)/.test(path),
    setHeaders: (reply, path) => {
      if (/\.html(?:\.br|\.gz)?$/.test(path)) reply.headers({ ...pageHeaders });
      else reply.header('cache-control', keepFor(path, folder));
    },
  });
}

function keepFor(path: string, folder: string): string {
  return path.startsWith(join(folder, hashed)) ? 'public, max-age=31536000, immutable' : 'no-cache';
}

/** Whether somebody looks for a page: what the address bar holds is the dashboard's own state, whatever the path. */
export function isForPage({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' || notThePage.test(url)) return false;
  return /(?:^|[\s,])text\/html(?:[\s,;]|$)/i.test(headers.accept ?? '');
}

/** Answers with the dashboard's one page, or with how to build it. */
export async function sendPage(reply: FastifyReply, folder: string | null): Promise<FastifyReply> {
  if (folder !== null) return await reply.code(200).sendFile(page);
  const headers = { ...pageHeaders, 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' };
  return await reply.code(404).headers(headers).send(notBuilt);
}

/** What the file server refuses as no proper path: for who asks it is as if nothing were there. */
export function refusedPath(thrown: unknown, request: FastifyRequest): Fault | null {
  if (request.routeOptions.url !== '/*' || !(thrown instanceof Error)) return null;
  const status = 'statusCode' in thrown ? thrown.statusCode : null;
  return typeof status === 'number' && status < 500 ? unknownRoute(request) : null;
}

/** There is nothing at this address. */
export function unknownRoute({ method, url }: FastifyRequest): Fault {
  const path = url.split('?', 1)[0]?.slice(0, 200) ?? '';
  return new Fault('route.unknown', `There is no ${method} ${path}.`, {
    next: 'Look at the reference of the HTTP API for its routes.',
  });
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Drayage</title>
<h1>The dashboard has not been built</h1>
<p>The server runs, and its API answers. Run <code>bin/setup</code> in the server's folder to build the dashboard, then
start the server again.</p>
</html>
`;
