import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { problemDocument } from '../wire/common.ts';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startStaticRegistry, type StaticRegistry } from './support/static-registry.ts';

/** Long enough for a busy machine, and far less than what a parser that falls for it would take. */
const answerMs = 10_000;

let directory: string;
let registry: StaticRegistry;
let server: ServerProcess;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drayage-input-'));
  registry = await startStaticRegistry();
  const platform = join(directory, 'platform.yaml');
  await writeFile(
    platform,
    `apiVersion: drayage/v1
kind: Platform
clusters: { one: { engine: simulated } }
registries: { '${registry.host}': { credentials: none, insecure: true } }
environments: { dev: { clusters: [one] } }
`,
  );
  server = await startServerProcess({ platform, data: join(directory, 'data') });
  await release('cart', compose('cart'));
  for (const [service, need] of [
    ['hen', 'egg'],
    ['egg', 'hen'],
  ] as const) {
    await release(service, `${compose(service)}x-drayage: { needs: [${need}] }\n`);
  }
  for (const service of ['left', 'right']) await release(service, compose(service, 'ports: ["8080:80"]'));
});

after(async () => {
  await server.stop();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

function compose(service: string, more = '', image = `${registry.host}/${service}:1`): string {
  return `services:\n  ${service}:\n    image: ${image}\n${more === '' ? '' : `    ${more}\n`}`;
}

async function release(service: string, text: string): Promise<void> {
  const body = { service, version: '1', compose: { name: 'compose.yaml', text }, files: {}, vars: {}, meta: {} };
  await server.client.call('createRelease', { body });
}

function deployment(services: string, environment = 'dev'): string {
  return `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${environment}\nservices:\n${services}`;
}

const head = async () => (await server.client.call('ledgerEntries', { query: { limit: 1 } })).head;

/** Asks the server itself, past the command line, which would find many mistakes first. */
async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json', ...headers },
    body,
    signal: AbortSignal.timeout(answerMs),
  });
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return { status: answer.status, problem: problemDocument.parse(await answer.json()) };
}

async function postDocument(text: string) {
  const wanted = { kind: 'document', document: { name: 'dev.yaml', text }, base: null };
  return await post('/v1/deployments', JSON.stringify({ wanted }));
}

/** A refused request leaves the ledger where it was, and the server answers as before. */
async function changesNothing(work: () => Promise<void>): Promise<void> {
  const before = await head();
  await work();
  assert.deepEqual(await head(), before);
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  assert.ok(server.isRunning());
}

interface Bad {
  readonly what: string;
  readonly document: () => string;
  readonly status: number;
  readonly code: string;
  /** What the answer has to name. */
  readonly names: RegExp;
  /** Of `dray deploy`. */
  readonly exit: number;
}

const bomb = Array.from({ length: 9 }, (_, level) => {
  const items = level === 0 ? Array<string>(9).fill('x') : Array<string>(9).fill(`*a${level - 1}`);
  return `a${level}: &a${level} [${items.join(', ')}]`;
}).join('\n');
const manyKeys = Array.from({ length: 40_000 }, (_, key) => `  s${String(key).padStart(5, '0')}: 1`).join('\n');

const badDocuments: readonly Bad[] = [
  {
    what: 'a misspelt key',
    document: () => deployment('  cart: { verison: 1 }\n'),
    status: 400,
    code: 'document.invalid',
    names: /5:11[\s\S]*version/,
    exit: 2,
  },
  {
    what: 'a wrong type',
    document: () => deployment('  cart: { version: "1", replicas: many }\n'),
    status: 400,
    code: 'document.invalid',
    names: /5:\d+[\s\S]*many/,
    exit: 2,
  },
  {
    what: 'a YAML bomb',
    document: () => `${deployment('  cart: 1\n')}${bomb}\n`,
    status: 413,
    code: 'document.too-large',
    names: /more than 20,000 nodes/,
    exit: 2,
  },
  {
    what: '40,000 keys in 400 kB',
    document: () => deployment(`${manyKeys}\n`),
    status: 413,
    code: 'document.too-large',
    names: /more than 20,000 nodes/,
    exit: 2,
  },
  {
    what: 'a document of 10 MB',
    document: () => `${deployment('  cart: 1\n')}# ${'x'.repeat(10_000_000)}\n`,
    status: 413,
    code: 'document.too-large',
    names: /more than 1,048,576 bytes/,
    exit: 2,
  },
  {
    what: 'an unknown service',
    document: () => deployment('  card: 1\n'),
    status: 404,
    code: 'service.unknown',
    names: /card/,
    exit: 2,
  },
  {
    what: 'an unknown version',
    document: () => deployment('  cart: "2"\n'),
    status: 404,
    code: 'release.unknown',
    names: /cart[\s\S]*2/,
    exit: 2,
  },
  {
    what: 'an unknown environment',
    document: () => deployment('  cart: 1\n', 'prod'),
    status: 404,
    code: 'environment.unknown',
    names: /prod[\s\S]*dev/,
    exit: 2,
  },
  {
    what: 'a cycle',
    document: () => deployment('  hen: 1\n  egg: 1\n'),
    status: 400,
    code: 'plan.cycle',
    names: /egg[\s\S]*hen/,
    exit: 2,
  },
  {
    what: 'a port claimed twice',
    document: () => deployment('  left: 1\n  right: 1\n'),
    status: 400,
    code: 'plan.port-claimed',
    names: /8080[\s\S]*right[\s\S]*left/,
    exit: 2,
  },
];

