import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { everywhere, type Role, type Scope } from '../core/access.ts';
import type { FaultCode } from '../core/fault-codes.ts';
import { isFault, type Fault } from '../core/fault.ts';
import { noteToken } from '../test/support/canary.ts';
import { createHouses, registerRelease, testAdmin, type House } from '../test/support/app-house.ts';
import type { Actor, PlanInput } from './api.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const environments = 'environments:\n  dev: { clusters: [fe] }\n  prod: { clusters: [fe] }\n';

async function house(rights = ''): Promise<House> {
  return houses.house(`${environments}${rights}`);
}

/** A house with two releases of cart and one of site. */
async function shop(): Promise<House> {
  const it = await house();
  for (const [service, version] of [
    ['cart', '1'],
    ['cart', '2'],
    ['site', '1'],
  ] as const)
    await registerRelease(it, testAdmin, { service, version }, signal);
  return it;
}

interface Holder {
  readonly id: string;
  readonly secret: string;
  readonly actor: Actor;
}

/** A new token, and who it makes of its holder. */
async function holder(
  { running: { app } }: House,
  role: Role,
  scope: Partial<Scope> = {},
  expiresAt: number | null = null,
): Promise<Holder> {
  const input = { name: `a ${role}`, role, scope: { ...everywhere, ...scope }, expiresAt };
  const { row, secret } = await app.createToken(testAdmin, input, signal);
  noteToken(secret);
  return { id: row.id, secret, actor: await app.authenticate(secret, 'api', signal) };
}

const spec = (environment: string, services: Record<string, string>): PlanInput => ({
  wanted: {
    kind: 'document',
    document: {
      name: 'spec.yaml',
      text: `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${environment}\nservices: ${JSON.stringify(services)}\n`,
    },
    base: null,
  },
  allowRemove: [],
  allowOlder: [],
});

async function deploy(
  { running: { app } }: House,
  actor: Actor,
  input: PlanInput,
  idempotencyKey: string | null = null,
) {
  return app.deploy(actor, { ...input, expectPlan: null, idempotencyKey }, signal);
}

async function ended({ running: { app } }: House, answer: Awaited<ReturnType<typeof deploy>>): Promise<string | null> {
  assert.ok('deployment' in answer, answer.kind);
  for (;;) {
    const { row } = await app.deployment(answer.deployment, signal);
    if (row.phase === 'ended') return row.outcome;
    await clock.sleep(300, signal);
  }
}

async function faultOf(run: () => Promise<unknown>): Promise<Fault> {
  try {
    await run();
  } catch (error) {
    assert.ok(isFault(error), String(error));
    return error;
  }
  assert.fail('it was allowed');
}

/** Runs what must be refused with this code, and sees that nothing was recorded. */
async function refused(it: House, code: FaultCode, run: () => Promise<unknown>): Promise<Fault> {
  const before = await it.store.head(signal);
  const fault = await faultOf(run);
  assert.equal(fault.code, code, fault.message);
  assert.deepEqual(await it.store.head(signal), before, 'something was recorded');
  return fault;
}

test('a developer of dev deploys there and not to prod, and is told which environment is in the way', async () => {
  const it = await shop();
  const { actor } = await holder(it, 'developer', { environments: ['dev'] });
  const fault = await refused(it, 'auth.not-allowed', () => deploy(it, actor, spec('prod', { cart: '1' })));
  assert.deepEqual(fault.facts, { action: 'deploy', role: 'developer', environment: 'prod' });
  assert.match(fault.message, /the environment prod\.$/);
  assert.match(fault.next ?? '', /--role developer --environment prod/);
  assert.equal(await ended(it, await deploy(it, actor, spec('dev', { cart: '1' }))), 'succeeded');
});

