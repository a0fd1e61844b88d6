import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Command } from 'commander';
import { createMemoryIo, type MemoryOptions } from '../test/support/memory-io.ts';
import { sampleCause, sampleDeployment, samplePlan } from '../test/support/samples.ts';
import { readDefinition } from '../core/compose/definition.ts';
import { exitCode } from './exit-code.ts';
import { Interrupted } from './failure.ts';
import { createProgram } from './program.ts';
import { run } from './run.ts';

const nobody = await freeAddress();

/** An address where nobody listens. */
async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', () => started()));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((closed) => server.close(() => closed()));
  return `http://127.0.0.1:${port}`;
}

async function dray(args: readonly string[], options: MemoryOptions = {}) {
  const io = createMemoryIo({ ...options, env: { DRAYAGE_URL: nobody, ...options.env } });
  const code = await run(args, io, '1.2.3');
  return { code, ...io.written };
}

async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** Answers of a server, by `METHOD path`; each is taken once, the last one stays. */
async function serverOf(t: TestContext, answers: Readonly<Record<string, readonly unknown[]>>) {
  const requests: { readonly line: string; readonly body: unknown; readonly key: unknown }[] = [];
  const left = new Map(Object.entries(answers).map(([line, list]) => [line, [...list]]));
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      const text = Buffer.concat(pieces).toString('utf8');
      requests.push({ line, body: text === '' ? null : JSON.parse(text), key: request.headers['idempotency-key'] });
      const list = left.get(line) ?? [];
      const answer = list.length > 1 ? list.shift() : list[0];
      const status = isProblem(answer) ? answer.status : 200;
      response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' });
      response.end(JSON.stringify(answer ?? null));
    });
  });
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', () => started()));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function isProblem(answer: unknown): answer is { readonly status: number } {
  return typeof answer === 'object' && answer !== null && 'status' in answer && typeof answer.status === 'number';
}

function problem(code: string, status: number, facts: object = {}) {
  return {
    type: 'x',
    title: 'x',
    status,
    detail: `told: ${code}`,
    code,
    facts,
    next: 'do it',
    problems: [],
    requestId: 'r',
  };
}

const digest = 'c'.repeat(64);
const accepted = {
  kind: 'accepted',
  deployment: 'd-12',
  plan: digest,
  receipt: { sequence: 42, hash: digest, proof: null },
  waitsFor: [],
};
const succeeded = sampleDeployment({
  phase: 'ended',
  outcome: 'succeeded',
  endedAt: sampleDeployment().acceptedAt + 9000,
});
const rolledBack = sampleDeployment({ phase: 'ended', outcome: 'rolled-back', endedAt: 1, cause: sampleCause });

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function pathOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

test('the help of every command tells its purpose, examples and exit codes', async () => {
  const program = createProgram(async () => await Promise.resolve(), '0');
  for (const command of everyCommand(program)) {
    if (command.name() === 'complete') continue;
    const { code, stdout } = await dray([...pathOf(command), '--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Usage: dray/);
    assert.match(stdout, /Examples:\n {2}\S/, command.name());
    assert.match(stdout, /Exit codes:\n +\d/, command.name());
    assert.notEqual(command.description(), '');
  }
});

test('a misspelt command or option gets a suggestion and exit code 2', async () => {
  const command = await dray(['relase', 'cart', '1']);
  assert.equal(command.code, 2);
  assert.match(command.stderr, /Did you mean release\?/);
  const option = await dray(['plan', 'dev', '--exit-cod']);
  assert.equal(option.code, 2);
  assert.match(option.stderr, /Did you mean --exit-code\?/);
});

test('wrong usage says what is expected', async () => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/missing required argument 'version'/, 'release', 'cart'],
    [/too many arguments/, 'cancel', 'a', 'b'],
    [/such as 90s/, 'deploy', 'dev', '--timeout', '5'],
    [/SERVICE=VERSION/, 'plan', 'dev', '--set', 'cart'],
    [/Allowed choices are deployment, platform/, 'schema', 'nothing'],
    [/add --set SERVICE=VERSION/i, 'plan', 'dev'],
    [/never or changed, or of one service, such as cart=never/, 'plan', 'dev', '--restart', 'cart=often'],
    [/cart is given twice/, 'deploy', 'dev', '--restart', 'cart=never', '--restart', 'cart=changed'],
    [/unknown option '--restart'/, 'rollback', 'dev', '--restart', 'never'],
    [/--set changes what runs/, 'plan', './dev.yaml', '--set', 'cart=1'],
    [/no such file/, 'plan', './dev.yaml'],
    [/add --yes/, 'rollback', 'dev'],
    [/service@version/, 'show', '@'],
    [/http or https/, 'status', '--url', 'ftp://x'],
  ];
  for (const [expected, ...args] of cases) {
    const { code, stderr, stdout } = await dray(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, expected);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});

