import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { label } from '../../engine/swarm/labels.ts';
import { deployBy } from './support/deployments.ts';
import { startGround, type Ground } from './support/ground.ts';
import { assertAnswers, containersOf, register, servicesOn } from './support/shop-floor.ts';

const signal = AbortSignal.timeout(150_000);
let ground: Ground;

before(async () => {
  ground = await startGround({ tags: ['one'], environments: { prod: '' }, signal });
  const image = ground.image('one').reference.replace(/@.*/, '');
  const lists = { 1: 'apples', 2: 'pears', 3: 'plums' } as const;
  for (const [version, list] of Object.entries(lists))
    await register(ground.server.client, { service: 'shop', version, image, list });
});

after(async () => await ground.stop());

async function run(version: string): Promise<void> {
  const { code, view } = await deployBy(ground.server, ['prod', '--set', `shop=${version}`, '--yes']);
  assert.equal(code, 0, `${view.outcome}: ${view.cause?.summary}`);
}

async function answers(expected: RegExp): Promise<void> {
  await assertAnswers(ground.engine.api, { environment: 'prod', service: 'shop', from: 'shop' }, expected);
}

test('with the machine lost, a backup is recovered against what the engine runs, which nothing overwrites unseen', async () => {
  const { server, directory, engine } = ground;
  const [data, backup] = [join(directory, 'data'), join(directory, 'backup.db')];
  await run('1');
  assert.equal((await server.dray(['backup', backup, '--data', data])).code, 0);
  await run('3');
  const [before] = await servicesOn(engine.api, 'prod');
  const running = await containersOf(engine.api, 'prod', 'shop');

  await server.kill();
  await rm(data, { recursive: true });
  const restored = await server.dray(['restore', backup, '--data', data]);
  assert.equal(restored.code, 0, restored.stderr);
  await server.start();
  const refused = await server.dray(['deploy', 'prod', '--set', 'shop=1', '--yes']);
  assert.deepEqual([refused.code, /dray recover/.test(refused.stderr)], [1, true]);
  const recovered = await server.dray(['recover', '--yes']);
  assert.equal(recovered.code, 0, recovered.stderr);
  assert.match(recovered.stdout, /prod on one: shop 3, written by d-[0-9a-f]+, which this ledger does not know/);
  assert.deepEqual([await servicesOn(engine.api, 'prod')], [[before]], 'a recovery writes to no engine');
  assert.deepEqual(await containersOf(engine.api, 'prod', 'shop'), running);
  await answers(/with plums/);

  await run('2');
  await answers(/with pears/);
  const [now] = await servicesOn(engine.api, 'prod');
  const generationOf = (of: typeof now) => Number(of?.Spec.Labels[label.generation]);
  assert.ok(generationOf(now) > generationOf(before) + 2 ** 31);
  // The key of before was lost with the machine: the one that followed is trusted because somebody says so.
  const [key = ''] = /drayage\/[0-9a-f]{16}\/1\+\S+/.exec(recovered.stdout) ?? [];
  const verified = await server.dray(['ledger', 'verify', '--file', data, '--key', key]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});
