import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { plainApp } from '../test/support/plain-app.ts';
import { startHttpServer } from '../test/support/http-server.ts';
import { problemDocument } from '../wire/common.ts';

const page = '<!doctype html><title>Drayage</title>';
const script = `console.log('${'x'.repeat(2_000)}');`;
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

async function codeOf(answer: Response): Promise<string> {
  return problemDocument.parse(await answer.json()).code;
}

/** The whole answer to a request whose path goes out exactly as it is. */
async function rawAnswer(url: string, path: string, header = 'x: y'): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${header}\r\nconnection: close\r\n\r\n`);
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  return answer;
}

suite('the dashboard through the server', () => {
  let folder = '';
  let dist = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
    dist = join(folder, 'dist');
    await mkdir(join(dist, 'assets'), { recursive: true });
    await mkdir(join(dist, 'v1'));
    await writeFile(join(dist, 'index.html'), page);
    await writeFile(join(dist, 'mark.svg'), '<svg/>');
    await writeFile(join(dist, '.hidden'), 'secret');
    await writeFile(join(dist, 'v1', 'releases'), 'not the API');
    await writeFile(join(dist, 'assets', 'main-1a2b.js'), script);
    await writeFile(join(dist, 'assets', 'main-1a2b.js.br'), brotliCompressSync(script));
    await writeFile(join(folder, 'secret.txt'), 'secret');
  });
  after(async () => await rm(folder, { recursive: true, force: true }));

  test('every path that is neither a file nor the API is the page, when a browser looks for one', async (t) => {
    const { url } = await startHttpServer(t, plainApp(), {}, { dashboard: dist });
    for (const path of ['/', '/environments/prod', '/services?search=cart', '/v1x', '/index.html']) {
      const answer = await fetch(`${url}${path}`, { headers: browser });
      assert.deepEqual([answer.status, await answer.text()], [200, page], path);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
      assert.equal(answer.headers.get('cache-control'), 'no-cache');
      const policy = answer.headers.get('content-security-policy') ?? '';
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ])
        assert.ok(policy.split('; ').includes(rule), rule);
      assert.doesNotMatch(policy, /unsafe/);
      assert.equal(answer.headers.get('referrer-policy'), 'same-origin');
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    }
  });

  test('a program, a missing file and an unknown route of the API get a problem and not the page', async (t) => {
    const { url } = await startHttpServer(t, plainApp(), {}, { dashboard: dist });
    const cases: readonly (readonly [method: string, path: string, headers: Record<string, string>])[] = [
      ['GET', '/environments/prod', { accept: 'application/json' }],
      ['GET', '/environments/prod', {}],
      ['GET', '/assets/gone-ffff.js', browser],
      ['GET', '/v1/nowhere', browser],
      ['GET', '/v1', browser],
      ['GET', '/v1?x=/', browser],
      ['POST', '/environments/prod', browser],
      ['HEAD', '/v1/releases', browser],
    ];
    for (const [method, path, headers] of cases) {
      const answer = await fetch(`${url}${path}`, { method, headers });
      assert.equal(answer.status, 404, `${method} ${path}`);
      if (method !== 'HEAD') assert.equal(await codeOf(answer), 'route.unknown', `${method} ${path}`);
    }
    // The API goes before a file of the same name.
    assert.equal(await codeOf(await fetch(`${url}/v1/releases`, { headers: browser })), 'auth.missing');
  });

  test('files with a hash in their names are kept for ever, and come compressed as they were built', async (t) => {
    const { url } = await startHttpServer(t, plainApp(), {}, { dashboard: dist });
    const file = `${url}/assets/main-1a2b.js`;
    const packed = await fetch(file, { headers: { 'accept-encoding': 'br' } });
    assert.equal(packed.headers.get('content-encoding'), 'br');
    assert.equal(packed.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.match(packed.headers.get('vary') ?? '', /accept-encoding/i);
    assert.match(packed.headers.get('content-type') ?? '', /javascript/);
    assert.equal(await packed.text(), script);
    const plain = await fetch(file, { headers: { 'accept-encoding': 'identity' } });
    assert.deepEqual([plain.headers.get('content-encoding'), await plain.text()], [null, script]);
    const mark = await fetch(`${url}/mark.svg`);
    assert.deepEqual([mark.headers.get('cache-control'), await mark.text()], ['no-cache', '<svg/>']);
    const tag = mark.headers.get('etag') ?? '';
    // By hand: fetch adds a Cache-Control to such a request, by which it asks for all of it after all.
    assert.match(await rawAnswer(url, '/mark.svg', `if-none-match: ${tag}`), /^HTTP\/1\.1 304 /);
  });

  test('no path leads out of the folder, or to what is hidden', async (t) => {
    const { url, errors } = await startHttpServer(t, plainApp(), {}, { dashboard: dist });
    for (const path of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
      '/..%5csecret.txt',
      '/%252e%252e/secret.txt',
      '//secret.txt',
      `/${'../'.repeat(20)}etc/passwd`,
      '/....//secret.txt',
      '/secret.txt%00.js',
      '/.hidden',
      '/%2ehidden',
      '/assets//main-1a2b.js',
      '/assets/./main-1a2b.js',
      '/assets',
      '/%',
    ]) {
      const answer = await rawAnswer(url, path);
      assert.match(answer, /^HTTP\/1\.1 40[04] [^]*"code":"(?:route\.unknown|request\.invalid)"/, path);
      assert.doesNotMatch(answer, /secret(?!\.txt)|root:/, path);
    }
    assert.deepEqual(errors, []);
  });

  test('a server without a built dashboard says how to build it', async (t) => {
    const { url } = await startHttpServer(t, plainApp());
    const answer = await fetch(`${url}/environments/prod`, { headers: browser });
    assert.equal(answer.status, 404);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.match(await answer.text(), /bin\/setup/);
    assert.equal(await codeOf(await fetch(`${url}/environments/prod`)), 'route.unknown');
  });
});
