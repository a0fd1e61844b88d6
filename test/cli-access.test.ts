import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';

const platform = `apiVersion: drayage/v1
kind: Platform
clusters: { sim: { engine: simulated } }
environments: { dev: { clusters: [sim] }, prod: { clusters: [sim] } }
`;

let folder = '';
let server: ServerProcess;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-access-'));
  const file = join(folder, 'platform.yaml');
  await writeFile(file, platform);
  server = await startServerProcess({ platform: file, data: join(folder, 'data') });
});

after(async () => {
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

const link = z.object({ url: z.string(), expiresAt: z.iso.datetime() });
const listed = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    role: z.string(),
    scope: z.object({ environments: z.array(z.string()).nullable(), services: z.array(z.string()).nullable() }),
    use: z.enum(['api', 'session']),
    parent: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable(),
  }),
);

async function dray(...args: readonly string[]) {
  return await server.dray(args);
}

async function tokens(...args: readonly string[]) {
  const { code, stdout, stderr } = await dray('token', 'list', '--json', ...args);
  assert.equal(code, 0, stderr);
  return listed.parse(JSON.parse(stdout));
}

/** What a browser does with a sign-in link: the page sends the code that stands in the fragment. */
async function follow(url: string): Promise<Response> {
  const { origin, hash } = new URL(url);
  const body = JSON.stringify({ kind: 'code', code: hash.slice('#code='.length) });
  const headers = { 'content-type': 'application/json', origin };
  return await fetch(`${origin}/v1/session`, { method: 'POST', headers, body, signal: AbortSignal.timeout(20_000) });
}

test('a token is made with role, scope and end, and the list shows them', async () => {
  const scope = ['--environment', 'dev', '--environment', 'pr-*', '--service', 'cart'];
  const made = await dray('token', 'create', 'ci', '--role', 'developer', ...scope, '--expires', '30d');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^dray_[\w-]{43}\n$/);
  const found = (await tokens()).find((token) => token.name === 'ci');
  assert.deepEqual(found?.scope, { environments: ['dev', 'pr-*'], services: ['cart'] });
  assert.deepEqual([found?.role, found?.use, found?.parent], ['developer', 'api', null]);
  const days = (Date.parse(found?.expiresAt ?? '') - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30, String(days));
  const { stdout } = await dray('token', 'list');
  assert.match(stdout, /TOKEN +NAME +ROLE +SCOPE +AGE +LAST USED +STATE/);
  assert.match(stdout, /ci +developer +dev,pr-\* \/ cart +\d+s +- +valid for 29d/);
  assert.match(stdout, /first admin +admin +everywhere/);
});

test('an admin with a scope, an end that has passed and a role that there is not are refused as wrong usage', async () => {
  for (const args of [
    ['--role', 'admin', '--environment', 'dev'],
    ['--expires', '2020-01-01'],
    ['--role', 'owner'],
    ['--environment', 'Dev'],
    ['--expires', 'soon'],
  ]) {
    const { code, stderr } = await dray('token', 'create', 'x', ...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
  }
  assert.equal(
    (await tokens()).some((token) => token.name === 'x'),
    false,
  );
});

test('dray sign-in prints a link alone, which signs one browser in as the token, once', async () => {
  const { code, stdout, stderr } = await dray('sign-in');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^http:\/\/127\.0\.0\.1:\d+\/sign-in#code=[\w-]{43}\n$/);
  assert.match(stderr, /once, within 15 minutes/);
  const before = (await tokens('--sessions')).length;
  const opened = await follow(stdout.trim());
  assert.ok(opened.ok, await opened.text());
  assert.match(opened.headers.get('set-cookie') ?? '', /HttpOnly.*SameSite=Strict/);
  assert.equal((await follow(stdout.trim())).status, 401);
  const sessions = await tokens('--sessions');
  assert.equal(sessions.length, before + 1);
  const admin = (await tokens()).find((token) => token.name === 'first admin');
  assert.deepEqual([sessions[0]?.use, sessions[0]?.parent, sessions[0]?.role], ['session', admin?.id, 'admin']);
  const inJson = link.parse(JSON.parse((await dray('sign-in', '--json')).stdout));
  assert.ok((await follow(inJson.url)).ok);
});

test('a browser is signed out for good when its session or its token is revoked', async () => {
  const made = await dray('token', 'create', 'brief');
  const { stdout } = await server.dray(['sign-in'], { env: { DRAYAGE_TOKEN: made.stdout.trim() } });
  const opened = await follow(stdout.trim());
  const cookie = (opened.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const look = async () => (await fetch(`${server.url}/v1/overview`, { headers: { cookie } })).status;
  assert.equal(await look(), 200);
  const { id } = (await tokens()).find((token) => token.name === 'brief') ?? assert.fail('no such token');
  assert.equal((await dray('token', 'revoke', id)).code, 0);
  assert.equal(await look(), 401);
});

test('no secret and no code is in the log of the server', async () => {
  const made = await dray('token', 'create', 'quiet');
  const { stdout } = await dray('sign-in');
  const code = new URL(stdout.trim()).hash.slice('#code='.length);
  await follow(stdout.trim());
  assert.ok(code.length >= 43);
  for (const secret of [made.stdout.trim(), code, server.token]) assert.equal(server.log().includes(secret), false);
});
