import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { codeOfAsync } from '../core/testing/code-of.ts';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../test/support/app-house.ts';
import type { DeployAnswer, PlanInput } from './api.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
after(() => houses.close());

/** `cart` 1 runs, and versions that crash or not may come; so may `site` 1. */
async function house(waiting = 'queue'): Promise<House> {
  const it = await houses.house(`environments:\n  dev: { clusters: [fe], waiting: ${waiting}, stepDeadline: 30s }\n`);
  for (const version of ['1', '2-crash', '2', '3', '4-crash'])
    await registerRelease(it, actor, { service: 'cart', version }, signal);
  await registerRelease(it, actor, { service: 'site', version: '1' }, signal);
  assert.equal(await outcomeOf(it, await accepted(it, set({ cart: '1' }))), 'succeeded');
  return it;
}

const set = (versions: Record<string, string>, of: Partial<PlanInput> = {}): PlanInput => ({
  wanted: { kind: 'change', environment: 'dev', set: versions },
  allowRemove: [],
  allowOlder: [],
  ...of,
});

const document = (services: Record<string, unknown>, of: Partial<PlanInput> = {}): PlanInput => ({
  ...set({}, of),
  wanted: {
    kind: 'document',
    document: {
      name: 'dev.yaml',
      text: JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment: 'dev', services }),
    },
    base: null,
  },
});

async function deploy({ running }: House, input: PlanInput, key: string | null = null): Promise<DeployAnswer> {
  return await running.app.deploy(actor, { ...input, expectPlan: null, idempotencyKey: key }, signal);
}

async function accepted(it: House, input: PlanInput): Promise<string> {
  const answer = await deploy(it, input);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer.deployment;
}

async function outcomeOf({ running }: House, id: string): Promise<string | null> {
  for (;;) {
    const { row } = await running.app.deployment(id, signal);
    if (row.phase === 'ended') return row.outcome;
    await houses.clock.sleep(300, signal);
  }
}

async function runs({ running }: House): Promise<Record<string, string>> {
  const { components } = await running.app.environment('dev', signal);
  return Object.fromEntries(components.map((one) => [one.service, one.release]));
}

test('deployments of one service in quick succession are each planned on the one before, and all succeed', async () => {
  const it = await house();
  const second = await accepted(it, set({ cart: '2' }));
  const third = await accepted(it, set({ cart: '3' }));
  const { plan } = await it.running.app.deployment(third, signal);
  assert.deepEqual(
    plan.waves.flat().map(({ fromRelease, toRelease }) => [fromRelease, toRelease]),
    [['2', '3']],
  );
  assert.equal(await outcomeOf(it, second), 'succeeded');
  assert.equal(await outcomeOf(it, third), 'succeeded');
  assert.deepEqual(await runs(it), { cart: '3' });
  assert.deepEqual(it.errors, []);
});

test('what was planned on one that does not succeed is refused, for something else runs', async () => {
  const it = await house();
  const second = await accepted(it, set({ cart: '2-crash' }));
  const third = await accepted(it, set({ cart: '3' }));
  assert.equal(await outcomeOf(it, second), 'rolled-back');
  assert.equal(await outcomeOf(it, third), 'refused');
  assert.deepEqual(await runs(it), { cart: '1' });
});

test('what is asked twice is done once: the second joins the first, be it a change or a whole document', async () => {
  const it = await house();
  const first = await accepted(it, set({ cart: '2' }));
  for (const input of [set({ cart: '2' }), document({ cart: '2' })]) {
    const answer = await deploy(it, input);
    assert.deepEqual([answer.kind, 'deployment' in answer && answer.deployment], ['joined', first]);
  }
  const keyed = await deploy(it, set({ cart: '2' }), 'a key of its own');
  assert.deepEqual([keyed.kind, 'deployment' in keyed && keyed.deployment], ['joined', first]);
  assert.equal(await outcomeOf(it, first), 'succeeded');
  assert.equal((await deploy(it, set({ cart: '2' }))).kind, 'nothing-to-do');
});

test('a change of what is on its way keeps the rest of it', async () => {
  const it = await house();
  await accepted(it, document({ cart: { version: '2', replicas: 3 } }));
  const third = await accepted(it, set({ cart: '3' }));
  assert.equal(await outcomeOf(it, third), 'succeeded');
  const { spec } = await it.running.app.environment('dev', signal);
  assert.deepEqual([spec['cart']?.version, spec['cart']?.replicas], ['3', 3]);
});