test('with --json every failure is exactly one JSON document', async () => {
  for (const [args, code] of [
    [['nothing'], 'usage'],
    [['plan', 'dev'], 'usage'],
    [['status'], 'server.unreachable'],
  ] as const) {
    const { stdout } = await dray([...args, '--json']);
    const document: { error: { code: string; message: string } } = JSON.parse(stdout);
    assert.equal(document.error.code, code);
    assert.notEqual(document.error.message, '');
  }
});

test('a server that does not answer is exit code 9 with the address and what to do', async () => {
  const { code, stderr } = await dray(['status']);
  assert.equal(code, exitCode.unreachable);
  assert.ok(stderr.includes(nobody));
  assert.match(stderr, /next: /);
});

test('a document with mistakes is shown as a compiler would, before the server is asked', async (t) => {
  const text = 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservises: {}\n';
  const folder = await folderOf(t, { 'dev.yaml': text });
  const { code, stderr } = await dray(['deploy', 'dev.yaml'], { folder });
  assert.equal(code, exitCode.usage);
  assert.match(stderr, /^dev\.yaml:4:1: .*\n {2}4 \| servises: \{\}\n {4}\| \^\n {2}hint: /m);
  assert.match(stderr, /services/);
});

test('a document comes from standard input too', async (t) => {
  const server = await serverOf(t, { 'POST /v1/plans': [samplePlan] });
  const stdin = 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices: {}\n';
  const { code, stdout } = await dray(['plan', '-', '--exit-code'], { stdin, env: { DRAYAGE_URL: server.url } });
  assert.equal(code, exitCode.changes);
  assert.match(stdout, /Plan for prod/);
  const [request] = server.requests;
  assert.ok(JSON.stringify(request?.body).includes('"base":null'));
});

test('dray init makes a definition that dray release accepts, and replaces nothing', async (t) => {
  const folder = await folderOf(t, {});
  assert.equal((await dray(['init', '-o', 'compose.yaml'], { folder })).code, 0);
  const text = await readFile(join(folder, 'compose.yaml'), 'utf8');
  assert.ok(readDefinition({ name: 'compose.yaml', text }, { service: 'web' }, {}));
  const again = await dray(['init', '-o', 'compose.yaml'], { folder });
  assert.equal(again.code, exitCode.usage);
  assert.match(again.stderr, /--force/);
  assert.equal((await dray(['init', '-o', 'compose.yaml', '--force'], { folder })).code, 0);
  assert.equal((await dray(['init'])).stdout, text);
});

test('deploy waits, tells the outcome with its cause, and exits with its code', async (t) => {
  const server = await serverOf(t, {
    'POST /v1/plans': [samplePlan],
    'POST /v1/deployments': [accepted],
    'GET /v1/deployments/d-12': [sampleDeployment(), rolledBack],
  });
  const { code, stdout } = await dray(['deploy', 'prod', '--set', 'cart=1.4.2'], { env: { DRAYAGE_URL: server.url } });
  assert.equal(code, exitCode.rolledBack);
  assert.match(stdout, /d-12: wave 2: search on fe: scale 2 -> 4: under way/);
  assert.match(stdout, /d-12 rolled back .*\n.*cause: A task of/);
  const [, deploy] = server.requests;
  assert.deepEqual(deploy?.body, {
    wanted: { kind: 'change', environment: 'prod', set: { cart: '1.4.2' } },
    allowRemove: [],
    allowOlder: [],
    expectPlan: digest,
  });
  assert.match(String(deploy?.key), /^[0-9a-f-]{36}$/);
});