for (const { what, document, status, code, names, exit } of badDocuments) {
  test(`${what} in a deployment is one clear error, of the server and of the command line`, async () => {
    await changesNothing(async () => {
      const { status: answered, problem } = await postDocument(document());
      assert.deepEqual([answered, problem.code], [status, code], problem.detail);
      const told = problem.problems.map((it) => `${it.line}:${it.column} ${it.message} ${it.hint ?? ''}`);
      assert.match([problem.detail, problem.next, ...told].join('\n'), names);
      assert.ok(problem.next !== null || problem.problems.some(({ hint }) => hint !== null), 'the next step');
      const file = join(directory, 'dev.yaml');
      await writeFile(file, document());
      const { code: ended, stdout, stderr } = await server.dray(['deploy', file]);
      assert.equal(ended, exit, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, names);
      assert.doesNotMatch(stderr, /^\s+at /m, 'no stack trace');
    });
  });
}

for (const [what, image, names] of [
  ['repository', 'nobody/knows:gone', /nobody\/knows/],
  ['tag', 'cart:gone', /cart has no tag gone/],
] as const) {
  test(`an image whose ${what} cannot be resolved makes no release`, async () => {
    await changesNothing(async () => {
      const text = compose('cart', '', `${registry.host}/${image}`);
      const request = { service: 'cart', version: '9', compose: { name: 'compose.yaml', text } };
      const { status, problem } = await post('/v1/releases', JSON.stringify(request));
      assert.deepEqual([status, problem.code], [400, 'image.unresolved']);
      assert.match(problem.detail, names);
      const { code, stderr } = await server.dray(['release', 'cart', '9', '-f', '-'], { stdin: text });
      assert.equal(code, 2, stderr);
      assert.match(stderr, names);
      assert.match(stderr, /next:/);
    });
  });
}

test('a wrong token is refused, and none too', async () => {
  await changesNothing(async () => {
    const wrong = await post('/v1/deployments', '{}', { authorization: 'Bearer dray_nobody' });
    assert.deepEqual([wrong.status, wrong.problem.code], [401, 'auth.wrong']);
    const none = await fetch(`${server.url}/v1/deployments`, { method: 'POST', body: '{}' });
    assert.equal(none.status, 401);
    assert.equal(problemDocument.parse(await none.json()).code, 'auth.missing');
    for (const token of ['dray_nobody', '']) {
      const { code, stderr } = await server.dray(['status'], { env: { DRAYAGE_TOKEN: token } });
      assert.equal(code, 11, stderr);
      assert.match(stderr, /DRAYAGE_TOKEN/);
    }
  });
});

test('a body that is not JSON is refused with its place', async () => {
  await changesNothing(async () => {
    const { status, problem } = await post('/v1/deployments', '{\n  "wanted": nothing\n}');
    assert.deepEqual([status, problem.code], [400, 'request.invalid']);
    assert.match(`${problem.detail} ${JSON.stringify(problem.problems)}`, /2/);
  });
});

test('the same idempotency key with another request is refused, and names what it was used for', async () => {
  const first = await server.dray([
    'deploy',
    'dev',
    '--set',
    'cart=1',
    '--idempotency-key',
    'k',
    '--no-wait',
    '--json',
  ]);
  assert.equal(first.code, 0, first.stderr);
  const { deployment: id }: { deployment: string } = JSON.parse(first.stdout);
  const before = (await server.client.call('listDeployments', {})).items.length;
  const other = await server.dray(['deploy', 'dev', '--set', 'left=1', '--idempotency-key', 'k']);
  assert.equal(other.code, 3, other.stderr);
  assert.ok(other.stderr.includes(id));
  const wanted = { kind: 'change', environment: 'dev', set: { left: '1' } };
  const { status, problem } = await post('/v1/deployments', JSON.stringify({ wanted }), { 'idempotency-key': 'k' });
  assert.deepEqual([status, problem.code], [409, 'request.key-reused']);
  assert.equal((await server.client.call('listDeployments', {})).items.length, before);
});
