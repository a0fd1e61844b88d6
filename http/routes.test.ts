import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminCode, adminToken, plainApp } from '../test/support/plain-app.ts';
import { startHttpServer } from '../test/support/http-server.ts';
import { problemDocument } from '../wire/common.ts';
import { routes, type Route, type RouteName } from '../wire/routes.ts';

const everyRoute: readonly (readonly [name: string, route: Route])[] = Object.entries(routes);

/** Bodies that the schemas accept. */
const bodies: Partial<Record<RouteName, unknown>> = {
  createRelease: { service: 'cart', version: '1.0.0', compose: { name: 'compose.yaml', text: 'services: {}' } },
  attachEvidence: { content: 'e30=' },
  waive: { vulnerability: 'CVE-2024-1', reason: 'not reached', until: 4_000_000_000_000 },
  plan: { wanted: { kind: 'change', environment: 'dev', set: { cart: '1.0.0' } } },
  compare: { a: { kind: 'environment', environment: 'dev' }, b: { kind: 'release', service: 'cart', version: '1' } },
  deploy: { wanted: { kind: 'rollback', environment: 'dev' } },
  cancelDeployment: {},
  createToken: { name: 'ci' },
  openSession: { kind: 'code', code: adminCode },
  rotateSigningKey: {},
  setSecret: { secret: 'a', value: 'YQ==' },
  rotateSecretKey: {},
  recover: { confirm: '0'.repeat(64) },
  erase: { kind: 'logs', of: 'd-1' },
};

const queries: Partial<Record<RouteName, string>> = { logs: 'service=cart' };

function bodyOf(name: string): unknown {
  return Object.entries(bodies).find(([key]) => key === name)?.[1];
}

function addressOf(base: string, name: string, route: Route, extraQuery = ''): string {
  const path = route.path.replace(':sequence', '1').replace(':secret/:version', 'x1/1').replaceAll(/:\w+/g, 'x1');
  const query = [Object.entries(queries).find(([key]) => key === name)?.[1] ?? '', extraQuery]
    .filter((part) => part !== '')
    .join('&');
  return `${base}${path}${query === '' ? '' : `?${query}`}`;
}

function send(address: string, route: Route, token: string | null, body: unknown, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(address, {
    method: route.method,
    headers: {
      origin: new URL(address).origin,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body: text }),
  });
}

async function problemOf(answer: Response) {
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const problem = problemDocument.parse(await answer.json());
  assert.equal(problem.status, answer.status);
  assert.equal(problem.requestId, answer.headers.get('x-request-id'));
  return problem;
}

