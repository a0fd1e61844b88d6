import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { createClient, type Client } from '../client/client.ts';
import { decideAccess, everywhere, mayEver, roles, type Role, type Scope } from '../core/access.ts';
import { sessionCookie } from '../http/session-cookie.ts';
import { serve, type Running } from '../server.ts';
import { problemDocument } from '../wire/common.ts';
import { paths, type RouteName } from '../wire/paths.ts';
import { canary } from './support/canary.ts';
import { startHttpServer } from './support/http-server.ts';
import { actorOf, adminCode, plainApp, sessionOf, tokenOf } from './support/plain-app.ts';
import { startStaticRegistry, type StaticRegistry } from './support/static-registry.ts';

/** Who may call a route, by hand: viewer, developer, approver, operator, admin; `public`: whoever reaches the server. */
const mayCall: Readonly<Record<RouteName, string>> = {
  health: 'public',
  ready: 'public',
  metrics: 'v d a o A',
  openapi: 'public',
  openSession: 'public',
  getSession: 'v d a o A',
  closeSession: 'v d a o A',
  createSignInLink: 'v d a o A',
  overview: 'v d a o A',
  createRelease: '. d . o A',
  listReleases: 'v d a o A',
  getRelease: 'v d a o A',
  getBom: 'v d a o A',
  attachEvidence: '. d . o A',
  getService: 'v d a o A',
  listRefusals: 'v d a o A',
  variety: 'v d a o A',
  whereIs: 'v d a o A',
  waive: '. . a o A',
  plan: 'v d a o A',
  deploy: '. d . o A',
  listDeployments: 'v d a o A',
  getDeployment: 'v d a o A',
  deploymentConfigs: 'v d a o A',
  cancelDeployment: '. d . o A',
  listEnvironments: 'v d a o A',
  getEnvironment: 'v d a o A',
  listRevisions: 'v d a o A',
  listSecrets: 'v d a o A',
  setSecret: '. d . o A',
  revokeSecret: '. d . o A',
  rotateSecretKey: '. . . . A',
  logs: 'v d a o A',
  compare: 'v d a o A',
  listClusters: 'v d a o A',
  events: 'v d a o A',
  ledgerEntries: 'v d a o A',
  ledgerReceipt: 'v d a o A',
  rotateSigningKey: '. . . . A',
  erase: '. . . . A',
  ledgerCheckpoint: 'public',
  ledgerTile: 'v d a o A',
  getRecovery: 'v d a o A',
  recover: '. . . . A',
  getPlatform: 'v d a o A',
  createToken: '. . . . A',
  listTokens: '. . . . A',
  revokeToken: '. . . . A',
  doctor: 'v d a o A',
};

const letters: Readonly<Record<Role, string>> = {
  viewer: 'v',
  developer: 'd',
  approver: 'a',
  operator: 'o',
  admin: 'A',
};

/** Scopes seen from `cart` in `dev`, and the routes that they shut, by hand. Scopes shut nothing else. */
const scopes: readonly { readonly name: string; readonly scope: Scope; readonly shut: readonly RouteName[] }[] = [
  { name: 'everywhere', scope: everywhere, shut: [] },
  { name: 'this environment', scope: { environments: ['dev'], services: null }, shut: [] },
  {
    name: 'another environment',
    scope: { environments: ['prod'], services: null },
    shut: ['deploy', 'cancelDeployment', 'setSecret', 'revokeSecret', 'logs'],
  },
  { name: 'this service', scope: { environments: null, services: ['ca*'] }, shut: [] },
  {
    name: 'another service',
    scope: { environments: null, services: ['search', 'cartel'] },
    shut: ['createRelease', 'attachEvidence', 'waive', 'deploy', 'cancelDeployment', 'logs'],
  },
  {
    name: 'this service in another environment',
    scope: { environments: ['p*'], services: ['cart'] },
    shut: ['deploy', 'cancelDeployment', 'setSecret', 'revokeSecret', 'logs'],
  },
];

