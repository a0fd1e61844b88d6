import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { sha256 } from '../../core/hash.ts';
import { findMounts, findProcesses } from '../../local/leftovers.ts';
import { waitUntil } from '../../local/wait.ts';

const demo = join(import.meta.dirname, '../../bin/demo');
const limitMs = 300_000;

let state: string;

before(async () => {
  state = await realpath(await mkdtemp(join(tmpdir(), 'drayage-demo-')));
});

after(async () => await rm(state, { recursive: true, force: true }));

test('one command releases, deploys, breaks and rolls back the shop, and leaves nothing behind', async () => {
  const answers = (await untold()) === '' ? '18 answers each, none missing' : 'answers each, all but ';
  const { child, output } = await startDemo();
  assert.equal(await endOf(child), 0, output());
  const expected = [
    `cart@1.0.0[^]*built by +bin/demo [^]*${answers}`,
    ...['dev', 'prod'].flatMap((environment) => [
      `secret set ${environment} cart-db-password`,
      `Plan for ${environment}: 3 steps in 2 waves`,
      `catalog +create 1.0.0 +on ${environment === 'dev' ? 'fe' : 'be'} `,
      'storefront +create 1.0.0 +on fe ',
      'd-[0-9a-f]+ succeeded after',
      'Welcome to the shop!',
      'catalog: .*"version":"1.0.0".*"name":"Teapot"',
      'cart: .*"version":"1.0.0"',
    ]),
    'prod requires evidence that is not there: cart@1.0.0-untold: no answer for builder .*no SBOM of cart',
    'Plan for prod: 2 steps in 2 waves',
    'd-[0-9a-f]+ rolled back after',
    'exit code: +1',
    '\\| storefront 1.1.0-crash cannot start: /etc/storefront/rates.csv is missing',
    'the storefront shows catalog 1.0.0 again',
    '[0-9]+ entries verified',
    'All stages did what they should',
    'nothing of it runs any more',
  ];
  assert.match(output(), new RegExp(expected.join('[^]*')));
  assert.equal(output().includes('\u001b'), false);
  assert.equal((await stat(join(state, 'token'))).mode & 0o777, 0o600);
  await nothingIsLeft();
});

test('the next one is interrupted in the middle of a deployment, and leaves nothing behind', async () => {
  const { child, output } = await startDemo();
  const isDeploying = () => output().includes('wave 1: catalog on fe: create 1.0.0: under way');
  assert.ok(await waitUntil(() => isDeploying() || child.exitCode !== null, { deadlineMs: limitMs }));
  assert.ok(isDeploying(), output());
  child.kill('SIGINT');
  assert.equal(await endOf(child), 130, output());
  assert.match(output(), /interrupted[^]*nothing of it runs any more/);
  await nothingIsLeft();
});

/** Starts the demo from another folder. Both outputs come in one text. */
async function startDemo() {
  const args = ['--once', '--port', String(await findFreePort()), '--state', state];
  const child = spawn(demo, args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const read = (piece: Buffer) => void (text += piece.toString());
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  return { child, output: () => text };
}

/** What the checkout that the demo is a part of cannot tell of itself: changes that are not committed, a branch. */
async function untold(): Promise<string> {
  const git = async (...args: readonly string[]) => {
    const options = { cwd: join(demo, '../..'), timeout: 10_000 };
    return (await promisify(execFile)('git', args, options).catch(() => ({ stdout: '?' }))).stdout;
  };
  const hasBranch = (await git('symbolic-ref', '--short', 'HEAD')) !== '?';
  return `${await git('status', '--porcelain', '--untracked-files=no')}${hasBranch ? '' : 'branch'}`;
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const timer = setTimeout(() => child.kill('SIGTERM'), limitMs);
  const isOver = child.exitCode !== null || child.signalCode !== null;
  if (!isOver) await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return child.exitCode;
}

async function nothingIsLeft(): Promise<void> {
  assert.deepEqual(await findMounts([state]), []);
  assert.deepEqual(await commandsNaming(state), []);
  const id = sha256(join(state, 'engine')).slice(0, 8);
  const containers = { namespaceInodes: [], controlGroup: `drayage-${id}`, folders: [] };
  assert.deepEqual(await findProcesses(containers), []);
  const namespaces = await readdir('/run/netns').catch(() => []);
  assert.deepEqual(
    namespaces.filter((name) => name.startsWith(`drayage-${id}`)),
    [],
  );
  assert.equal(existsSync(`/sys/class/net/dray-${id}`), false);
  assert.equal(existsSync(join(state, 'engine', 'owner.json')), false);
}

/** The command lines of all processes that name a path: daemons, shims and the server all name theirs. */
async function commandsNaming(path: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command.includes(path));
}

async function findFreePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}
