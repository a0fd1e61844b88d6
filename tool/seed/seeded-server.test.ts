import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from '../../client/client.ts';
import { startSeededServer } from './seeded-server.ts';
import { makeWorld } from './world.ts';

test('a made-up world is the same each time, with as many names as asked', () => {
  const size = { services: 1_300, environments: 20, clusters: 4 };
  const world = makeWorld(size, 'registry.test');
  assert.deepEqual(makeWorld(size, 'registry.test').platform, world.platform);
  assert.equal(new Set(world.services).size, size.services);
  assert.equal(new Set(world.environments).size, size.environments);
  const specs = world.environments.map((environment) => JSON.stringify(world.spec(environment)));
  assert.ok(new Set(specs).size > 5, 'environments differ');
});

test('a seeded server shows what is well, what is ill, what moves and what waits', async () => {
  const signal = AbortSignal.timeout(100_000);
  const server = await startSeededServer({
    services: 24,
    environments: 4,
    clusters: 2,
    listen: { host: '127.0.0.1', port: 0 },
    data: null,
    tell: () => undefined,
    signal,
  });
  try {
    const client = createClient({ url: server.url, token: server.token });
    const { environments, services, total } = await client.call('overview', { query: { limit: 100 }, signal });
    assert.equal(total, 24);
    const moving = services.flatMap(({ cells }) =>
      cells.flatMap((cell, index) =>
        cell.moving === null ? [] : [`${environments[index]?.name} ${cell.moving.phase}`],
      ),
    );
    // One service is changed by both, and shows the one that is under way.
    assert.deepEqual(new Set(moving), new Set(['stage active']));
    const { items } = await client.call('listDeployments', { query: { limit: 50 }, signal });
    const ends = new Set(items.map(({ environment, phase, outcome }) => `${environment} ${outcome ?? phase}`));
    for (const end of ['dev rolled-back', 'test failed', 'stage active', 'stage queued', 'prod succeeded'])
      assert.ok(ends.has(end), `${end} is not among ${[...ends].join(', ')}`);
    const ill = async () => (await client.call('overview', { query: { health: 'degraded' }, signal })).total;
    while ((await ill()) === 0) await new Promise((resolve) => setTimeout(resolve, 200));
  } finally {
    await server.close();
  }
});