test('who owns one service changes that one by a whole document, and no other by the same way', async () => {
  const it = await shop();
  await ended(it, await deploy(it, testAdmin, spec('dev', { cart: '1', site: '1' })));
  const { actor } = await holder(it, 'developer', { services: ['cart'] });
  const removal = { ...spec('dev', { cart: '2' }), allowRemove: ['site'] };
  const fault = await refused(it, 'auth.not-allowed', () => deploy(it, actor, removal));
  assert.deepEqual(fault.facts, { action: 'deploy', role: 'developer', services: ['site'] });
  const scaled = {
    ...spec('dev', {}),
    wanted: {
      kind: 'document' as const,
      document: {
        name: 'spec.yaml',
        text: 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices: { cart: "1", site: { version: "1", replicas: 2 } }\n',
      },
      base: null,
    },
  };
  await refused(it, 'auth.not-allowed', () => deploy(it, actor, scaled));
  assert.equal(await ended(it, await deploy(it, actor, spec('dev', { cart: '2', site: '1' }))), 'succeeded');
  const back: PlanInput = {
    wanted: { kind: 'rollback', environment: 'dev', to: null },
    allowRemove: [],
    allowOlder: [],
  };
  const other = await holder(it, 'operator', { services: ['site'] });
  await refused(it, 'auth.not-allowed', () => deploy(it, other.actor, back));
  assert.equal(await ended(it, await deploy(it, actor, back)), 'succeeded');
});

test("what an earlier deployment left behind is its owner's, though no spec names it", async () => {
  const it = await houses.house('environments:\n  dev: { clusters: [fe], onFailure: leave }\n');
  for (const [service, version] of [
    ['cart', '1'],
    ['site', '1-crash'],
  ] as const)
    await registerRelease(it, testAdmin, { service, version }, signal);
  assert.equal(await ended(it, await deploy(it, testAdmin, spec('dev', { site: '1-crash' }))), 'failed');
  const { actor } = await holder(it, 'developer', { services: ['cart'] });
  const clearing = { ...spec('dev', { cart: '1' }), allowRemove: ['site'] };
  const fault = await refused(it, 'auth.not-allowed', () => deploy(it, actor, clearing));
  assert.deepEqual(fault.facts['services'], ['site']);
  assert.equal(await ended(it, await deploy(it, testAdmin, clearing)), 'succeeded');
});

test('a deployment that waits is neither joined nor cancelled by whom it does not concern', async () => {
  const it = await shop();
  const { app } = it.running;
  const set = (services: Record<string, string>): PlanInput => ({
    wanted: { kind: 'change', environment: 'dev', set: services },
    allowRemove: [],
    allowOlder: [],
  });
  it.engine.trouble({ unreachable: true });
  const first = await deploy(it, testAdmin, spec('dev', { cart: '1' }));
  assert.ok('deployment' in first);
  // Until its step is recorded as started: from then on nothing moves, and a plan stays the same.
  const isStarted = async () => (await it.store.inventory('dev', signal)).some(({ settled }) => !settled);
  while (!(await isStarted())) await clock.sleep(100, signal);
  const input = set({ cart: '2', site: '1' });
  const waiting = await deploy(it, testAdmin, input);
  assert.ok('deployment' in waiting);
  for (const who of [await holder(it, 'developer', { services: ['cart'] }), await holder(it, 'viewer')]) {
    assert.equal((await faultOf(() => deploy(it, who.actor, input))).code, 'auth.not-allowed');
    const fault = await faultOf(() => app.cancel(who.actor, waiting.deployment, false, signal));
    assert.equal(fault.code, 'auth.not-allowed');
  }
  const own = await holder(it, 'developer', { services: ['cart', 'si*'], environments: ['d*'] });
  const joined = await deploy(it, own.actor, input);
  assert.deepEqual([joined.kind, 'deployment' in joined && joined.deployment], ['joined', waiting.deployment]);
  await app.cancel(own.actor, waiting.deployment, false, signal);
  it.engine.trouble({ unreachable: false });
  assert.equal(await ended(it, waiting), 'cancelled');
  const stream = await it.store.stream(`deployment/${waiting.deployment}`, signal);
  assert.deepEqual(
    stream.filter((entry) => entry.kind === 'cancel-requested').map((entry) => entry.actor),
    [own.id],
  );
  assert.equal(await ended(it, first), 'succeeded');
});