for (const [name, route] of everyRoute) {
  test(`${name} asks for a token unless it is public, and answers as the contract has it`, async (t) => {
    const { url, errors } = await startHttpServer(t, plainApp());
    const address = addressOf(url, name, route);
    const call = async (token: string | null) => await send(address, route, token, bodyOf(name));
    if (route.access !== 'public') {
      const without = await call(null);
      assert.equal((await problemOf(without)).code, 'auth.missing');
      assert.match(without.headers.get('www-authenticate') ?? '', /^Bearer/);
      assert.equal((await problemOf(await call('wrong'))).code, 'auth.wrong');
    }
    const asAdmin = await call(route.access === 'public' ? null : adminToken);
    const text = await asAdmin.text();
    assert.ok([200, 201, 202, 404, 409].includes(asAdmin.status), `${asAdmin.status} ${text}`);
    const mayBeKept = route.method === 'GET' && route.produces === 'json' && asAdmin.status === 200;
    assert.equal(asAdmin.headers.get('cache-control'), mayBeKept ? 'private, no-cache' : 'no-store');
    assert.equal(asAdmin.headers.has('etag'), mayBeKept);
    assert.equal(asAdmin.headers.get('x-content-type-options'), 'nosniff');
    assert.match(asAdmin.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    if (asAdmin.ok && route.response !== null) route.response.parse(JSON.parse(text));
    assert.deepEqual(errors, []);
  });

  test(`${name} refuses an unknown query parameter by name`, async (t) => {
    const { url } = await startHttpServer(t, plainApp());
    const answer = await send(addressOf(url, name, route, 'nonsense=1'), route, adminToken, bodyOf(name));
    const problem = await problemOf(answer);
    assert.equal(problem.code, 'request.invalid');
    assert.match(problem.detail, /^query\.nonsense/);
  });

  if (route.body === null) continue;

  test(`${name} refuses a body with an unknown key, one that is not JSON, of another type, or too large`, async (t) => {
    const { url, errors } = await startHttpServer(t, plainApp());
    const address = addressOf(url, name, route);
    const known = bodyOf(name);
    assert.ok(typeof known === 'object');
    const refusedWith = async (body: unknown, type?: string) =>
      await problemOf(await send(address, route, adminToken, body, type));

    const unknownKey = await refusedWith({ ...known, nonsense: 1 });
    assert.equal(unknownKey.code, 'request.invalid');
    assert.match(unknownKey.detail, /body\.nonsense/);
    const broken = await refusedWith('{"wanted":\n  nonsense}');
    assert.equal(broken.code, 'request.invalid');
    assert.deepEqual({ line: broken.facts['line'], column: broken.facts['column'] }, { line: 2, column: 3 });
    assert.equal((await refusedWith('"text"')).code, 'request.invalid');
    assert.equal((await refusedWith('null')).code, 'request.invalid');
    assert.equal((await refusedWith('{"__proto__": {"x": 1}}')).code, 'request.invalid');
    const half = await refusedWith({ ...known, half: ['# \ud83d'] });
    assert.deepEqual([half.code, half.facts['path']], ['request.invalid', 'body.half.0']);
    assert.equal((await refusedWith({ ...known, '\ud83d': 1 })).code, 'request.invalid');
    assert.equal((await refusedWith('a: 1', 'application/yaml')).code, 'request.invalid');
    assert.deepEqual(errors, []);
  });
}

test('a 10 MB document reaches the application, and a body above the limit is refused without being read', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const send10MB = { wanted: { kind: 'document', document: { name: 'prod.yaml', text: 'a'.repeat(10_000_000) } } };
  const plan = await send(`${url}/v1/plans`, routes.plan, adminToken, send10MB);
  assert.equal((await problemOf(plan)).code, 'environment.unknown');
  const large = await send(`${url}/v1/plans`, routes.plan, adminToken, 'x'.repeat(17 * 1024 * 1024));
  assert.equal((await problemOf(large)).code, 'request.too-large');
  const token = await send(`${url}/v1/tokens`, routes.createToken, adminToken, { name: 'x'.repeat(1024 * 1024) });
  assert.equal((await problemOf(token)).code, 'request.too-large');
});

test('every wrong member of a body is named, through unions and lists', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const body = {
    wanted: { kind: 'document', document: { name: '', txt: 1 } },
    allowRemove: ['UPPER'],
    allowOlder: 'yes',
  };
  const problem = await problemOf(await send(`${url}/v1/plans`, routes.plan, adminToken, body));
  const members = problem.facts['members'];
  assert.ok(Array.isArray(members));
  const paths = members.map((member) => String(member.path)).toSorted((a, b) => (a < b ? -1 : 1));
  assert.deepEqual(paths, [
    'body.allowOlder',
    'body.allowRemove[0]',
    'body.wanted.document.name',
    'body.wanted.document.text',
    'body.wanted.document.txt',
  ]);
});

test('an unknown route, a wrong method and an address that is none are answered as problems', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  for (const [method, path] of [
    ['GET', '/nowhere'],
    ['PUT', '/v1/plans'],
    ['HEAD', '/v1/releases'],
    ['OPTIONS', '/v1/releases'],
  ] as const) {
    const answer = await fetch(`${url}${path}`, { method });
    assert.equal(answer.status, 404, `${method} ${path}`);
    if (method !== 'HEAD') assert.equal((await problemOf(answer)).code, 'route.unknown');
  }
  const bad = await fetch(`${url}/v1/deployments/%ff`, { headers: { authorization: `Bearer ${adminToken}` } });
  assert.equal((await problemOf(bad)).code, 'request.invalid');
  const long = await fetch(`${url}/v1/deployments/${'x'.repeat(120)}`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  assert.equal((await problemOf(long)).code, 'request.invalid');
});