/** A document that says nothing of anything. */
const vex = Buffer.from('{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}').toString('base64');
const waiver = { vulnerability: 'CVE-2024-1', service: 'cart', reason: 'not reached', until: 4_000_000_000_000 };

const bothDev = { a: { kind: 'environment', environment: 'dev' }, b: { kind: 'environment', environment: 'dev' } };

/** Closing a session ends what the walk goes on with, so that it comes last. */
const walk: readonly RouteName[] = [...namesOf(paths).filter((name) => name !== 'closeSession'), 'closeSession'];

function namesOf<T extends object>(record: T): readonly Extract<keyof T, string>[] {
  return Object.keys(record).filter((name): name is Extract<keyof T, string> => Object.hasOwn(record, name));
}

interface Requests {
  readonly bodies: Partial<Record<RouteName, unknown>>;
  readonly queries: Partial<Record<RouteName, string>>;
  readonly params: Readonly<Record<string, string>>;
}

type Verdict = 'allowed' | 'auth.missing' | 'auth.not-allowed';

/** What a route says to whom the headers tell of: one that finds nothing, or something in its way, let them in too. */
async function ask(url: string, name: RouteName, headers: Record<string, string>, of: Requests): Promise<Verdict> {
  const { method, path } = paths[name];
  const address = path.replaceAll(
    /:(\w+)/g,
    (_, param: string) => of.params[`${name}.${param}`] ?? of.params[param] ?? 'none',
  );
  const query = of.queries[name] === undefined ? '' : `?${of.queries[name]}`;
  const body = of.bodies[name];
  const answer = await fetch(`${url}${address}${query}`, {
    method,
    headers: { origin: url, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  if (answer.status !== 401 && answer.status !== 403) {
    const found = answer.ok ? '' : await answer.text();
    assert.ok([200, 201, 202, 404, 409].includes(answer.status), `${name}: ${answer.status} ${found}`);
    if (answer.ok) await answer.body?.cancel();
    return 'allowed';
  }
  const { code } = problemDocument.parse(await answer.json());
  assert.ok(code === 'auth.missing' || code === 'auth.not-allowed', `${name}: ${code}`);
  assert.equal(answer.status, code === 'auth.missing' ? 401 : 403);
  return code;
}

function byHand(name: RouteName, role: Role): boolean {
  return mayCall[name] === 'public' || mayCall[name].split(' ').includes(letters[role]);
}

test('the table in core says of every role and route what was written here by hand', () => {
  assert.deepEqual(Object.keys(mayCall), Object.keys(paths));
  for (const name of namesOf(paths)) {
    const { access } = paths[name];
    assert.equal(access === 'public', mayCall[name] === 'public', name);
    for (const role of roles) assert.equal(access === 'public' || mayEver(role, access), byHand(name, role), name);
  }
});

test('the table in core shuts the routes to every scope that were written here by hand', () => {
  for (const { name: scopeName, scope, shut } of scopes) {
    for (const name of namesOf(paths)) {
      const { access } = paths[name];
      if (access === 'public') continue;
      const environment = ['createRelease', 'attachEvidence', 'waive'].includes(name) ? null : 'dev';
      const decision = decideAccess({ role: 'operator', scope }, access, { environment, services: ['cart'] });
      const isShut = decision.kind === 'environment' || decision.kind === 'service';
      assert.equal(isShut, shut.includes(name), `${name}, ${scopeName}`);
    }
  }
});

suite('every route, asked by every role', () => {
  const requests: Requests = {
    bodies: {
      createRelease: { service: 'cart', version: '1', compose: { name: 'compose.yaml', text: 'services: {}' } },
      attachEvidence: { content: vex },
      waive: waiver,
      plan: { wanted: { kind: 'rollback', environment: 'dev' } },
      compare: bothDev,
      deploy: { wanted: { kind: 'rollback', environment: 'dev' } },
      cancelDeployment: {},
      createToken: { name: 'ci' },
      openSession: { kind: 'code', code: adminCode },
      rotateSigningKey: {},
      setSecret: { secret: 'none', value: Buffer.from(canary('walk')).toString('base64'), base: 99 },
      rotateSecretKey: {},
      erase: { kind: 'person', of: 't-none' },
      recover: { confirm: '0'.repeat(64) },
    },
    queries: { logs: 'service=cart' },
    params: { environment: 'dev', service: 'cart', version: '1', secret: 'none', sequence: '1' },
  };
  const carriers: Readonly<Record<string, (role: Role) => Record<string, string>>> = {
    'a token': (role) => ({ authorization: `Bearer ${tokenOf(role)}` }),
    'a session': (role) => ({ cookie: `${cookieName('test')}=${sessionOf(role)}` }),
  };

  for (const [carrier, headersOf] of Object.entries(carriers)) {
    test(`is answered with ${carrier} to whom it is open, and with 403 to the others`, async (t) => {
      const { url, errors } = await startHttpServer(t, plainApp());
      for (const role of roles) {
        for (const name of walk) {
          const verdict = await ask(url, name, headersOf(role), requests);
          assert.equal(verdict, byHand(name, role) ? 'allowed' : 'auth.not-allowed', `${name} as ${role}`);
        }
      }
      assert.deepEqual(errors, []);
    });
  }

  test('without anything it is 401, unless everybody may look', async (t) => {
    const { url } = await startHttpServer(t, plainApp());
    const visitor = { ...actorOf('viewer'), id: 'anonymous' };
    const open = await startHttpServer(t, plainApp({ anonymous: async () => await Promise.resolve(visitor) }));
    for (const name of walk) {
      const closed = await ask(url, name, {}, requests);
      assert.equal(closed, mayCall[name] === 'public' ? 'allowed' : 'auth.missing', name);
      assert.equal(
        await ask(open.url, name, {}, requests),
        byHand(name, 'viewer') ? 'allowed' : 'auth.not-allowed',
        name,
      );
    }
  });
});

function cookieName(installation: string): string {
  return sessionCookie({ installation, isHttps: false }).name;
}

suite('every route of a real server, asked by every role in every scope', () => {
  let directory = '';
  let registry: StaticRegistry;
  let running: Running;
  let client: Client;
  let requests: Requests;
  let cookie = '';
  /** Head of the ledger before the walk. */
  let begin = 0;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'access-walk-'));
    registry = await startStaticRegistry();
    running = await start('closed', '');
    client = createClient({ url: running.url, token: running.firstToken });
    const first = await release('1.0.0');
    await release('1.1.0');
    const deployment = await deployFirst();
    requests = {
      bodies: {
        createRelease: first,
        attachEvidence: { content: vex },
        waive: waiver,
        plan: { wanted: { kind: 'change', environment: 'dev', set: { cart: '1.1.0' } } },
        compare: bothDev,
        // Whoever may deploy is told that the plan is another one: what is asked is whether they get that far.
        deploy: { wanted: { kind: 'change', environment: 'dev', set: { cart: '1.1.0' } }, expectPlan: '0'.repeat(64) },
        cancelDeployment: {},
        createToken: { name: 'another' },
        openSession: { kind: 'token', token: running.firstToken },
        rotateSigningKey: {},
        setSecret: { secret: 'none', value: Buffer.from(canary('walk')).toString('base64'), base: 99 },
        rotateSecretKey: {},
        erase: { kind: 'person', of: 't-none' },
        recover: { confirm: '0'.repeat(64) },
      },
      queries: { logs: 'service=cart&tail=1' },
      params: {
        environment: 'dev',
        service: 'cart',
        version: '1.0.0',
        'revokeSecret.version': '1',
        secret: 'none',
        deployment,
        token: 't-none',
        sequence: '1',
      },
    };
    const { installation, head } = await client.call('doctor');
    cookie = cookieName(installation);
    begin = head.sequence;
  });
  after(async () => {
    await running.close();
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  });

  const start = async (name: string, rights: string) => {
    const file = join(directory, `${name}.yaml`);
    const platform = 'apiVersion: drayage/v1\nkind: Platform\nclusters: { fe: { engine: simulated } }\n';
    await writeFile(file, `${platform}environments: { dev: { clusters: [fe] }, prod: { clusters: [fe] } }\n${rights}`);
    const listen = { host: '127.0.0.1', port: 0 };
    return await serve({ platform: file, data: join(directory, name), listen, logLevel: 'silent' });
  };
  const release = async (version: string) => {
    const text = `services:\n  cart:\n    image: ${registry.host}/shop/cart:${version}\n    deploy: { update_config: { monitor: 1s } }\n`;
    const body = { service: 'cart', version, compose: { name: 'compose.yaml', text } };
    await client.call('createRelease', { body });
    return body;
  };
  const deployFirst = async () => {
    const text = 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices: { cart: 1.0.0 }\n';
    const body = { wanted: { kind: 'document' as const, document: { name: 'dev.yaml', text } } };
    const accepted = await client.call('deploy', { body, idempotencyKey: 'first' });
    assert.ok(accepted.kind === 'accepted');
    const params = { deployment: accepted.deployment };
    for (let count = 0; count < 600; count += 1) {
      if ((await client.call('getDeployment', { params })).phase === 'ended') return accepted.deployment;
      await sleep(50);
    }
    throw new Error('the first deployment does not end');
  };

  /** A token, and the cookie of a session that was opened with it. */
  const carriersOf = async (role: Role, scope: Scope): Promise<readonly Record<string, string>[]> => {
    const environments = scope.environments === null ? null : [...scope.environments];
    const services = scope.services === null ? null : [...scope.services];
    const body = { name: role, role, scope: { environments, services } };
    const { secret } = await client.call('createToken', { body });
    const opened = await fetch(`${running.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: running.url },
      body: JSON.stringify({ kind: 'token', token: secret }),
    });
    const [pair] = (opened.headers.get('set-cookie') ?? '').split('; ');
    assert.ok(pair !== undefined && pair.startsWith(`${cookie}=`), 'the session has a cookie');
    return [{ authorization: `Bearer ${secret}` }, { cookie: pair }];
  };

  for (const role of roles) {
    test(`${role}: each is answered or refused as it stands here`, { timeout: 120_000 }, async () => {
      for (const { name: scopeName, scope, shut } of scopes) {
        if (role === 'admin' && scope !== everywhere) continue; // an admin's token takes no scope
        for (const carrier of await carriersOf(role, scope)) {
          for (const name of walk) {
            const verdict = await ask(running.url, name, carrier, requests);
            const isOpen = byHand(name, role) && !shut.includes(name) && !isLinkOfSession(name, carrier);
            assert.equal(verdict, isOpen ? 'allowed' : 'auth.not-allowed', `${name} as ${role}, ${scopeName}`);
          }
        }
      }
    });
  }

  test('what was refused changed nothing: all that is new on the ledger is what was allowed', async () => {
    const { entries } = await client.call('ledgerEntries', { query: { after: begin, limit: 1000 } });
    assert.deepEqual([...new Set(entries.map(({ kind }) => kind))].toSorted(), [
      'evidence-appended',
      'finding-waived',
      'secret-key-rotated',
      'signing-key-changed',
      'token-created',
      'token-revoked',
    ]);
    assert.equal((await client.call('listDeployments')).items.length, 1);
  });

  test('without anything it is 401, unless the platform document lets everybody look', async () => {
    const open = await start('open', 'rights: { anonymous: viewer }\n');
    try {
      for (const name of walk) {
        const closed = await ask(running.url, name, {}, requests);
        assert.equal(closed, mayCall[name] === 'public' ? 'allowed' : 'auth.missing', name);
        // Of the other server's tokens it knows none.
        if (name === 'openSession') continue;
        const isOpen = byHand(name, 'viewer') && name !== 'createSignInLink';
        assert.equal(await ask(open.url, name, {}, requests), isOpen ? 'allowed' : 'auth.not-allowed', name);
      }
    } finally {
      await open.close();
    }
  });
});

/** A link makes a session of its own, so that a session makes none. */
function isLinkOfSession(name: RouteName, carrier: object): boolean {
  return name === 'createSignInLink' && 'cookie' in carrier;
}
