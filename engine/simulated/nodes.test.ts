import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fits, readConstraint } from './node.ts';
import { createGround, inState, nodes } from './testing/ground.ts';

const three = nodes('a', 'b', 'c');

test('placement constraints are compared with the node', () => {
  const node = { name: 'a', manager: true, labels: { disk: 'ssd' } };
  const fitsAll = (...constraints: readonly string[]) => fits(node, constraints.map(readConstraint));
  assert.equal(fitsAll('node.role==manager', 'node.labels.disk == ssd'), true);
  assert.equal(fitsAll('node.hostname!=a'), false);
  assert.equal(fitsAll('node.labels.zone==1'), false);
  assert.equal(fitsAll('nonsense'), false);
});

test('tasks are spread over the nodes', async () => {
  const { apply, alive, pass } = createGround({ nodes: three });
  await apply('shop/cart:1', { workload: { replicas: 6 } });
  await pass(5_000);
  const counts = Map.groupBy(alive(), ({ node }) => node);
  assert.deepEqual(
    [...counts.values()].map(({ length }) => length),
    [2, 2, 2],
  );
});

test('tasks of a crashed node seem to run until its silence is noticed, and are replaced elsewhere then', async () => {
  const { apply, seen, alive, engine, cluster, pass } = createGround({ nodes: three });
  await apply('shop/cart:1');
  await pass(5_000);
  const lost = alive().find(({ node }) => node === 'b');
  assert.equal(cluster.takeNode('b', 'crash'), true);
  await pass(12_000);
  const unnoticed = await seen();
  assert.deepEqual([inState(unnoticed, 'running').length, alive().length], [3, 2]);
  await pass(1_100);
  const noticed = (await seen()).tasks.find(({ id }) => id === lost?.id);
  assert.deepEqual([noticed?.state, noticed?.wanted], ['running', false]);
  const { nodes: described } = await engine.describe(new AbortController().signal);
  assert.deepEqual(
    described.map(({ ready }) => ready),
    [true, false, true],
  );
  await pass(5_000);
  assert.equal(alive().length, 3);
  assert.ok(alive().every(({ node }) => node !== 'b'));
  assert.equal(cluster.inspect().tasks.find(({ id }) => id === lost?.id)?.endedBy, 'node-crash');
});

test('tasks of a node that was cut off run on as orphans, and end when it returns', async () => {
  const { apply, seen, alive, cluster, pass } = createGround({ nodes: three });
  await apply('shop/cart:1');
  await pass(5_000);
  cluster.takeNode('b', 'cut');
  await pass(20_000);
  assert.equal(alive().length, 4);
  assert.equal(alive().find(({ node }) => node === 'b')?.stopAskedBy, 'node-lost');
  assert.equal(cluster.returnNode('b'), true);
  await pass(1_000);
  assert.equal(alive().length, 3);
  assert.equal(inState(await seen(), 'stopped').length, 1);
});

test('a node that returns before its silence is noticed keeps its tasks, and a restarted one loses them', async () => {
  const { apply, alive, seen, cluster, pass } = createGround({ nodes: three });
  await apply('shop/cart:1');
  await pass(5_000);
  const before = alive().map(({ id }) => id);
  cluster.takeNode('b', 'cut');
  await pass(5_000);
  cluster.returnNode('b');
  await pass(20_000);
  assert.deepEqual(
    alive().map(({ id }) => id),
    before,
  );
  cluster.takeNode('b', 'crash');
  await pass(5_000);
  cluster.returnNode('b');
  await pass(10);
  assert.equal(inState(await seen(), 'failed')[0]?.exitCode, 255);
  await pass(5_000);
  assert.equal(inState(await seen(), 'running').length, 3);
});

test('what was placed on a node that is away, and not yet noticed, starts elsewhere later', async () => {
  const { apply, alive, cluster, pass } = createGround({ nodes: nodes('a', 'b') });
  cluster.takeNode('b', 'crash');
  await apply('shop/cart:1', { workload: { replicas: 2 } });
  await pass(10_000);
  assert.equal(alive().length, 1);
  await pass(10_000);
  assert.deepEqual(
    alive().map(({ node }) => node),
    ['a', 'a'],
  );
});

