import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import type { Actor } from '../app/api.ts';
import { actorOf, adminCode, adminToken, plainApp, sessionOf } from '../test/support/plain-app.ts';
import { startHttpServer } from '../test/support/http-server.ts';
import { sessionView, signInLink } from '../wire/access.ts';
import { problemDocument } from '../wire/common.ts';
import { sessionCookie } from './session-cookie.ts';

const cookieName = sessionCookie({ installation: 'test', isHttps: false }).name;
const cookie = `${cookieName}=${sessionOf('admin')}`;

async function codeOf(answer: Response): Promise<string | null> {
  return answer.ok ? null : problemDocument.parse(await answer.json()).code;
}

/** What a browser sends when somebody signs in. */
async function signIn(url: string, headers: Record<string, string>, body: object = { kind: 'code', code: adminCode }) {
  return await fetch(`${url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function post(url: string, headers: Record<string, string>) {
  return await fetch(`${url}/v1/sign-in-links`, { method: 'POST', headers });
}

/** The code of the answer to a request with a Host of its own, which fetch does not send. */
async function codeForHost(url: string, host: string): Promise<string | null> {
  const answer = Promise.withResolvers<string>();
  request(`${url}/v1/releases`, { headers: { host } }, (response) => {
    let text = '';
    response.on('data', (piece) => (text += String(piece))).on('end', () => answer.resolve(text));
  })
    .on('error', answer.reject)
    .end();
  const body: unknown = JSON.parse(await answer.promise);
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : null;
}

test('signing in gives a cookie that no script reads and no other site sends, and the cookie then tells who asks', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const opened = await signIn(url, { origin: url });
  assert.equal(opened.status, 201);
  assert.equal(sessionView.parse(await opened.json()).kind, 'session');
  const [pair, ...attributes] = (opened.headers.get('set-cookie') ?? '').split('; ');
  assert.equal(pair, cookie);
  const plain = attributes.map((attribute) => attribute.replace(/^Max-Age=\d{9,}$/, 'Max-Age=N'));
  assert.deepEqual(plain.toSorted(), ['HttpOnly', 'Max-Age=N', 'Path=/', 'SameSite=Strict']);
  assert.equal(opened.headers.get('cache-control'), 'no-store');

  const asked = await fetch(`${url}/v1/session`, { headers: { cookie } });
  assert.deepEqual(await asked.json(), {
    id: 't-admin',
    name: 'the admin',
    role: 'admin',
    scope: { environments: null, services: null },
    kind: 'session',
    expiresAt: 4_000_000_000_000,
    readOnly: null,
  });
  assert.equal(await codeOf(await fetch(`${url}/v1/session`)), 'auth.missing');
});

test('whoever asks who they are is told while nothing may be changed', async (t) => {
  const readOnly = { reason: '27 entries were signed, and the ledger ends with entry 16.', next: 'dray recover' };
  const { url } = await startHttpServer(t, plainApp({ readOnly: () => readOnly }));
  const opened = await signIn(url, { origin: url });
  assert.deepEqual(sessionView.parse(await opened.json()).readOnly, readOnly);
  const asked = await fetch(`${url}/v1/session`, { headers: { cookie } });
  assert.deepEqual(sessionView.parse(await asked.json()).readOnly, readOnly);
});

test('over https the cookie is Secure and browsers are told to stay there', async (t) => {
  const given = { publicUrl: 'https://drayage.example.com/' };
  const { url } = await startHttpServer(t, plainApp(), {}, given);
  const opened = await signIn(url, { origin: 'https://drayage.example.com' });
  assert.match(opened.headers.get('set-cookie') ?? '', /; Secure(?:;|$)/);
  assert.match(opened.headers.get('strict-transport-security') ?? '', /^max-age=\d+$/);
  const link = await post(url, { authorization: `Bearer ${adminToken}` });
  assert.equal(signInLink.parse(await link.json()).url, `https://drayage.example.com/sign-in#code=${adminCode}`);
});

test('two installations on one host have cookies of different names', () => {
  const names = ['one', 'other'].map((installation) => sessionCookie({ installation, isHttps: false }).name);
  for (const name of names) assert.match(name, /^drayage_session_[0-9a-f]{8}$/);
  assert.notEqual(names[0], names[1]);
});

test('signing out ends the session and erases the cookie, and leaves a token alone', async (t) => {
  const closed: Actor[] = [];
  const closeSession = async (actor: Actor) => {
    closed.push(actor);
    await Promise.resolve();
  };
  const { url } = await startHttpServer(t, plainApp({ closeSession }));
  const close = async (headers: Record<string, string>) =>
    await fetch(`${url}/v1/session`, { method: 'DELETE', headers });
  const byToken = await close({ authorization: `Bearer ${adminToken}` });
  assert.deepEqual([await byToken.json(), byToken.headers.get('set-cookie')], [{ closed: false }, null]);
  const byCookie = await close({ cookie, 'sec-fetch-site': 'same-origin' });
  assert.deepEqual(await byCookie.json(), { closed: true });
  assert.match(byCookie.headers.get('set-cookie') ?? '', new RegExp(`^${cookieName}=; .*Max-Age=0.*HttpOnly`));
  assert.deepEqual(
    closed.map(({ session }) => session),
    ['s-admin'],
  );
});

