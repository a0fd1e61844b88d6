import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behaviourByTag, type BehaviourOf } from './behaviour.ts';
import { createGround, inState, nodes, requestFor } from './testing/ground.ts';

const slow: BehaviourOf = (image) =>
  image.endsWith('-slowly-crashing')
    ? { kind: 'crashes', afterMs: 60_000, exitCode: 3, lines: [] }
    : behaviourByTag(image);

test('right after a write nothing has happened yet, and nothing is said of an update', async () => {
  const { apply, seen, pass } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2');
  const before = await seen();
  assert.deepEqual([before.updating, before.updatePaused, inState(before, 'running').length], [false, false, 3]);
  await pass(50);
  assert.equal((await seen()).updating, true);
});

test('a write that replaces no task is never said to be an update', async () => {
  const { apply, service, pass } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:1', { workload: { replicas: 5 } });
  await pass(10_000);
  assert.equal(service().update, 'none');
});

test('a write of fewer replicas and another image replaces only the slots that stay', async () => {
  const { apply, seen, pass } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2', {
    workload: { replicas: 1 },
    policy: { order: 'stop-first', parallelism: 2 },
  });
  await pass(30_000);
  assert.equal(inState(await seen(), 'running').length, 1);
});

test('an update that is through is completed, and the next write takes that back', async () => {
  const { apply, service, pass } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2');
  await pass(30_000);
  assert.equal(service().update, 'completed');
  await apply('shop/cart:2', { workload: { replicas: 1 } });
  assert.equal(service().update, 'none');
});

test('completed is weak: tasks that crash after the monitor time are no concern of it', async () => {
  const { apply, seen, service, pass } = createGround({ behaviour: slow });
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2-slowly-crashing');
  await pass(70_000);
  assert.equal(service().update, 'completed');
  assert.ok(inState(await seen(), 'failed').some(({ exitCode }) => exitCode === 3));
});

test('a paused update stays paused, and a task that ends meanwhile has a successor of the new object', async () => {
  const { apply, seen, pass, cluster, service } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2-sick');
  await pass(60_000);
  const paused = await seen();
  assert.equal(paused.updatePaused, true);
  const old = inState(paused, 'running');
  assert.equal(old.length, 2);
  assert.equal(cluster.crashTask(old[0]?.id ?? ''), true);
  await pass(60_000);
  const later = await seen();
  assert.deepEqual([later.updatePaused, inState(later, 'running').length], [true, 1]);
  await apply('shop/cart:2-sick', { generation: 2 });
  await pass(100);
  assert.equal(service().update, 'updating');
});

test('the status that the orchestrator writes makes a version stale, and the driver looks again', async () => {
  const { apply, pass, cluster, service } = createGround();
  const { manager } = cluster;
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2');
  const held = manager.inspect({ environment: 'dev', name: 'dev_cart_web' }, { byMs: 0, lacks: null });
  assert.ok(held !== null);
  await pass(1_000);
  assert.ok(service().version > held.version);
  assert.equal(manager.update('other', held, held.object), 'out-of-sequence');
  assert.equal(await apply('shop/cart:3'), 'updated');
});

test('of the objects before, only the last is remembered', async () => {
  const { apply, seen, pass } = createGround();
  const first = requestFor('shop/cart:1').target.hash;
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2');
  assert.ok((await seen()).tasks.every(({ workload }) => workload === first));
  await apply('shop/cart:3');
  assert.ok((await seen()).tasks.every(({ workload }) => workload !== first));
});

test('a slot keeps five tasks', async () => {
  const { apply, seen, pass } = createGround();
  await apply('shop/cart:1-crash', { workload: { replicas: 1 } });
  await pass(120_000);
  const { tasks } = await seen();
  assert.equal(tasks.length, 5);
  assert.ok(tasks.every(({ state, wanted }) => wanted === (state !== 'failed')));
});

test('only the first end of a task that the updater made counts, in shares of the slots that it replaces', async () => {
  const { apply, service, pass } = createGround();
  await apply('shop/cart:1', { workload: { replicas: 4 } });
  await pass(5_000);
  await apply('shop/cart:2-sick', { workload: { replicas: 4 }, policy: { maxFailureRatio: 0.5 } });
  // Two of four may fail, however often they are started again; the third is too many.
  await pass(11_500);
  assert.equal(service().update, 'updating');
  await pass(10_000);
  assert.equal(service().update, 'paused');
});

