import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../../test/support/app-house.ts';
import type { DeploymentDetail } from '../api.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

async function deploy({ running }: House, environment: string, services: object): Promise<string> {
  const text = JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment, services });
  const wanted = { kind: 'document', document: { name: 'd.yaml', text }, base: null } as const;
  const input = { wanted, allowRemove: [], allowOlder: [], expectPlan: null, idempotencyKey: null };
  const answer = await running.app.deploy(actor, input, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer.deployment;
}

async function until(of: House, id: string, check: (detail: DeploymentDetail) => boolean): Promise<DeploymentDetail> {
  for (;;) {
    const detail = await of.running.app.deployment(id, signal);
    if (check(detail)) return detail;
    await clock.sleep(100, signal);
  }
}

const isEnded = ({ row }: DeploymentDetail) => row.phase === 'ended';

/** How many tasks of these environments are starting on fe at this moment. */
async function startingOn({ engine, running }: House, environments: readonly string[]): Promise<number> {
  const { installation } = running;
  const sightings = await Promise.all(
    environments.map((environment) => engine.observe({ installation, environment }, signal)),
  );
  const tasks = sightings.flatMap(({ workloads }) => workloads.flatMap((workload) => workload.tasks));
  return tasks.filter(({ wanted, state }) => wanted && (state === 'starting' || state === 'waiting')).length;
}

test('two environments share the starts of a cluster, also over a restart, and what waits says so', async () => {
  const environments = ['dev', 'test'];
  const it = await houses.house('environments: { dev: { clusters: [fe] }, test: { clusters: [fe] } }\n', {
    clusters: { fe: 'limits: { startsAtOnce: 2 }' },
  });
  const services = ['cart', 'catalog'];
  for (const service of services) await registerRelease(it, actor, { service, version: '1' }, signal);
  const spec = Object.fromEntries(services.map((service) => [service, { version: '1', replicas: 3 }]));
  const ids = await Promise.all(environments.map((environment) => deploy(it, environment, spec)));
  let most = 0;
  let isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      most = Math.max(most, await startingOn(it, environments));
      await clock.sleep(50, signal);
    }
  })();
  const holds = /^waits for starts on fe: [12] of 2 under way$/;
  const [first = ''] = ids;
  await until(it, first, (detail) => detail.holds.some((hold) => holds.test(hold)));
  assert.equal(it.running.starts().get('fe')?.most, 2);
  await it.restart();
  for (const id of ids) assert.equal((await until(it, id, isEnded)).row.outcome, 'succeeded');
  isOver = true;
  await sampling;
  assert.equal(most, 2);
  assert.equal(it.running.starts().get('fe')?.underWay, 0);
});

test('a cluster that is slow to answer keeps no other one of the same deployment waiting', async () => {
  const it = await houses.house('environments: { prod: { clusters: [fe, be] } }\n', {
    clusters: { fe: 'roles: [web]', be: 'roles: [web]' },
  });
  await registerRelease(it, actor, { service: 'cart', version: '1', extra: 'x-drayage: { role: web }\n' }, signal);
  it.engines.get('be')?.trouble({ delayMs: 60_000 });
  const id = await deploy(it, 'prod', { cart: '1' });
  const detail = await until(it, id, ({ entries }) => entries.some(({ kind }) => kind === 'step-verified'));
  assert.ok('steps' in detail.rollout);
  assert.equal(detail.rollout.steps['fe/cart/cart']?.kind, 'verified');
  assert.equal(detail.rollout.steps['be/cart/cart']?.kind, 'started');
  assert.equal(detail.progress.has('be/cart/cart'), false, 'be was seen before fe was done');
  it.engines.get('be')?.trouble({ delayMs: 0 });
  assert.equal((await until(it, id, isEnded)).row.outcome, 'succeeded');
});

test('more deployments than are driven at once while callers wait: all come to their end', async () => {
  const environments = Array.from({ length: 100 }, (_, index) => `env-${index}`);
  const it = await houses.house(
    `environments:\n${environments.map((name) => `  ${name}: { clusters: [fe] }\n`).join('')}`,
    { clusters: { fe: 'limits: { startsAtOnce: 40 }' } },
  );
  await registerRelease(it, actor, { service: 'cart', version: '1' }, signal);
  // 64 documents may wait to be read.
  const accept = async (names: readonly string[]) =>
    await Promise.all(names.map(async (environment) => await deploy(it, environment, { cart: '1' })));
  const ids = [...(await accept(environments.slice(0, 50))), ...(await accept(environments.slice(50)))];
  for (const id of ids) assert.equal((await until(it, id, isEnded)).row.outcome, 'succeeded');
});
