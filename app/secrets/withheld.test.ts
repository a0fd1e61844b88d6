import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createHouses, testAdmin as actor, type House } from '../../test/support/app-house.ts';
import { canary } from '../../test/support/canary.ts';
import { back, rejectsWith, secretUses, to, type Wanted } from '../../test/support/secret-house.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const { set, release, plan, accept, begun, ended, deploy, versions, held } = secretUses(clock, signal);

const never = { restart: { all: 'never', services: {} } } as const;
const cartNever = { restart: { all: null, services: { cart: 'never' } } } as const;
const both: Wanted = { kind: 'change', environment: 'dev', set: { cart: '1', web: '1' } };

const house = async () => await houses.house('environments: { dev: { clusters: [fe] } }\n');

/** Who has which version of the secret, by what a list of secrets says. */
async function uses({ running }: House): Promise<Readonly<Record<string, readonly string[]>>> {
  const [listed] = await running.app.secrets('dev', signal);
  const known = listed?.uses ?? [];
  return Object.fromEntries(known.map(({ ref, services }) => [ref.kind === 'version' ? ref.version : '', services]));
}

const seen = async ({ running }: House) => await running.app.environment('dev', signal);

test('a withheld rotation leaves the service as it runs, all is well with it, and what restarts it takes the newest', async () => {
  const it = await house();
  await release(it, '1');
  await release(it, '2');
  await set(it, canary('first'));
  await deploy(it, to('1'));
  const ran = await seen(it);
  await set(it, canary('second'));
  const input = { wanted: to('1'), allowRemove: [], allowOlder: true, ...never } as const;
  const answer = await it.running.app.deploy(actor, { ...input, expectPlan: null, idempotencyKey: null }, signal);
  assert.equal(answer.kind, 'nothing-to-do');
  const { plan: withheld } = await plan(it, to('1'), never);
  assert.deepEqual([withheld.waves, withheld.changes], [[], {}]);
  assert.deepEqual(
    withheld.withheld?.map(({ service, secret, because }) => [service, secret, because]),
    [['cart', 'db-password', 'asked']],
  );
  assert.deepEqual([await versions(it), await uses(it)], [['1'], { 1: ['cart'] }]);
  const now = await seen(it);
  assert.deepEqual(now.components, ran.components);
  assert.deepEqual(
    now.components.map(({ health, settled }) => [health, settled]),
    [['healthy', true]],
  );
  assert.equal(now.olderSecrets.length, 1);

  const { plan: plain } = await plan(it, to('1'));
  assert.ok(plain.waves.flat()[0]?.notes.includes('secret db-password: version 1 -> 2'));
  assert.equal(plain.withheld, undefined);

  const { plan: taken } = await deploy(it, to('2'), never);
  assert.equal(taken.withheld, undefined);
  assert.deepEqual([await versions(it), await uses(it)], [['2'], { 2: ['cart'] }]);
  assert.deepEqual((await seen(it)).olderSecrets, []);
  await deploy(it, back);
  assert.deepEqual(await versions(it), ['1'], 'a rollback goes back to what ran');
});

test('the version that a service keeps stays on the engine, however often others take newer ones', async () => {
  const it = await house();
  await release(it, '1');
  await release(it, '1', { service: 'web' });
  await set(it, canary('first'));
  await deploy(it, both);
  const [first] = held(it);
  for (let round = 2; round <= 9; round++) {
    await set(it, canary(`round${round}`));
    await deploy(it, both, cartNever);
  }
  // Its own, and what a rollback of the other one reaches.
  while (held(it).length > 7) await clock.sleep(500, signal);
  assert.ok(first !== undefined && held(it).includes(first));
  assert.deepEqual([await versions(it), await uses(it)], [['1'], { 1: ['cart'], 9: ['web'] }]);
});

test('who has a version is told by its revocation, and a version that is revoked is withheld from nobody any more', async () => {
  const it = await house();
  await release(it, '1');
  await set(it, canary('first'));
  await deploy(it, to('1'));
  await set(it, canary('second'));
  const of = { environment: 'dev', secret: 'db-password', version: 1 };
  assert.deepEqual((await it.running.app.revokeSecret(actor, of, signal)).usedBy, ['cart']);
  assert.deepEqual((await it.running.app.revokeSecret(actor, of, signal)).usedBy, ['cart']);
  const { plan: planned } = await plan(it, to('1'), never);
  assert.equal(planned.withheld, undefined);
  assert.equal(planned.waves.flat().length, 1);
  await deploy(it, to('1'), never);
  assert.deepEqual([await versions(it), await uses(it)], [['2'], { 2: ['cart'] }]);
  assert.deepEqual((await it.running.app.revokeSecret(actor, of, signal)).usedBy, []);
});

test('a definition may say it once for all, and whoever plans goes before it', async () => {
  const it = await house();
  await release(it, '1', { more: 'x-drayage: { secrets: { password: { restart: never } } }\n' });
  await set(it, canary('first'));
  await deploy(it, to('1'));
  await set(it, canary('second'));
  const { plan: declared } = await plan(it, to('1'));
  assert.deepEqual(
    declared.withheld?.map(({ because }) => because),
    ['declared'],
  );
  await deploy(it, to('1'), { restart: { all: 'changed', services: {} } });
  assert.deepEqual(await versions(it), ['2']);
});

test('what another deployment is giving out is not taken back by one that withholds, and both end well', async () => {
  const it = await house();
  await release(it, '1');
  await set(it, canary('first'));
  await deploy(it, to('1'));
  await set(it, canary('second'));
  const first = await accept(it, to('1'));
  await begun(it, first);
  assert.deepEqual(await uses(it), { 1: ['cart'], 2: ['cart'] }, 'both may be there while it goes on');
  await set(it, canary('third'));
  const { plan: meanwhile } = await plan(it, to('1'), never);
  const told = meanwhile.withheld?.map(({ runs, newest }) =>
    [runs, newest].map((ref) => 'version' in ref && ref.version),
  );
  assert.deepEqual(told, [['2', '3']]);
  await ended(it, first, 'succeeded');
  assert.deepEqual((await plan(it, to('1'), never)).plan.waves, []);
  assert.deepEqual(await versions(it), ['2']);
});

test('a wish is refused of a service that does not run and of a rollback, and is part of what a key was used for', async () => {
  const it = await house();
  await release(it, '1');
  await release(it, '2');
  await set(it, canary('first'));
  await deploy(it, to('1'));
  const wrong = { restart: { all: null, services: { crat: 'never' } } } as const;
  await rejectsWith('request.invalid', () => plan(it, to('1'), wrong));
  await deploy(it, to('2'));
  await rejectsWith('request.invalid', () => plan(it, back, never));
  const asked = {
    wanted: to('1'),
    allowRemove: [],
    allowOlder: true,
    expectPlan: null,
    idempotencyKey: 'once',
  } as const;
  assert.equal((await it.running.app.deploy(actor, { ...asked, ...never }, signal)).kind, 'accepted');
  assert.equal((await it.running.app.deploy(actor, { ...asked, ...never }, signal)).kind, 'joined');
  await rejectsWith('request.key-reused', () => it.running.app.deploy(actor, asked, signal));
});
