import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { noteToken } from './support/canary.ts';
import { startStaticRegistry, type StaticRegistry } from './support/static-registry.ts';

const dray = join(import.meta.dirname, '..', 'bin', 'dray');
const commandLimitMs = 90_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder = '';
let registry: StaticRegistry;
let server: ChildProcess | null = null;
let env: NodeJS.ProcessEnv = {};

/** Runs one command line to its end. */
async function run(...args: readonly string[]): Promise<Ended> {
  const child = spawn(dray, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: commandLimitMs });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text.stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (text.stderr += piece));
  const code = await new Promise<number | null>((ended) => child.on('close', ended));
  return { code, ...text };
}

async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** Starts the server on a port that is free and takes over what it prints for its users. */
async function startServer(): Promise<void> {
  const args = [
    'serve',
    '--platform',
    'platform.yaml',
    '--data',
    'data',
    '--listen',
    '127.0.0.1:0',
    '--json',
    '--log-level',
    'error',
  ];
  const child = spawn(dray, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  server = child;
  const started = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n}')) resolve(text);
    });
    child.on('close', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const { url, firstToken }: { url: string; firstToken: string | null } = JSON.parse(started);
  if (firstToken !== null) noteToken(firstToken);
  env = { ...env, DRAYAGE_URL: url, ...(firstToken === null ? {} : { DRAYAGE_TOKEN: firstToken }) };
}

async function stopServer(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  const child = server;
  if (child === null) return null;
  server = null;
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.kill(signal);
  return await ended;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-e2e-'));
  registry = await startStaticRegistry();
  env = { PATH: process.env['PATH'], HOME: folder };
  const compose = [
    'services:',
    '  catalog:',
    `    image: ${registry.host}/shop/catalog:\${TAG}`,
    '    healthcheck: { test: [CMD, "true"], interval: 2s }',
    '    deploy: { update_config: { monitor: 3s } }',
  ];
  await writeFile(join(folder, 'compose.yaml'), `${compose.join('\n')}\n`);
  const platform = [
    'apiVersion: drayage/v1',
    'kind: Platform',
    'clusters: { sim: { engine: simulated } }',
    'environments: { dev: { clusters: [sim] } }',
  ];
  await writeFile(join(folder, 'platform.yaml'), `${platform.join('\n')}\n`);
  const spec = ['apiVersion: drayage/v1', 'kind: Deployment', 'environment: dev', 'services: { catalog: 1.0.0 }'];
  await writeFile(join(folder, 'dev.yaml'), `${spec.join('\n')}\n`);
  await startServer();
});

after(async () => {
  await stopServer('SIGKILL');
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

test('a release is registered once, the same again is the same, and other content is refused', async () => {
  const first = await run('release', 'catalog', '1.0.0', '--var', 'TAG=1.0.0', '--meta', 'commit=abc');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /registered: catalog@1\.0\.0/);
  assert.match(first.stdout, /@sha256:[0-9a-f]{64}/);
  const again = await run('release', 'catalog', '1.0.0', '--var', 'TAG=1.0.0');
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /registered already/);
  const other = await run('release', 'catalog', '1.0.0', '--var', 'TAG=1.0.9');
  assert.equal(other.code, 3);
  assert.match(other.stderr, /release\.differs/);
  const gone = await run('release', 'catalog', '1.0.8', '--var', 'TAG=gone');
  assert.equal(gone.code, 2);
  assert.match(gone.stderr, /image\.unresolved/);
});

test('plan, deploy and status go together: planned, done, nothing left to do, healthy', async () => {
  assert.equal((await run('plan', 'dev.yaml', '--exit-code')).code, 12);
  const deployed = await run('deploy', 'dev.yaml');
  assert.equal(deployed.code, 0, deployed.stderr);
  assert.match(deployed.stdout, /succeeded after/);
  assert.equal((await run('plan', 'dev.yaml', '--exit-code')).code, 0);
  const again = await run('deploy', 'dev.yaml');
  assert.equal(again.code, 0);
  assert.match(again.stdout, /Nothing to do/);
  assert.match((await run('status')).stdout, /dev +catalog +1\.0\.0 +healthy +1\/1 +sim \(simulated\)/);
});

