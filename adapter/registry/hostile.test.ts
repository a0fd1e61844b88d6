import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { isFault, type FaultCode } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import { createOciRegistry, type OciRegistry } from './registry.ts';

const never = new AbortController().signal;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const config = JSON.stringify({ config: {} });
const configDigest = `sha256:${sha256(config)}`;
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: manifestType,
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: config.length },
  layers: [],
});

interface Seen {
  readonly url: string;
  readonly authorization: string | undefined;
}

/** A server on loopback that answers as the test says, and remembers what it was asked. */
async function startServer(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', authorization: request.headers.authorization });
    response.on('error', () => {});
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const host = `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { host, seen, stop };
}

function sendManifest(response: ServerResponse, headers: Record<string, string> = {}) {
  response.writeHead(200, { 'content-type': manifestType, ...headers }).end(manifest);
}

suite('a registry that means no good', () => {
  let directory = '';
  let dockerConfig = '';
  let registry: OciRegistry;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hostile-'));
    dockerConfig = join(directory, 'config.json');
    registry = createOciRegistry({ dockerConfig, requestMs: 2_000 });
  });
  after(async () => {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  });
  const signedInAt = async (host: string) => {
    await writeFile(dockerConfig, JSON.stringify({ auths: { [host]: { username: 'u', password: 'p' } } }));
  };
  const refuses = async (reference: string, code: FaultCode) => {
    await assert.rejects(registry.resolve(reference, {}, never), (error) => {
      assert.ok(isFault(error, code), String(error));
      return true;
    });
  };

  test('bytes that are not those of the digest asked for are refused', async () => {
    const server = await startServer((_, response) => sendManifest(response));
    await refuses(`${server.host}/a@sha256:${'1'.repeat(64)}`, 'image.unresolved');
    await server.stop();
  });

  test('a header that claims another digest than the bytes have is refused', async () => {
    const server = await startServer((_, response) =>
      sendManifest(response, { 'docker-content-digest': `sha256:${'2'.repeat(64)}` }),
    );
    await refuses(`${server.host}/a:1`, 'image.unresolved');
    await server.stop();
  });

  test('a configuration other than the manifest names is refused', async () => {
    const server = await startServer((request, response) => {
      if (request.url?.includes('/blobs/') === true) response.end('{"config":{"Healthcheck":{}}}');
      else sendManifest(response);
    });
    await refuses(`${server.host}/a:1`, 'image.unresolved');
    await server.stop();
  });

  test('a body without end is cut off', async () => {
    const server = await startServer((_, response) => {
      const chunk = Buffer.alloc(256 * 1024, 0x20);
      const pour = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.writeHead(200, { 'content-type': manifestType }).on('drain', pour);
      pour();
    });
    await refuses(`${server.host}/a:1`, 'image.unresolved');
    await server.stop();
  });

  test('an answer that never comes, or stops in the middle, ends with the deadline', async () => {
    const silent = await startServer(() => {});
    await refuses(`${silent.host}/a:1`, 'registry.unreachable');
    await silent.stop();
    const stuck = await startServer((_, response) => void response.writeHead(200).write('{'));
    await refuses(`${stuck.host}/a:1`, 'registry.unreachable');
    await stuck.stop();
  });

  test('redirects in a circle are followed five times', async () => {
    const server = await startServer((request, response) => response.writeHead(307, { location: request.url }).end());
    await refuses(`${server.host}/a:1`, 'registry.unreachable');
    assert.equal(server.seen.length, 6);
    await server.stop();
  });

  test('credentials do not follow a redirect to another host', async () => {
    const other = await startServer((_, response) => void response.end(config));
    const server = await startServer((request, response) => {
      if (request.headers.authorization === undefined)
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      if (request.url?.includes('/blobs/') === true)
        return response.writeHead(307, { location: `http://${other.host}/blob` }).end();
      return sendManifest(response);
    });
    await signedInAt(server.host);
    const resolved = await registry.resolve(`${server.host}/a:1`, {}, never);
    assert.equal(resolved.hasHealthCheck, false);
    assert.deepEqual(other.seen, [{ url: '/blob', authorization: undefined }]);
    await Promise.all([server.stop(), other.stop()]);
  });

  test('the token flow signs in at the realm with the scope of the repository', async () => {
    const server = await startServer((request, response) => {
      if (request.url?.startsWith('/token') === true) return response.end(JSON.stringify({ token: 'abc' }));
      if (request.headers.authorization !== 'Bearer abc') {
        return response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="s"` })
          .end();
      }
      return request.url?.includes('/blobs/') === true ? response.end(config) : sendManifest(response);
    });
    await signedInAt(server.host);
    const resolved = await registry.resolve(`${server.host}/team/a:1`, {}, never);
    assert.equal(resolved.resolved, `${server.host}/team/a:1@sha256:${sha256(manifest)}`);
    const asked = server.seen.find(({ url }) => url.startsWith('/token'));
    assert.equal(asked?.url, '/token?service=s&scope=repository%3Ateam%2Fa%3Apull');
    assert.equal(asked?.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
    await server.stop();
  });

  test('a token server that gives no usable token means denied', async () => {
    for (const body of ['{}', 'rubbish', JSON.stringify({ token: 'a\r\nX-Evil: 1' })]) {
      const server = await startServer((request, response) => {
        if (request.url?.startsWith('/token') === true) return response.end(body);
        return response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` })
          .end();
      });
      await refuses(`${server.host}/a:1`, 'registry.denied');
      await server.stop();
    }
  });

  test('a registry that is never content with what it is given is denied, not asked for ever', async () => {
    const server = await startServer((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    );
    await signedInAt(server.host);
    await refuses(`${server.host}/a:1`, 'registry.denied');
    assert.equal(server.seen.length, 2);
    await server.stop();
  });

  test('what is down, overloaded or no registry at all is told apart', async () => {
    await refuses('127.0.0.1:1/a:1', 'registry.unreachable');
    const busy = await startServer((_, response) => response.writeHead(429).end());
    await refuses(`${busy.host}/a:1`, 'registry.unreachable');
    await busy.stop();
    const page = await startServer((_, response) => void response.end('<html>'));
    await refuses(`${page.host}/a:1`, 'image.unresolved');
    await page.stop();
  });
});