test('at no time are more slots replaced than the parallelism says, and the delay lies between them', async () => {
  const { apply, seen, pass, cluster } = createGround();
  const policy = { parallelism: 2, delayMs: 3_000 };
  await apply('shop/cart:1', { workload: { replicas: 6 }, policy });
  await pass(5_000);
  await apply('shop/cart:2', { workload: { replicas: 6 }, policy });
  for (let moment = 0; moment < 300; moment++) {
    await pass(50);
    assert.ok(inState(await seen(), 'running').length >= 4);
  }
  const made = cluster.inspect().tasks.filter(({ origin }) => origin === 'update');
  assert.equal(made.length, 6);
  const [first, second, third] = made.map(({ createdAtMs, healthyAtMs }) => ({
    createdAtMs,
    ranMs: healthyAtMs ?? NaN,
  }));
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.ok(third.createdAtMs - Math.min(first.ranMs, second.ranMs) >= policy.delayMs);
});

test('stop-first starts the new container only when the old one has ended', async () => {
  const { apply, pass, cluster } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  await apply('shop/cart:2');
  await pass(30_000);
  const { tasks } = cluster.inspect();
  for (const made of tasks.filter(({ origin }) => origin === 'update')) {
    const old = tasks.find((task) => task.slot === made.slot && task.stopAskedBy === 'update');
    assert.ok((made.startedAtMs ?? 0) >= (old?.endedAtMs ?? Infinity));
  }
});

test('start-first waits for ever where the old task holds the port of the node; stop-first does not', async () => {
  const { apply, seen, pass } = createGround({ nodes: nodes('a') });
  const ports = [{ target: 80, published: 8080, protocol: 'tcp', mode: 'host' }] as const;
  const wish = { workload: { replicas: 1, ports }, policy: { order: 'start-first' } } as const;
  await apply('shop/cart:1', wish);
  await pass(5_000);
  await apply('shop/cart:2', wish);
  await pass(600_000);
  const waiting = await seen();
  assert.match(
    inState(waiting, 'waiting')[0]?.message ?? '',
    /no suitable node \(host-mode port already in use on 1 node\)/,
  );
  assert.deepEqual([waiting.updating, inState(waiting, 'running').length], [true, 1]);
  await apply('shop/cart:3', { ...wish, policy: { order: 'stop-first' } });
  await pass(10_000);
  assert.ok(inState(await seen(), 'running').every(({ current }) => current));
});

test('a task waits while no node has what it reserves, and gets the room of one that ends', async () => {
  const one = { nanoCpus: 1e9, memoryBytes: null, pids: null };
  const small = { name: 'a', manager: true, labels: {}, capacity: { nanoCpus: 2e9 } };
  const { apply, seen, pass } = createGround({ nodes: [small] });
  await apply('shop/cart:1', { workload: { reservations: one } });
  await pass(5_000);
  const full = await seen();
  assert.deepEqual([inState(full, 'running').length, inState(full, 'waiting').length], [2, 1]);
  assert.match(inState(full, 'waiting')[0]?.message ?? '', /insufficient resources on 1 node/);
  await apply('shop/cart:1', { workload: { replicas: 2, reservations: one } });
  await pass(5_000);
  // The one that waited is the one that goes.
  assert.deepEqual(
    (await seen()).tasks.map(({ state }) => state),
    ['running', 'running'],
  );
});

test('a task without a node that is not wanted any more stays in the lists', async () => {
  const { apply, seen, pass } = createGround();
  const placement = { constraints: ['node.labels.nowhere==yes'], spreadOver: [], maxPerNode: null };
  await apply('shop/cart:1', { workload: { placement, replicas: 1 } });
  await pass(5_000);
  await apply('shop/cart:1', { workload: { replicas: 1 } });
  await pass(5_000);
  const left = inState(await seen(), 'waiting');
  assert.deepEqual(
    left.map(({ wanted, node }) => [wanted, node]),
    [[false, null]],
  );
});