test('releases are registered by whose scope has the service, logs read by whose scope has both', async () => {
  const it = await shop();
  await ended(it, await deploy(it, testAdmin, spec('dev', { cart: '1' })));
  const { app } = it.running;
  const { actor } = await holder(it, 'developer', { services: ['cart'], environments: ['dev'] });
  await registerRelease(it, actor, { service: 'cart', version: '3' }, signal);
  const fault = await refused(it, 'auth.not-allowed', () =>
    registerRelease(it, actor, { service: 'site', version: '3' }, signal),
  );
  assert.deepEqual(fault.facts, { action: 'release', role: 'developer', services: ['site'] });
  for (const role of ['viewer', 'approver'] as const) {
    const one = await holder(it, role);
    await refused(it, 'auth.not-allowed', () =>
      registerRelease(it, one.actor, { service: 'cart', version: '4' }, signal),
    );
  }
  const read = async (who: Actor, environment: string, service: string) => {
    const input = { service, component: null, cluster: null, tail: 1, follow: false };
    for await (const line of app.logs(who, environment, input, signal)) assert.equal(line.component, 'cart');
  };
  await read(actor, 'dev', 'cart');
  assert.equal((await faultOf(() => read(actor, 'prod', 'cart'))).code, 'auth.not-allowed');
  assert.equal((await faultOf(() => read(actor, 'dev', 'site'))).code, 'auth.not-allowed');
});

test('only an admin makes and revokes tokens; an admin has no scope, and no token ends before it begins', async () => {
  const it = await house();
  const { app } = it.running;
  const input = { name: 'x', role: 'viewer' as const, scope: everywhere, expiresAt: null };
  for (const role of ['viewer', 'developer', 'approver', 'operator'] as const) {
    const { actor, id } = await holder(it, role);
    const fault = await refused(it, 'auth.not-allowed', () => app.createToken(actor, input, signal));
    assert.deepEqual(fault.facts, { action: 'manage-tokens', role });
    assert.match(fault.next ?? '', /--role admin/);
    await refused(it, 'auth.not-allowed', () => app.revokeToken(actor, id, signal));
  }
  for (const scope of [
    { environments: ['dev'], services: null },
    { environments: null, services: ['cart'] },
  ]) {
    await refused(it, 'request.invalid', () => app.createToken(testAdmin, { ...input, role: 'admin', scope }, signal));
  }
  for (const expiresAt of [0, clock.now() - 1, Number.MAX_SAFE_INTEGER])
    await refused(it, 'request.invalid', () => app.createToken(testAdmin, { ...input, expiresAt }, signal));
  await refused(it, 'token.unknown', () => app.revokeToken(testAdmin, 't-nobody', signal));
});

test('a token says who holds it, and ends when it expires or is revoked, with the reason', async () => {
  const it = await house();
  const { app } = it.running;
  const scope: Scope = { environments: ['dev', 'pr-*'], services: null };
  const expiresAt = clock.now() + 20_000;
  const brief = await holder(it, 'operator', scope, expiresAt);
  assert.deepEqual(brief.actor, {
    id: brief.id,
    name: 'a operator',
    role: 'operator',
    scope,
    session: null,
    expiresAt,
  });
  const lasting = await holder(it, 'viewer');
  await clock.sleep(expiresAt - clock.now() + 100, signal);
  const late = await faultOf(() => app.authenticate(brief.secret, 'api', signal));
  assert.equal(late.code, 'auth.wrong');
  assert.match(late.message, /expired/);
  const revoked = await app.revokeToken(testAdmin, lasting.id, signal);
  assert.notEqual(revoked.revokedAt, null);
  assert.deepEqual(await app.revokeToken(testAdmin, lasting.id, signal), revoked, 'again changes nothing');
  assert.match((await faultOf(() => app.authenticate(lasting.secret, 'api', signal))).message, /revoked/);
  assert.match((await faultOf(() => app.authenticate('dray_x', 'api', signal))).message, /unknown/);
});

