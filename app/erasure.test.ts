import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { everywhere } from '../core/access.ts';
import { readEvent } from '../core/ledger.ts';
import { tokenCreated } from '../store/testing/samples.ts';
import { createHouses, registerRelease, testAdmin, type House } from '../test/support/app-house.ts';
import { codeOfAsync } from '../core/testing/code-of.ts';
import type { DeploymentDetail } from './api.ts';
import { createBlobs } from './blobs.ts';
import { createPlatformState } from './platform.ts';
import { eraseOld } from './retention.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const dayMs = 86_400_000;

/** A house in which a deployment has failed, and its excerpt is kept. */
async function houseWithFailure(ledger: string): Promise<{ readonly it: House; readonly id: string }> {
  const it = await houses.house(`environments: { dev: { clusters: [fe], stepDeadline: 30s } }\n${ledger}`);
  await registerRelease(it, testAdmin, { service: 'cart', version: '2-crash' }, signal);
  const wanted = { kind: 'change', environment: 'dev', set: { cart: '2-crash' } } as const;
  const input = { wanted, allowRemove: [], allowOlder: [], expectPlan: null, idempotencyKey: null };
  const answer = await it.running.app.deploy(testAdmin, input, signal);
  assert.ok(answer.kind === 'accepted');
  for (;;) {
    const { row } = await it.running.app.deployment(answer.deployment, signal);
    if (row.phase === 'ended') return { it, id: answer.deployment };
    await clock.sleep(300, signal);
  }
}

function excerptsOf({ excerpts }: DeploymentDetail): readonly string[] {
  return [...excerpts.values()].map((excerpt) => (excerpt === 'erased' ? excerpt : 'there'));
}

/** One look of the retention in a house, some days from now. */
async function lookIn({ store }: House, days: number, drives = true): Promise<number> {
  const platform = createPlatformState(store, createBlobs(store), null);
  const later = { ...clock, now: () => clock.now() + days * dayMs };
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return await eraseOld({ store, platform, clock: later, logger, drives: () => drives }, signal);
}

test('log excerpts of a deployment are erased by an admin, once, and it says so from then on', async () => {
  const { it, id } = await houseWithFailure('');
  const { app } = it.running;
  assert.deepEqual(excerptsOf(await app.deployment(id, signal)), ['there']);
  const operator = { ...testAdmin, role: 'operator' } as const;
  const order = { kind: 'logs', of: id } as const;
  assert.equal(await codeOfAsync(() => app.erase(operator, order, signal)), 'auth.not-allowed');
  const erased = await app.erase(testAdmin, order, signal);
  assert.equal(erased.contents, 1);
  const [entry] = (await app.entries((erased.receipt?.sequence ?? 0) - 1, 1, signal)).entries;
  assert.ok(entry !== undefined);
  assert.partialDeepStrictEqual(readEvent(entry), { kind: 'content-erased', reason: 'request' });
  assert.deepEqual([entry.stream, entry.actor], ['ledger', testAdmin.id]);
  assert.deepEqual(excerptsOf(await app.deployment(id, signal)), ['erased']);
  assert.deepEqual(await app.erase(testAdmin, order, signal), { contents: 0, receipt: null });
  await it.restart();
  assert.deepEqual(excerptsOf(await it.running.app.deployment(id, signal)), ['erased']);
  assert.equal(
    await codeOfAsync(() => it.running.app.erase(testAdmin, { kind: 'logs', of: 'd-none' }, signal)),
    'deployment.unknown',
  );
});

test('retention erases excerpts that are past their time, 90 days if nothing else is said, and no others', async () => {
  const { it, id } = await houseWithFailure('');
  assert.equal(await lookIn(it, 89), 0);
  assert.equal(await lookIn(it, 91, false), 0);
  assert.deepEqual(excerptsOf(await it.running.app.deployment(id, signal)), ['there']);
  assert.equal(await lookIn(it, 91), 1);
  assert.deepEqual(excerptsOf(await it.running.app.deployment(id, signal)), ['erased']);
  assert.equal(await lookIn(it, 91), 0);
  const { entries } = await it.store.entriesBefore(null, 1, { kind: 'content-erased' }, signal);
  assert.partialDeepStrictEqual(entries[0]?.payload, { reason: 'retention' });
  assert.equal(entries[0]?.actor, 'drayage');
});

test('the platform document says how long excerpts are kept, or that they are kept for ever', async () => {
  const short = await houseWithFailure('ledger: { retention: { logs: 2d } }\n');
  assert.deepEqual([await lookIn(short.it, 1), await lookIn(short.it, 3)], [0, 1]);
  const forever = await houseWithFailure('ledger: { retention: { logs: forever } }\n');
  assert.equal(await lookIn(forever.it, 40_000), 0);
});

test('the name of a token is erased everywhere, its sessions included, and the token goes on', async () => {
  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  const { app } = it.running;
  const input = { name: 'Ada Lovelace', role: 'viewer', scope: everywhere, expiresAt: null } as const;
  const { row, secret } = await app.createToken(testAdmin, input, signal);
  const session = await app.openSession({ kind: 'token', token: secret }, signal);
  assert.deepEqual([row.name, session.actor.name], ['Ada Lovelace', 'Ada Lovelace']);
  assert.equal((await app.actorNames([row.id], signal)).get(row.id), 'Ada Lovelace');
  const { entries } = await app.entries(0, 1_000, signal);
  assert.ok(!JSON.stringify(entries).includes('Ada'), 'no entry holds the name');
  const order = { kind: 'person', of: row.id } as const;
  assert.equal((await app.erase(testAdmin, order, signal)).contents, 1);
  assert.equal((await app.actorNames([row.id], signal)).get(row.id), '(erased)');
  assert.equal((await app.authenticate(secret, 'api', signal)).name, '(erased)');
  assert.equal((await app.authenticate(session.secret, 'session', signal)).name, '(erased)');
  const { items } = await app.tokens({}, { limit: 10 }, signal);
  assert.deepEqual(
    items.map(({ name }) => name),
    [null, null, 'first admin'],
  );
  const again = await app.openSession({ kind: 'token', token: secret }, signal);
  assert.equal(again.actor.name, '(erased)');
  assert.equal((await app.erase(testAdmin, order, signal)).contents, 0);
});

test('a name that an entry itself holds cannot be erased, and that is said', async () => {
  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  const entries = [{ actor: 'drayage', event: tokenCreated('t-old') }];
  await it.store.append({ appends: [{ stream: 'token/t-old', expectedVersion: 0, entries }] }, signal);
  const { app } = it.running;
  const codes = ['t-old', 't-none'].map((of) =>
    codeOfAsync(() => app.erase(testAdmin, { kind: 'person', of }, signal)),
  );
  assert.deepEqual(await Promise.all(codes), ['content.not-erasable', 'token.unknown']);
});