test('running tasks that fit the changed constraints no more end within seconds', async () => {
  const { apply, seen, pass } = createGround({ nodes: nodes('a', 'b') });
  const wish = { policy: { parallelism: 1, delayMs: 60_000 } };
  await apply('shop/cart:1', wish);
  await pass(5_000);
  const placement = { constraints: ['node.hostname==a'], spreadOver: [], maxPerNode: null };
  await apply('shop/cart:1', { ...wish, workload: { placement } });
  await pass(5_000);
  assert.ok(inState(await seen(), 'running').every(({ node }) => node === 'a'));
  const nowhere = { constraints: ['node.hostname==c'], spreadOver: [], maxPerNode: null };
  await assert.rejects(apply('shop/cart:1', { workload: { placement: nowhere } }), /none of 2 satisfies/);
});

test('removal is asynchronous: tasks outlive the object, and go when they have ended', async () => {
  const { apply, look, remove, pass } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  assert.equal(await remove(), 'removed');
  const left = await look();
  assert.deepEqual([left?.engineId, left?.tombstone, left?.tasks.length], ['', true, 3]);
  await pass(200);
  assert.equal(await look(), undefined);
});

test('a limit asks for fewer tasks for now, and a later write without one for all', async () => {
  const { apply, seen, pass } = createGround();
  const limit = { replicas: 1, parallelism: 1 };
  assert.equal(await apply('shop/cart:1', { request: { limit } }), 'created');
  assert.equal(await apply('shop/cart:1', { request: { limit } }), 'unchanged');
  await pass(5_000);
  const limited = await seen();
  assert.deepEqual([limited.replicas, inState(limited, 'running').length], [1, 1]);
  const more = { replicas: 2, parallelism: 1 };
  assert.equal(await apply('shop/cart:1', { request: { limit: more } }), 'updated');
  await pass(5_000);
  assert.equal(inState(await seen(), 'running').length, 2);
  assert.equal(await apply('shop/cart:1'), 'updated');
  await pass(5_000);
  const whole = await seen();
  assert.deepEqual([whole.replicas, inState(whole, 'running').length], [3, 3]);
  assert.equal(whole.tasks[2]?.id, limited.tasks[0]?.id);
});

test('an image that cannot be pulled for a while runs when it can', async () => {
  const behaviour: BehaviourOf = (_image, { atMs }) =>
    atMs < 60_000 ? { kind: 'unpullable' } : { kind: 'healthy', afterMs: 500 };
  const { apply, seen, pass } = createGround({ behaviour });
  await apply('shop/cart:1');
  await pass(50_000);
  assert.ok(
    inState(await seen(), 'failed').every(
      ({ message, exitCode }) => /No such image/.test(message) && exitCode === null,
    ),
  );
  await pass(20_000);
  assert.equal(inState(await seen(), 'running').length, 3);
});

test('a slot is started again at most as often as the policy says, counted within its window', async () => {
  const made = async (restart: { maxAttempts: number; windowMs: number | null }) => {
    const { apply, cluster, pass } = createGround();
    const policy = { condition: 'any', delayMs: 500, ...restart } as const;
    await apply('shop/cart:1-crash', { workload: { replicas: 1, restart: policy } });
    await pass(60_000);
    return cluster.inspect().tasks.length;
  };
  assert.equal(await made({ maxAttempts: 2, windowMs: null }), 3);
  assert.ok((await made({ maxAttempts: 2, windowMs: 3_000 })) > 10);
});

test('what ended well is not started again on failure, and a slot that was given up is only replaced by another', async () => {
  const behaviour: BehaviourOf = () => ({ kind: 'finishes', afterMs: 1_000, lines: ['done'] });
  const { apply, cluster, engine, seen, pass } = createGround({ behaviour });
  const workload = {
    replicas: 1,
    restart: { condition: 'on-failure', delayMs: 0, maxAttempts: null, windowMs: null },
  } as const;
  await apply('shop/job:1', { workload });
  await pass(10_000);
  const [task] = (await seen()).tasks;
  assert.deepEqual([task?.state, task?.exitCode, task?.wanted], ['finished', 0, false]);
  const lines = await engine.taskLogs(task?.id ?? '', 5, new AbortController().signal);
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['done'],
  );
  await apply('shop/job:1', { workload, generation: 2 });
  await pass(10_000);
  assert.equal(cluster.inspect().tasks.length, 1);
  await apply('shop/job:2', { workload, generation: 3 });
  await pass(10_000);
  assert.equal(cluster.inspect().tasks.length, 2);
});