test('a removed service keeps its tasks on an unreachable node until that returns', async () => {
  const { apply, look, remove, cluster, pass } = createGround({ nodes: nodes('a', 'b') });
  await apply('shop/cart:1', { workload: { replicas: 2 } });
  await pass(5_000);
  cluster.takeNode('b', 'cut');
  await pass(20_000);
  await remove();
  await pass(60_000);
  assert.deepEqual(
    (await look())?.tasks.map(({ node, wanted }) => [node, wanted]),
    [['b', false]],
  );
  cluster.returnNode('b');
  await pass(1_000);
  assert.equal(await look(), undefined);
});

test('a global service has one task on each node that fits, also on one that returns', async () => {
  const { apply, alive, seen, cluster, pass } = createGround({ nodes: three });
  const placement = { constraints: ['node.hostname!=c'], spreadOver: [], maxPerNode: null };
  await apply('shop/agent:1', { workload: { mode: 'global', replicas: 1, placement } });
  await pass(5_000);
  assert.deepEqual(
    alive().map(({ node }) => node),
    ['a', 'b'],
  );
  cluster.takeNode('b', 'crash');
  await pass(20_000);
  assert.deepEqual(
    alive().map(({ node }) => node),
    ['a'],
  );
  cluster.returnNode('b');
  await pass(5_000);
  assert.deepEqual(
    alive().map(({ node }) => node),
    ['a', 'b'],
  );
  await apply('shop/agent:2', { workload: { mode: 'global', replicas: 1, placement } });
  await pass(10_000);
  assert.deepEqual(
    alive().map(({ node, image }) => `${node} ${image}`),
    ['a shop/agent:2', 'b shop/agent:2'],
  );
  assert.ok((await seen()).tasks.every(({ name }) => /^dev_cart_web\.[ab]$/.test(name)));
});

test('a task can be made to crash, once', async () => {
  const { apply, alive, seen, cluster, pass } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  const victim = alive()[0]?.id ?? '';
  assert.equal(cluster.crashTask(victim), true);
  assert.equal(cluster.crashTask(victim), false);
  assert.deepEqual(
    inState(await seen(), 'failed').map(({ id, exitCode }) => [id, exitCode]),
    [[victim, 137]],
  );
  await pass(5_000);
  assert.equal(inState(await seen(), 'running').length, 3);
});

test('an update waits for ever for a task that was lost with its node, until the same is written once more', async () => {
  const { apply, alive, seen, service, cluster, pass } = createGround({ nodes: three });
  await apply('shop/cart:1', { workload: { replicas: 4 } });
  await pass(5_000);
  await apply('shop/cart:2', { workload: { replicas: 4 } });
  await pass(400);
  const made = cluster.inspect().tasks.find(({ origin }) => origin === 'update');
  cluster.takeNode(made?.node ?? '', 'crash');
  await pass(120_000);
  const stuck = await seen();
  assert.deepEqual([stuck.updating, stuck.stalled], [true, true]);
  assert.equal(await apply('shop/cart:2', { workload: { replicas: 4 } }), 'updated');
  await pass(20_000);
  assert.deepEqual([service().update, (await seen()).stalled], ['completed', undefined]);
  assert.deepEqual(new Set(alive().map(({ image }) => image)), new Set(['shop/cart:2']));
  assert.equal(await apply('shop/cart:2', { workload: { replicas: 4 } }), 'unchanged');
});

test('a slot whose old task was lost while the new one started has one task in the end', async () => {
  const { apply, alive, cluster, pass } = createGround({ nodes: three });
  const startFirst = { workload: { replicas: 4 }, policy: { order: 'start-first' } } as const;
  await apply('shop/cart:1', startFirst);
  await pass(5_000);
  cluster.takeNode('a', 'crash');
  await pass(12_000);
  await apply('shop/cart:2', startFirst);
  await pass(120_000);
  assert.deepEqual(
    alive()
      .map(({ slot, image }) => `${slot} ${image}`)
      .toSorted(),
    ['1 shop/cart:2', '2 shop/cart:2', '3 shop/cart:2', '4 shop/cart:2'],
  );
});
