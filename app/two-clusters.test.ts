import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readEvent } from '../core/ledger.ts';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../test/support/app-house.ts';
import type { DeploymentDetail } from './api.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const clusters = {
  fe: 'roles: [front-end], address: 10.0.0.4',
  be: 'roles: [back-end], address: 10.0.0.5',
};
const environments = 'environments:\n  prod: { clusters: [fe, be], waves: [[be], [fe]], stepDeadline: 30s }\n';
const traits = {
  catalog: '    ports: ["8081:8081"]\nx-drayage: { role: back-end, export: true }\n',
  site: 'x-drayage: { role: front-end, needs: [catalog] }\n',
};

/** The first version of both services runs, the second one is registered: that of the site does what its tag says. */
async function shop(blindBudgetMs = 60_000, second = '2'): Promise<House> {
  const it = await houses.house(environments, { clusters, blindBudgetMs });
  for (const [service, extra] of Object.entries(traits)) {
    await registerRelease(it, actor, { service, version: '1', extra }, signal);
  }
  await registerRelease(it, actor, { service: 'catalog', version: '2', extra: traits.catalog }, signal);
  await registerRelease(it, actor, { service: 'site', version: second, extra: traits.site }, signal);
  assert.equal((await ended(it, await deploy(it, { catalog: '1', site: '1' }))).row.outcome, 'succeeded');
  return it;
}

async function deploy(it: House, set: Record<string, string>): Promise<string> {
  const wanted = { kind: 'change', environment: 'prod', set } as const;
  const input = { wanted, allowRemove: [], allowOlder: [], expectPlan: null, idempotencyKey: null };
  const answer = await it.running.app.deploy(actor, input, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer.deployment;
}

async function ended(it: House, id: string): Promise<DeploymentDetail> {
  for (;;) {
    const detail = await it.running.app.deployment(id, signal);
    if (detail.row.phase === 'ended') return detail;
    await clock.sleep(300, signal);
  }
}

/** `start be/catalog`, `verify be/catalog`, `back be/catalog`: the steps of a deployment in the order of the ledger. */
async function order(it: House, id: string): Promise<readonly string[]> {
  const words = {
    'step-started': 'start',
    'step-verified': 'verify',
    'revert-started': 'back',
    'revert-verified': 'is back',
  };
  const { entries } = await it.running.app.entries(0, 1000, signal);
  return entries.flatMap((entry) => {
    const event = readEvent(entry);
    if (!('deployment' in event) || event.deployment !== id || !('spot' in event)) return [];
    const word = Object.entries(words).find(([kind]) => kind === event.kind)?.[1];
    return word === undefined ? [] : [`${word} ${event.spot.cluster}/${event.spot.service}`];
  });
}

const versions = async ({ running }: House) =>
  Object.fromEntries(
    (await running.app.environment('prod', signal)).components.map((it) => [`${it.cluster}/${it.service}`, it.release]),
  );

test('a plan over two clusters has one outcome: what fails on the second is rolled back on both, in reverse order', async () => {
  const it = await shop(60_000, '2-crash');
  const id = await deploy(it, { catalog: '2', site: '2-crash' });
  const { row, rollout } = await ended(it, id);
  assert.equal(row.outcome, 'rolled-back');
  assert.ok(rollout.phase === 'ended' && rollout.cause?.kind === 'task-failed');
  assert.equal(rollout.cause.step, 'fe/site/site');
  assert.deepEqual(await order(it, id), [
    'start be/catalog',
    'verify be/catalog',
    'start fe/site',
    'back fe/site',
    'is back fe/site',
    'back be/catalog',
    'is back be/catalog',
  ]);
  assert.deepEqual(await versions(it), { 'be/catalog': '1', 'fe/site': '1' });
  assert.deepEqual(it.errors, []);
});

test('a deployment on one cluster ends as usual while another cannot be reached', async () => {
  const it = await shop();
  it.engines.get('fe')?.trouble({ unreachable: true });
  const { row } = await ended(it, await deploy(it, { catalog: '2' }));
  assert.equal(row.outcome, 'succeeded');
  assert.equal((await versions(it))['be/catalog'], '2');
});

test('a deployment over both says why it waits, goes on when the cluster is back, and succeeds', async () => {
  const it = await shop();
  const fe = it.engines.get('fe');
  assert.ok(fe);
  fe.trouble({ unreachable: true });
  const id = await deploy(it, { catalog: '2', site: '2' });
  const waits = async () => (await it.running.app.deployment(id, signal)).holds.join();
  while (!/fe/.test(await waits())) await clock.sleep(300, signal);
  fe.trouble({ unreachable: false });
  const { row } = await ended(it, id);
  assert.equal(row.outcome, 'succeeded');
  assert.deepEqual(await versions(it), { 'be/catalog': '2', 'fe/site': '2' });
});

test('a cluster that stays away longer than its budget is named as unknown, and the other is taken back', async () => {
  const it = await shop(3_000);
  it.engines.get('fe')?.trouble({ unreachable: true });
  const id = await deploy(it, { catalog: '2', site: '2' });
  const { row, rollout } = await ended(it, id);
  assert.equal(row.outcome, 'rollback-failed');
  assert.ok(rollout.phase === 'ended' && rollout.cause?.kind === 'engine-unreachable');
  assert.equal(rollout.cause.cluster, 'fe');
  assert.deepEqual(rollout.unknown, ['fe/site/site']);
  assert.deepEqual((await order(it, id)).slice(-2), ['back be/catalog', 'is back be/catalog']);
  assert.equal((await versions(it))['be/catalog'], '1');
});