test('a browser forgets the cookie of a session that has ended', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const ended = await fetch(`${url}/v1/session`, { headers: { cookie: `${cookieName}=ended` } });
  assert.equal(ended.status, 401);
  assert.match(ended.headers.get('set-cookie') ?? '', new RegExp(`^${cookieName}=; .*Max-Age=0`));
  const wrong = await fetch(`${url}/v1/session`, { headers: { cookie, authorization: 'Bearer wrong' } });
  assert.deepEqual([wrong.status, wrong.headers.get('set-cookie')], [401, null]);
});

test('a page of another site changes nothing with the cookie, nor signs a browser in', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const { host } = new URL(url);
  const foreign: readonly Record<string, string>[] = [
    {},
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `https://${host}` },
    { origin: `http://${host}.evil.example` },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'cross-site', origin: url },
    { 'sec-fetch-site': 'same-origin, cross-site' },
  ];
  for (const headers of foreign) {
    assert.equal(await codeOf(await post(url, { ...headers, cookie })), 'auth.cross-site', JSON.stringify(headers));
    assert.equal(await codeOf(await signIn(url, headers)), 'auth.cross-site', JSON.stringify(headers));
  }
  for (const headers of [{ origin: url }, { 'sec-fetch-site': 'same-origin' }] as const) {
    assert.equal((await post(url, { ...headers, cookie })).status, 201);
    assert.equal((await signIn(url, headers)).status, 201);
  }
  // What a page cannot do is send a bearer token of somebody else: no check is needed, and programs send no Origin.
  assert.equal(
    (await post(url, { authorization: `Bearer ${adminToken}`, origin: 'https://evil.example' })).status,
    201,
  );
  assert.equal((await fetch(`${url}/v1/releases`, { headers: { cookie } })).status, 200);
});

test('no other site is let in by CORS', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  for (const method of ['GET', 'OPTIONS']) {
    const headers = { cookie, origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await fetch(`${url}/v1/releases`, { method, headers });
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin');
  }
});

test('a bearer token goes before a cookie, and each is taken only as what it is', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const call = async (headers: Record<string, string>) => await codeOf(await fetch(`${url}/v1/session`, { headers }));
  assert.equal(await call({ cookie, authorization: 'Bearer wrong' }), 'auth.wrong');
  assert.equal(await call({ cookie: `${cookieName}=wrong`, authorization: `Bearer ${adminToken}` }), null);
  assert.equal(await call({ cookie: `${cookieName}=${adminToken}` }), 'auth.wrong');
  assert.equal(await call({ authorization: `Bearer ${sessionOf('admin')}` }), 'auth.wrong');
  assert.equal(await call({ cookie: `${cookieName}=` }), 'auth.wrong');
  assert.equal(await call({ cookie: `other=${sessionOf('admin')}` }), 'auth.missing');
  assert.equal(await call({ cookie, authorization: 'Basic eDp5' }), 'auth.missing');
});

test('forged cookies and wrong links are slowed down like wrong tokens, and are told when to come again', async (t) => {
  for (const attempt of [
    async (url: string, guess: string) => await signIn(url, { origin: url }, { kind: 'code', code: guess }),
    async (url: string, guess: string) => await signIn(url, { origin: url }, { kind: 'token', token: guess }),
    async (url: string, guess: string) =>
      await fetch(`${url}/v1/session`, { headers: { cookie: `${cookieName}=${guess}` } }),
  ]) {
    const { url } = await startHttpServer(t, plainApp(), {}, { now: () => 0 });
    const statuses: number[] = [];
    for (let count = 0; count < 21; count += 1) statuses.push((await attempt(url, `guess-${count}`)).status);
    assert.deepEqual([statuses[0], statuses[19], statuses[20]], [401, 401, 429]);
    const last = await attempt(url, 'guess-21');
    assert.deepEqual([last.headers.get('retry-after'), await codeOf(last)], ['3', 'auth.too-many-tries']);
  }
});

test('who sends nothing looks only where the platform lets everybody, and never by a name that was made to lead here', async (t) => {
  const anonymous = async () => await Promise.resolve({ ...actorOf('viewer'), id: 'anonymous', name: 'anonymous' });
  const given = { publicUrl: 'http://drayage.example.com:8080' };
  const { url } = await startHttpServer(t, plainApp({ anonymous }), {}, given);
  for (const host of ['127.0.0.1', 'localhost:99', '[::1]:80', 'drayage.example.com', '10.1.2.3:8080'])
    assert.equal(await codeForHost(url, host), null, host);
  for (const host of ['evil.example', 'drayage.example.com.evil.example', 'localhost.evil.example', '127.0.0.1.nip.io'])
    assert.equal(await codeForHost(url, host), 'auth.missing', host);
  const view = await fetch(`${url}/v1/session`);
  assert.equal(sessionView.parse(await view.json()).kind, 'anonymous');
  assert.equal(await codeOf(await fetch(`${url}/v1/tokens`)), 'auth.not-allowed');
  const closed = await startHttpServer(t, plainApp());
  assert.equal(await codeForHost(closed.url, '127.0.0.1'), 'auth.missing');
});