test('deploy --json prints the final deployment and nothing else, moments as ISO 8601', async (t) => {
  const server = await serverOf(t, {
    'POST /v1/plans': [samplePlan],
    'POST /v1/deployments': [accepted],
    'GET /v1/deployments/d-12': [succeeded],
  });
  const { code, stdout } = await dray(['deploy', 'prod', '--set', 'cart=1', '--json'], {
    env: { DRAYAGE_URL: server.url },
  });
  assert.equal(code, 0);
  const view: { outcome: string; acceptedAt: string } = JSON.parse(stdout);
  assert.equal(view.outcome, 'succeeded');
  assert.equal(view.acceptedAt, '2026-11-21T11:59:40.000Z');
});

test('deploy plans anew when what runs changed in between, and each request has a key of its own', async (t) => {
  const server = await serverOf(t, {
    'POST /v1/plans': [samplePlan, { ...samplePlan, digest: 'd'.repeat(64) }],
    'POST /v1/deployments': [problem('plan.changed', 409), accepted],
    'GET /v1/deployments/d-12': [succeeded],
  });
  const { code } = await dray(['deploy', 'prod', '--set', 'cart=1'], { env: { DRAYAGE_URL: server.url } });
  assert.equal(code, 0);
  const keys = server.requests.filter(({ line }) => line === 'POST /v1/deployments').map(({ key }) => key);
  assert.equal(new Set(keys).size, 2);
});

test('--restart says for all services and for one what a newer secret does, and what is withheld is shown', async (t) => {
  const kept = { service: 'cart', secret: 'db-password', runs: '1', newest: '2', because: 'asked' };
  const server = await serverOf(t, {
    'POST /v1/plans': [{ ...samplePlan, waves: [], changes: {}, withheld: [kept] }],
    'POST /v1/deployments': [{ kind: 'nothing-to-do', plan: digest, revision: 3 }],
  });
  const args = ['prod', '--set', 'cart=1', '--restart', 'never', '--restart', 'web=changed'];
  for (const command of ['plan', 'deploy']) {
    const { code, stdout } = await dray([command, ...args], { env: { DRAYAGE_URL: server.url } });
    assert.equal(code, 0);
    assert.match(stdout, /cart +db-password +keeps 1 +newest 2 +by --restart never/);
    assert.match(stdout, /with the next change that restarts them/);
  }
  const restarts = server.requests.map(({ body }) => (body as { restart?: unknown }).restart);
  assert.deepEqual(restarts, Array(3).fill({ all: 'never', services: { web: 'changed' } }));
});

test('a version that something has is revoked only after that was told', async (t) => {
  const version = { version: 1, id: 'v1', size: 'up to 64 bytes', createdAt: 0, actor: 'ci', revokedAt: null };
  const uses = [{ version: '1', id: 'v1', services: ['cart', 'web'] }];
  const params = { environment: 'prod', secret: 'db-password', version: 1 };
  const server = await serverOf(t, {
    'GET /v1/environments/prod/secrets': [
      { items: [{ secret: 'db-password', from: 'drayage', versions: [version], uses }] },
    ],
    'DELETE /v1/environments/prod/secrets/db-password/1': [
      { ...params, receipt: accepted.receipt, usedBy: ['cart', 'web'] },
    ],
  });
  const args = ['secret', 'revoke', 'prod', 'db-password', '1'];
  const env = { DRAYAGE_URL: server.url };
  const told = /cart, web have this version and keep it until the next deployment/;
  const declined = await dray(args, { env, isTerminal: true, answer: false });
  assert.notEqual(declined.code, 0);
  assert.match(declined.stderr, told);
  assert.equal(server.requests.length, 1);
  const unasked = await dray([...args, '--yes'], { env });
  assert.equal(unasked.code, 0);
  assert.match(unasked.stderr, told);
  const listed = await dray(['secret', 'list', 'prod'], { env });
  assert.match(listed.stdout, /USED BY\n.*kept +cart, web/);
});

