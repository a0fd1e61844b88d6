import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isFault } from '../../core/fault.ts';
import { readEvent } from '../../core/ledger.ts';
import type { Workload } from '../../core/workload.ts';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../../test/support/app-house.ts';
import { canary } from '../../test/support/canary.ts';
import { createBlobs } from '../blobs.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const compose = (version: string) => `services:
  cart:
    image: registry.test/cart:${version}
    environment: { LEVEL: "\${LEVEL}" }
    configs: [{ source: conf, target: /conf }]
    secrets: [db-password]
    deploy: { update_config: { monitor: 1s } }
configs: { conf: { file: app.conf } }
secrets: { db-password: { external: true } }
x-drayage:
  needs: [catalog]
  templates: [conf]
  parameters: { LEVEL: { type: string } }
`;

async function release(it: House, version: string): Promise<void> {
  const files = new Map([['app.conf', Buffer.from(`version ${version}\nlevel \${LEVEL}\n`)]]);
  const of = {
    service: 'cart',
    version,
    compose: { name: 'compose.yaml', text: compose(version) },
    files,
    vars: {},
    meta: {},
  };
  await it.running.app.registerRelease(actor, of, signal);
  await registerRelease(it, actor, { service: 'catalog', version }, signal);
}

type Input = Parameters<House['running']['app']['plan']>[0];

const ask = (version: string, level: string): Input => {
  const text = `apiVersion: drayage/v1
kind: Deployment
environment: dev
services: { catalog: "${version}", cart: { version: "${version}", parameters: { LEVEL: ${level} } } }\n`;
  return {
    wanted: { kind: 'document', document: { name: 'dev.yaml', text }, base: null },
    allowRemove: [],
    allowOlder: true,
  };
};

const back: Input = { wanted: { kind: 'rollback', environment: 'dev', to: null }, allowRemove: [], allowOlder: true };

async function accept(it: House, input: Input): Promise<string> {
  const answer = await it.running.app.deploy(actor, { ...input, expectPlan: null, idempotencyKey: null }, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer.deployment;
}

async function endOf(it: House, id: string) {
  for (;;) {
    const detail = await it.running.app.deployment(id, signal);
    if (detail.row.phase === 'ended') return detail;
    await clock.sleep(100, signal);
  }
}

async function deploy(it: House, input: Input): Promise<void> {
  assert.equal((await endOf(it, await accept(it, input))).row.outcome, 'succeeded');
}

async function set(it: House, name: string): Promise<void> {
  const input = { environment: 'dev', secret: 'db-password', value: Buffer.from(canary(name)), base: null };
  await it.running.app.setSecret(actor, input, signal);
}

async function revoke(it: House, version: number): Promise<void> {
  await it.running.app.revokeSecret(actor, { environment: 'dev', secret: 'db-password', version }, signal);
}

/** Image, variable, content of the config and version of the secret, as the inventory has them; the catalog's image. */
async function runs({ store, running }: House) {
  const blobs = createBlobs(store);
  const workloads = new Map<string, Workload>();
  for (const { service, target } of await store.inventory('dev', signal))
    workloads.set(service, (await blobs.read('target', target, signal)).workload);
  const cart = workloads.get('cart');
  assert.ok(cart !== undefined);
  const { spec } = await running.app.environment('dev', signal);
  const secret = spec['cart']?.secrets?.['db-password'];
  return {
    images: [cart.image, workloads.get('catalog')?.image].map((image) => /:(\d)@/.exec(image ?? '')?.[1] ?? image),
    level: cart.variables['LEVEL'],
    config: Buffer.from(await blobs.bytes(cart.configs[0]?.content ?? '', signal)).toString(),
    secret: secret?.kind === 'version' ? secret.version : null,
    mounted: cart.secrets?.length,
  };
}

/** Two states that differ in everything; the second runs. */
async function twoStates() {
  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  await release(it, '1');
  await release(it, '2');
  await set(it, 'first');
  await deploy(it, ask('1', 'info'));
  const first = await runs(it);
  await set(it, 'second');
  await deploy(it, ask('2', 'debug'));
  const second = await runs(it);
  const differs = (Object.keys(first) as (keyof typeof first)[]).filter(
    (key) => String(first[key]) !== String(second[key]),
  );
  assert.deepEqual(differs, ['images', 'level', 'config', 'secret'], 'the two differ in everything that can');
  return { it, first, second };
}

test('a rollback brings back images, configs, parameters and versions of secrets together', async () => {
  const { it, first } = await twoStates();
  await deploy(it, back);
  assert.deepEqual(await runs(it), first);
});

test('where a version was revoked the rollback says so and nothing of it happens, also of services that need none', async () => {
  const { it, second } = await twoStates();
  await revoke(it, 1);
  for (const asked of [() => it.running.app.plan(back, signal), () => accept(it, back)]) {
    await assert.rejects(asked, (error) => {
      assert.ok(isFault(error, 'secret.revoked'), String(error));
      assert.match(`${error.message} ${JSON.stringify(error.facts)}`, /db-password/);
      assert.ok(error.next !== null);
      return true;
    });
  }
  assert.deepEqual(await runs(it), second);
});

test('a version that is revoked once the rollback is under way is still on the engine, and the rollback is whole', async () => {
  const { it, first } = await twoStates();
  const id = await accept(it, back);
  await revoke(it, 1);
  assert.equal((await endOf(it, id)).row.outcome, 'succeeded');
  assert.deepEqual(await runs(it), first);
});

test('one that no engine has any more, revoked under way, takes back what the rollback had changed already', async () => {
  const { it } = await twoStates();
  const oldest = (await it.running.app.revisions('dev', { limit: 10 }, signal)).items.at(-1)?.deployment ?? '';
  for (let round = 3; round <= 9; round++) {
    await set(it, `round${round}`);
    await deploy(it, ask('2', 'debug'));
  }
  const held = () => it.engine.objects('dev').filter((name) => name.startsWith('drayage-secret-')).length;
  while (held() > 6) await clock.sleep(500, signal);
  const before = await runs(it);
  const id = await accept(it, { ...back, wanted: { kind: 'rollback', environment: 'dev', to: oldest } });
  await revoke(it, 1);
  const { row, entries } = await endOf(it, id);
  assert.equal(row.outcome, 'rolled-back');
  const events = entries.map(readEvent);
  assert.ok(events.some((event) => event.kind === 'step-verified' && event.step === 'fe/catalog/catalog'));
  const failed = events.find((event) => event.kind === 'step-failed');
  assert.ok(failed?.kind === 'step-failed' && failed.step === 'fe/cart/cart');
  assert.match(JSON.stringify(failed.cause), /secret\.(?:revoked|gone).*db-password/);
  assert.deepEqual(await runs(it), before);
});