test('a token revoked by many at once is revoked once', async () => {
  const it = await house();
  const { id } = await holder(it, 'viewer');
  await Promise.all(Array.from({ length: 8 }, () => it.running.app.revokeToken(testAdmin, id, signal)));
  assert.equal(await it.store.version(`token/${id}`, signal), 2);
});

test('when a token was last used is known after a restart, and a use within a minute does not change it', async () => {
  const it = await house();
  const { id, secret } = await holder(it, 'viewer');
  const head = await it.store.head(signal);
  await it.restart();
  const used = (await it.store.token(id, signal))?.lastUsedAt ?? null;
  assert.notEqual(used, null);
  await it.running.app.authenticate(secret, 'api', signal);
  await clock.sleep(6_000, signal);
  const [entry] = await it.store.entries(head.sequence, 100, signal);
  assert.equal(entry?.kind, 'lease-granted', 'uses are no entries of the ledger');
  assert.notEqual((await it.store.token(id, signal))?.lastUsedAt, null);
});

test('the link of the terminal signs a browser in once, as an admin who is called so', async () => {
  const it = await house();
  const { app } = it.running;
  const { code } = it.running.signIn();
  const opened = await app.openSession({ kind: 'code', code }, signal);
  const { id, role, scope } = opened.actor;
  assert.deepEqual({ id, role, scope }, { id: 'console', role: 'admin', scope: everywhere });
  assert.deepEqual(await app.authenticate(opened.secret, 'session', signal), opened.actor);
  assert.equal((await faultOf(() => app.openSession({ kind: 'code', code }, signal))).code, 'auth.code-wrong');
  const hours = (opened.expiresAt - clock.now()) / 3_600_000;
  assert.ok(hours > 11.9 && hours <= 12, String(hours));
  const names = await app.actorNames(['console', 'drayage', 't-nobody', 'anonymous'], signal);
  assert.deepEqual(
    [...names],
    [
      ['console', "the server's terminal"],
      ['drayage', 'Drayage'],
      ['t-nobody', 't-nobody'],
      ['anonymous', 'anonymous'],
    ],
  );
});

test('a code that many try at once opens one session', async () => {
  const it = await house();
  const { code } = it.running.signIn();
  const tries = Array.from({ length: 16 }, () => it.running.app.openSession({ kind: 'code', code }, signal));
  const opened = (await Promise.allSettled(tries)).filter((one) => one.status === 'fulfilled');
  assert.equal(opened.length, 1);
  const { items } = await it.store.tokens({ use: 'session' }, { limit: 10 }, signal);
  assert.equal(items.length, 1);
});

test('a session acts in the name of its token, with its rights, and ends with it', async () => {
  const it = await shop();
  const { app } = it.running;
  const of = await holder(it, 'developer', { environments: ['dev'] });
  const byToken = await app.openSession({ kind: 'token', token: of.secret }, signal);
  const { code } = app.createSignInCode(of.actor);
  const byCode = await app.openSession({ kind: 'code', code }, signal);
  for (const { actor, secret } of [byToken, byCode]) {
    const { session, expiresAt: _, ...rest } = actor;
    assert.deepEqual({ ...rest, session: null, expiresAt: null }, of.actor);
    assert.notEqual(session, null);
    assert.deepEqual(await app.authenticate(secret, 'session', signal), actor);
  }
  await refused(it, 'auth.not-allowed', () => deploy(it, byToken.actor, spec('prod', { cart: '1' })));
  const answer = await deploy(it, byToken.actor, spec('dev', { cart: '1' }));
  assert.ok('deployment' in answer);
  const { actor } = (await app.deployment(answer.deployment, signal)).row;
  assert.equal(actor, of.id);
  assert.equal((await app.actorNames([actor], signal)).get(actor), 'a developer');
  await ended(it, answer);

  const { code: unused } = app.createSignInCode(of.actor);
  await app.revokeToken(testAdmin, of.id, signal);
  for (const { secret } of [byToken, byCode]) {
    const fault = await faultOf(() => app.authenticate(secret, 'session', signal));
    assert.equal(fault.code, 'auth.wrong');
    assert.match(fault.message, /revoked/);
  }
  assert.equal((await faultOf(() => app.openSession({ kind: 'code', code: unused }, signal))).code, 'auth.code-wrong');
});