test('going back to an older version needs a yes: on a terminal it is asked, else it is refused with the next step', async (t) => {
  const answers = {
    'POST /v1/plans': [problem('spec.older', 422, { services: ['cart'] }), samplePlan],
    'POST /v1/deployments': [accepted],
    'GET /v1/deployments/d-12': [succeeded],
  };
  const args = ['deploy', 'prod', '--set', 'cart=1'];
  const refused = await serverOf(t, answers);
  const without = await dray(args, { env: { DRAYAGE_URL: refused.url } });
  assert.equal(without.code, exitCode.refused);
  assert.match(without.stderr, /--yes/);

  const asked = await serverOf(t, answers);
  const yes = await dray(args, { env: { DRAYAGE_URL: asked.url }, isTerminal: true, answer: true });
  assert.equal(yes.code, 0);
  const bodies = JSON.stringify(asked.requests.map(({ body }) => body));
  assert.ok(bodies.includes('"allowOlder":["cart"]'));

  const declined = await serverOf(t, answers);
  const no = await dray(args, { env: { DRAYAGE_URL: declined.url }, isTerminal: true, answer: false });
  assert.equal(no.code, exitCode.refused);
  assert.equal(declined.requests.length, 1);
});

test('a rollback shows its plan and changes nothing without a yes', async (t) => {
  const server = await serverOf(t, { 'POST /v1/plans': [samplePlan] });
  const { code, stdout } = await dray(['rollback', 'prod'], {
    env: { DRAYAGE_URL: server.url },
    isTerminal: true,
    answer: false,
  });
  assert.equal(code, exitCode.cancelled);
  assert.match(stdout, /Plan for prod|Wave 1/);
  assert.deepEqual(
    server.requests.map(({ line }) => line),
    ['POST /v1/plans'],
  );
});

test('when --timeout is over the deployment goes on, and it is said how to follow it', async (t) => {
  const server = await serverOf(t, {
    'POST /v1/plans': [samplePlan],
    'POST /v1/deployments': [accepted],
    'GET /v1/deployments/d-12': [sampleDeployment()],
  });
  const args = ['deploy', 'prod', '--set', 'cart=1', '--timeout', '500ms'];
  const { code, stderr } = await dray(args, { env: { DRAYAGE_URL: server.url } });
  assert.equal(code, exitCode.timeout);
  assert.match(stderr, /goes on: dray show d-12 .* dray cancel d-12/);
});

test('Ctrl-C while waiting is exit code 130, and the deployment goes on', async (t) => {
  const server = await serverOf(t, {
    'POST /v1/plans': [samplePlan],
    'POST /v1/deployments': [accepted],
    'GET /v1/deployments/d-12': [sampleDeployment()],
  });
  const controller = new AbortController();
  const waiting = dray(['deploy', 'prod', '--set', 'cart=1'], {
    env: { DRAYAGE_URL: server.url },
    signal: controller.signal,
  });
  for (let look = 0; look < 1000 && !server.requests.some(({ line }) => line.startsWith('GET')); look += 1) {
    await new Promise((wake) => setTimeout(wake, 10));
  }
  controller.abort(new Interrupted(exitCode.interrupted));
  const { code, stderr } = await waiting;
  assert.equal(code, exitCode.interrupted);
  assert.match(stderr, /the deployment d-12 goes on/);
});

test('a bug shows no stack trace unless it is asked for', async (t) => {
  const server = await serverOf(t, { 'GET /v1/environments': [{ nothing: 'known' }] });
  const { code, stderr } = await dray(['status'], { env: { DRAYAGE_URL: server.url } });
  assert.equal(code, exitCode.failed);
  assert.doesNotMatch(stderr, /\n {4}at /);
  const debug = await dray(['status'], { env: { DRAYAGE_URL: server.url, DRAYAGE_DEBUG: '1' } });
  assert.match(debug.stderr, /\n {4}at /);
});

test('completion asks a server that does not answer for at most a second, and never fails', async () => {
  const { code, stdout } = await dray(['complete', '--', 'status', '']);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
});

test('completion offers the names that the server knows', async (t) => {
  const environment = { name: 'prod', clusters: [], revision: 1, services: 0, unfinished: 0 };
  const items = [environment, { ...environment, name: 'dev' }];
  const server = await serverOf(t, { 'GET /v1/environments': [{ items, next: null }] });
  const { stdout } = await dray(['complete', '--', 'deploy', 'p'], { env: { DRAYAGE_URL: server.url } });
  assert.equal(stdout, 'prod\n:files\n');
});
