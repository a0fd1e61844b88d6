import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { get } from 'node:http';
import { adminToken, plainApp, tokenRow } from '../test/support/plain-app.ts';
import { startHttpServer } from '../test/support/http-server.ts';
import { entityTag, namesTag } from './entity-tag.ts';

const authorization = `Bearer ${adminToken}`;

test('a document that did not change is not sent again', async (t) => {
  let name = 'ci';
  const tokens = async () => await Promise.resolve({ items: [tokenRow({ name })], next: null });
  const { url } = await startHttpServer(t, plainApp({ tokens }));
  const ask = async (tag: string | null) =>
    await fetch(`${url}/v1/tokens`, {
      headers: { authorization, ...(tag === null ? {} : { 'if-none-match': tag }) },
      cache: 'no-store',
    });
  const first = await ask(null);
  const tag = first.headers.get('etag') ?? '';
  assert.match(tag, /^W\/"[0-9a-f]{64}"$/);
  assert.equal(first.headers.get('cache-control'), 'private, no-cache');
  assert.match(first.headers.get('vary') ?? '', /authorization, cookie/i);
  for (const same of [tag, `"x", ${tag}`, tag.slice(2), '*']) {
    const again = await ask(same);
    assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', tag], same);
    assert.equal(again.headers.get('cache-control'), 'private, no-cache');
    assert.equal(again.headers.get('content-type'), null);
  }
  assert.equal((await ask('W/"other"')).status, 200);
  name = 'laptop';
  const changed = await ask(tag);
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get('etag'), tag);
  assert.equal((await fetch(`${url}/v1/tokens`, { headers: { 'if-none-match': tag } })).status, 401);
});

test('tags are compared weakly, and only as a whole', () => {
  const tag = entityTag('{}');
  assert.equal(namesTag(undefined, tag), false);
  assert.equal(namesTag('', tag), false);
  assert.equal(namesTag(tag.slice(0, -2), tag), false);
  assert.equal(namesTag(`"a,b" , ${tag}`, tag), true);
});

interface Raw {
  readonly encoding: string | undefined;
  readonly vary: string | undefined;
  readonly bytes: Buffer;
}

/** An answer as it came over the wire: fetch would unpack it. */
async function ask(url: string, acceptEncoding: string | null, method = 'GET'): Promise<Raw> {
  const answer = Promise.withResolvers<Raw>();
  const headers = { authorization, ...(acceptEncoding === null ? {} : { 'accept-encoding': acceptEncoding }) };
  get(url, { headers, method }, (response) => {
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.on('end', () => {
      const { vary, 'content-encoding': encoding } = response.headers;
      answer.resolve({ encoding, vary, bytes: Buffer.concat(pieces) });
    });
  }).on('error', answer.reject);
  return await answer.promise;
}

test('long documents are compressed as the client likes it, short ones and those with a secret are not', async (t) => {
  const rows = Array.from({ length: 500 }, (_, index) => tokenRow({ id: `t-${index}` }));
  const tokens = async () => await Promise.resolve({ items: rows, next: null });
  const createToken = async () =>
    await Promise.resolve({ row: tokenRow({ name: 'x'.repeat(5_000) }), secret: 'dray_secret' });
  const { url } = await startHttpServer(t, plainApp({ tokens, createToken }));
  const plain = await ask(`${url}/v1/tokens`, null);
  assert.equal(plain.encoding, undefined);
  assert.match(plain.vary ?? '', /accept-encoding/);
  const gzip = await ask(`${url}/v1/tokens`, 'gzip');
  assert.equal(gzip.encoding, 'gzip');
  assert.deepEqual(gunzipSync(gzip.bytes), plain.bytes);
  const brotli = await ask(`${url}/v1/tokens`, 'gzip, deflate, br, zstd');
  assert.equal(brotli.encoding, 'br');
  assert.deepEqual(brotliDecompressSync(brotli.bytes), plain.bytes);
  assert.ok(brotli.bytes.byteLength * 5 < plain.bytes.byteLength);
  assert.equal((await ask(`${url}/v1/tokens`, 'gzip;q=0, identity')).encoding, undefined);
  assert.equal((await ask(`${url}/v1/releases`, 'br')).encoding, undefined);

  const made = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'accept-encoding': 'br, gzip' },
    body: '{"name":"ci"}',
  });
  assert.deepEqual([made.status, made.headers.get('content-encoding')], [201, null]);
});

test('streams are not compressed, and what comes in is not unpacked', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const stream = await fetch(`${url}/v1/events`, { headers: { authorization, 'accept-encoding': 'br' } });
  assert.deepEqual([stream.status, stream.headers.get('content-encoding')], [200, null]);
  await stream.body?.cancel();
  const packed = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
  });
  assert.equal(packed.status, 400);
});