test('going back to what runs, while something newer is on its way, is confirmed and then done', async () => {
  const it = await house();
  const second = await accepted(it, set({ cart: '2' }));
  assert.equal(await codeOfAsync(() => deploy(it, set({ cart: '1' }))), 'spec.older');
  const back = await accepted(it, set({ cart: '1' }, { allowOlder: ['cart'] }));
  assert.equal(await outcomeOf(it, second), 'succeeded');
  assert.equal(await outcomeOf(it, back), 'succeeded');
  assert.deepEqual(await runs(it), { cart: '1' });
});

test('a document that does not name what is only on its way leaves it alone', async () => {
  const it = await house();
  const site = await accepted(it, set({ site: '1' }));
  const cart = await accepted(it, document({ cart: '2' }));
  assert.deepEqual([await outcomeOf(it, site), await outcomeOf(it, cart)], ['succeeded', 'succeeded']);
  assert.deepEqual(await runs(it), { cart: '2', site: '1' });
});

test('what is planned behind a removal creates it anew', async () => {
  const it = await house();
  assert.equal(await outcomeOf(it, await accepted(it, set({ site: '1' }))), 'succeeded');
  const removal = await accepted(it, document({ cart: '1' }, { allowRemove: ['site'] }));
  const anew = await accepted(it, set({ site: '1' }));
  const { plan } = await it.running.app.deployment(anew, signal);
  assert.deepEqual(
    plan.waves.flat().map(({ change }) => change.kind),
    ['create'],
  );
  assert.deepEqual([await outcomeOf(it, removal), await outcomeOf(it, anew)], ['succeeded', 'succeeded']);
  assert.deepEqual(await runs(it), { cart: '1', site: '1' });
});

test('what is to be cancelled before it begins is not built upon', async () => {
  const it = await house();
  const second = await accepted(it, set({ cart: '2' }));
  const third = await accepted(it, set({ cart: '3' }));
  await it.running.app.cancel(actor, third, false, signal);
  const last = await accepted(it, set({ cart: '4-crash' }));
  const { plan } = await it.running.app.deployment(last, signal);
  assert.deepEqual(
    plan.waves.flat().map(({ fromRelease }) => fromRelease),
    ['2'],
  );
  assert.deepEqual([await outcomeOf(it, second), await outcomeOf(it, third)], ['succeeded', 'cancelled']);
  assert.equal(await outcomeOf(it, last), 'rolled-back');
  assert.deepEqual(await runs(it), { cart: '2' });
});

test('a plan says on what it builds, and what is on its way already', async () => {
  const it = await house();
  const second = await accepted(it, set({ cart: '2' }));
  const next = await it.running.app.plan(set({ cart: '3' }), signal);
  assert.deepEqual(next.waitsFor, [second]);
  assert.deepEqual(next.warnings, [
    `Planned as if ${second}, which changes cart, had ended: refused should that not succeed.`,
  ]);
  const same = await it.running.app.plan(set({ cart: '2' }), signal);
  assert.deepEqual(same.plan.waves, []);
  assert.deepEqual(same.warnings, [`On its way already: ${second}, which changes cart.`]);
});

test('one that may deploy a service alone joins what brings it among others', async () => {
  const it = await house();
  const both = await accepted(it, set({ cart: '2', site: '1' }));
  const limited = { ...actor, role: 'developer', scope: { environments: ['dev'], services: ['cart'] } } as const;
  const asked = { ...set({ cart: '2' }), expectPlan: null, idempotencyKey: null };
  const answer = await it.running.app.deploy(limited, asked, signal);
  assert.deepEqual([answer.kind, 'deployment' in answer && answer.deployment], ['joined', both]);
});

test('where waiting ones are superseded, the newest is planned on what is under way alone', async () => {
  const it = await house('supersede');
  const second = await accepted(it, set({ cart: '2' }));
  while ((await it.running.app.deployment(second, signal)).row.phase === 'queued') await houses.clock.sleep(50, signal);
  const third = await accepted(it, set({ cart: '4-crash' }));
  const last = await accepted(it, set({ cart: '3' }));
  assert.equal(await outcomeOf(it, third), 'superseded');
  assert.deepEqual([await outcomeOf(it, second), await outcomeOf(it, last)], ['succeeded', 'succeeded']);
  assert.deepEqual(await runs(it), { cart: '3' });
});