test('a release that crashes is rolled back: exit code 4, with the cause and the last log lines', async () => {
  assert.equal((await run('release', 'catalog', '1.1.0', '--var', 'TAG=1.1.0-crash')).code, 0);
  const { code, stdout } = await run('deploy', 'dev', '--set', 'catalog=1.1.0');
  assert.equal(code, 4, stdout);
  assert.match(stdout, /rolled back after/);
  assert.match(stdout, /exit code: +1/);
  assert.match(stdout, /\| simulated crash/);
  assert.match((await run('status', 'dev')).stdout, /catalog +1\.0\.0 +healthy/);
});

test('the ledger verifies through the server and from the data folder', async () => {
  const verified = await run('ledger', 'verify');
  assert.equal(verified.code, 0, verified.stderr);
  const exported = await run('ledger', 'export');
  const entries = exported.stdout.trim().split('\n').length - 1; // the last line is the checkpoint
  assert.match(verified.stdout, new RegExp(`whole: ${entries} entries`));
  await stopServer('SIGTERM');
  const offline = await run('ledger', 'verify', '--file', 'data');
  assert.equal(offline.code, 0, offline.stderr);
  await startServer();
});

test('after a kill the server goes on with the deployment, and dray that waits sees it through', async () => {
  assert.equal((await run('release', 'catalog', '1.2.0', '--var', 'TAG=1.2.0')).code, 0);
  const accepted = await json('deploy', 'dev', '--set', 'catalog=1.2.0', '--no-wait');
  assert.ok(typeof accepted === 'object' && accepted !== null && 'deployment' in accepted);
  const id = String(accepted.deployment);
  await stopServer('SIGKILL');
  const lost = await run('show', id);
  assert.equal(lost.code, 9);
  await startServer();
  let outcome: unknown = null;
  for (let look = 0; look < 60 && outcome === null; look += 1) {
    const view = await json('show', id);
    outcome = typeof view === 'object' && view !== null && 'outcome' in view ? view.outcome : assert.fail();
    if (outcome === null) await new Promise((wake) => setTimeout(wake, 500));
  }
  assert.equal(outcome, 'succeeded');
});

test('tokens are made, listed and revoked, and a viewer changes nothing', async () => {
  const viewer = await run('token', 'create', 'wall', '--role', 'viewer');
  assert.equal(viewer.code, 0, viewer.stderr);
  const secret = viewer.stdout.trim();
  assert.equal((await run('status', '--token', secret)).code, 0);
  const denied = await run('token', 'list', '--token', secret);
  assert.equal(denied.code, 11);
  assert.match(denied.stderr, /auth\.not-allowed/);
  const wrong = await run('status', '--token', 'nobody');
  assert.equal(wrong.code, 11);
  const tokens = await json('token', 'list');
  assert.ok(Array.isArray(tokens));
  const { id }: { id: string } = tokens.find((token: { name: string }) => token.name === 'wall');
  assert.equal((await run('token', 'revoke', id)).code, 0);
  assert.equal((await run('status', '--token', secret)).code, 11);
});

test('what does not exist is named, with what to do next', async () => {
  for (const args of [
    ['status', 'nowhere'],
    ['show', 'nothing@1'],
    ['show', 'nothing'],
    ['deploy', 'dev', '--set', 'catalog=9.9.9'],
  ]) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /next: /);
  }
});

test('the server ends in order when it is asked to, and a port that is taken is said', async () => {
  const taken = await run(
    'serve',
    '--platform',
    'platform.yaml',
    '--data',
    'other',
    '--listen',
    new URL(env['DRAYAGE_URL'] ?? '').host,
  );
  assert.equal(taken.code, 2);
  assert.match(taken.stderr, /EADDRINUSE/);
  assert.equal(await stopServer('SIGTERM'), 0);
});