test('a session never outlives its token', async () => {
  const it = await house();
  const { app } = it.running;
  const expiresAt = clock.now() + 20_000;
  const of = await holder(it, 'viewer', {}, expiresAt);
  const opened = await app.openSession({ kind: 'token', token: of.secret }, signal);
  assert.equal(opened.expiresAt, expiresAt);
  const { code } = app.createSignInCode(of.actor);
  await clock.sleep(expiresAt - clock.now() + 100, signal);
  assert.match((await faultOf(() => app.authenticate(opened.secret, 'session', signal))).message, /expired/);
  assert.equal((await faultOf(() => app.openSession({ kind: 'code', code }, signal))).code, 'auth.code-wrong');
});

test('a session is no token: it opens no other, makes no link, and signing out ends it alone', async () => {
  const it = await house();
  const { app } = it.running;
  const of = await holder(it, 'viewer');
  const first = await app.openSession({ kind: 'token', token: of.secret }, signal);
  const second = await app.openSession({ kind: 'token', token: of.secret }, signal);
  await refused(it, 'auth.wrong', () => app.openSession({ kind: 'token', token: first.secret }, signal));
  await refused(it, 'auth.wrong', () => app.authenticate(first.secret, 'api', signal));
  await refused(it, 'auth.wrong', () => app.authenticate(of.secret, 'session', signal));
  await refused(it, 'auth.not-allowed', async () => app.createSignInCode(first.actor));
  await app.closeSession(first.actor, signal);
  await refused(it, 'auth.wrong', () => app.authenticate(first.secret, 'session', signal));
  assert.equal((await app.authenticate(second.secret, 'session', signal)).session, second.actor.session);
  await app.closeSession(of.actor, signal);
  assert.equal((await app.authenticate(of.secret, 'api', signal)).id, of.id, 'a token is not signed out');
});

test('a visitor may look only where the platform says so, and signs nobody in', async () => {
  const shut = await house();
  assert.equal(await shut.running.app.anonymous(signal), null);
  const open = await house('rights: { anonymous: viewer }\n');
  const visitor = await open.running.app.anonymous(signal);
  assert.deepEqual([visitor?.id, visitor?.role, visitor?.session], ['anonymous', 'viewer', null]);
  assert.ok(visitor !== null);
  await refused(open, 'auth.not-allowed', async () => open.running.app.createSignInCode(visitor));
});

test('no secret and no code is in the ledger, nor in any file of the data folder', async () => {
  const it = await house();
  const { app } = it.running;
  const of = await holder(it, 'operator');
  const [printed, made] = [it.running.signIn(), app.createSignInCode(of.actor)];
  const sessions = [
    await app.openSession({ kind: 'token', token: of.secret }, signal),
    await app.openSession({ kind: 'code', code: printed.code }, signal),
    await app.openSession({ kind: 'code', code: made.code }, signal),
  ];
  const secrets = [
    it.running.firstToken ?? assert.fail('no first token'),
    of.secret,
    printed.code,
    made.code,
    ...sessions.map((session) => session.secret),
  ];
  await it.restart();
  const ledger = JSON.stringify(await it.store.entries(0, 10_000, signal));
  assert.ok(ledger.includes('token-created') && ledger.includes(of.id));
  const files = (await readdir(it.directory)).map((name) => join(it.directory, name));
  const bytes = Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
  assert.ok(bytes.includes(of.id), 'the database is among the files');
  for (const secret of secrets) {
    assert.ok(secret.length >= 43);
    // Also without its prefix, and in part: a secret cut short would still be one.
    for (const part of [secret, secret.slice(-40), secret.slice(-20)]) {
      assert.equal(ledger.includes(part), false);
      assert.equal(bytes.includes(part), false);
    }
  }
});
