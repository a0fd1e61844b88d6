import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../core/fault.ts';
import { connect } from './connection.ts';
import type { EngineCall, FaultChoice, FaultPolicy } from './faults.ts';
import { createGround, inState, never, requestFor } from './testing/ground.ts';

const none: FaultChoice = { kind: 'none' };

/** Trouble for the first request of a kind, from the moment on that it is armed. */
function once(request: EngineCall['request'], choice: FaultChoice): { readonly policy: FaultPolicy; arm(): void } {
  let isArmed = false;
  return {
    arm() {
      isArmed = true;
    },
    policy(call) {
      if (!isArmed || call.request !== request) return none;
      isArmed = false;
      return choice;
    },
  };
}

function armed(request: EngineCall['request'], choice: FaultChoice): FaultPolicy {
  const trouble = once(request, choice);
  trouble.arm();
  return trouble.policy;
}

const isUnreachable = (cause: unknown) => isFault(cause, 'engine.unreachable');

test('an answer that is lost may have been carried out, or not', async () => {
  const applied = createGround({ faults: armed('create', { kind: 'lost', applied: true, hangs: false }) });
  await assert.rejects(applied.apply('shop/cart:1'), isUnreachable);
  assert.equal(await applied.apply('shop/cart:1'), 'unchanged');
  const lost = createGround({ faults: armed('create', { kind: 'lost', applied: false, hangs: false }) });
  await assert.rejects(lost.apply('shop/cart:1'), isUnreachable);
  assert.equal(await lost.apply('shop/cart:1'), 'created');
});

test('where nothing is heard at all, the request ends after 30 s, or with its signal', async () => {
  const hangs: FaultChoice = { kind: 'lost', applied: false, hangs: true };
  const { apply, pass } = createGround({ faults: armed('create', hangs) });
  let isOver = false;
  const ended = assert.rejects(apply('shop/cart:1'), isUnreachable).then(() => {
    isOver = true;
  });
  await pass(29_000);
  assert.equal(isOver, false);
  await pass(1_000);
  await ended;
  const { engine } = createGround({ faults: armed('create', hangs) });
  const caller = new AbortController();
  const applying = engine.apply(requestFor('shop/cart:1'), caller.signal);
  const reason = new Error('the caller went away');
  caller.abort(reason);
  await assert.rejects(applying, reason);
});

test('a delayed write arrives although its caller has given up', async () => {
  const { engine, clock, look, pass } = createGround({
    faults: armed('create', { kind: 'delayed', requestMs: 20_000, answerMs: 0 }),
  });
  const applying = assert.rejects(engine.apply(requestFor('shop/cart:1'), clock.timeout(5_000)));
  await pass(10_000);
  await applying;
  assert.equal(await look(), undefined);
  await pass(10_000);
  assert.equal((await look())?.replicas, 3);
});

test('a delayed answer comes late, and tells what was when the request arrived', async () => {
  const trouble = once('list', { kind: 'delayed', requestMs: 0, answerMs: 10_000 });
  const { apply, look, pass } = createGround({ faults: trouble.policy });
  await apply('shop/cart:1');
  await pass(10);
  trouble.arm();
  const looking = look();
  await pass(10_000);
  assert.equal(inState((await looking) ?? assert.fail(), 'running').length, 0);
});

test('a late write of an older driver finds another version, and changes nothing', async () => {
  const trouble = once('update', { kind: 'delayed', requestMs: 20_000, answerMs: 0 });
  const { cluster, clock, apply, service, pass } = createGround();
  await apply('shop/cart:1');
  await pass(5_000);
  const old = connect(cluster, { clock, connection: 'old', faults: trouble.policy });
  trouble.arm();
  const late = assert.rejects(old.apply(requestFor('shop/cart:2'), never), (cause) => isFault(cause, 'engine.fenced'));
  await pass(1_000);
  await apply('shop/cart:3', { generation: 2 });
  await pass(30_000);
  await late;
  assert.equal(service().generation, 2);
  assert.deepEqual(
    cluster.inspect().writes.map(({ connection, effect }) => [connection, effect]),
    [
      ['1', 'applied'],
      ['1', 'applied'],
      ['old', 'refused'],
    ],
  );
});

test('of a write that is delivered twice only one takes effect, whichever answer comes back', async () => {
  for (const answer of ['first', 'second'] as const) {
    const trouble = once('update', { kind: 'repeated', afterMs: 0, answer });
    const { apply, cluster, pass } = createGround({ faults: trouble.policy });
    await apply('shop/cart:1');
    await pass(5_000);
    trouble.arm();
    const applying = apply('shop/cart:2');
    await pass(1_000);
    assert.equal(await applying, answer === 'first' ? 'updated' : 'unchanged');
    const effects = cluster.inspect().writes.map(({ effect }) => effect);
    assert.deepEqual(effects, ['applied', 'applied', 'refused']);
  }
});

test('status 500 is no word on whether the write was carried out', async () => {
  const { apply } = createGround({ faults: armed('create', { kind: 'failed', applied: true }) });
  await assert.rejects(apply('shop/cart:1'), isUnreachable);
  assert.equal(await apply('shop/cart:1'), 'unchanged');
});

test('an engine that cannot be reached runs on', async () => {
  const { apply, look, cluster, alive, pass } = createGround();
  await apply('shop/cart:1');
  cluster.setReachable(false);
  await assert.rejects(look(), isUnreachable);
  await pass(5_000);
  assert.equal(alive().length, 3);
  cluster.setReachable(true);
  assert.equal(inState((await look()) ?? assert.fail(), 'running').length, 3);
});

test('a stale sighting tells what was, and says that it is complete', async () => {
  let byMs = 0;
  const faults: FaultPolicy = () => ({ kind: 'stale', byMs });
  const { apply, sighting, remove, pass } = createGround({ faults, rememberMs: 60_000 });
  await apply('shop/cart:1');
  await pass(10_000);
  await remove();
  await pass(10_000);
  const runningAgo = async (ms: number) => {
    byMs = ms;
    const { complete, workloads } = await sighting();
    assert.equal(complete, true);
    return workloads.flatMap((seen) => inState(seen, 'running')).length;
  };
  assert.deepEqual(
    [await runningAgo(0), await runningAgo(10_500), await runningAgo(19_900), await runningAgo(25_000)],
    [0, 3, 0, 0],
  );
});

test('a write that follows from a stale look finds another version, and looks again', async () => {
  const trouble = once('inspect', { kind: 'stale', byMs: 10_000 });
  const { apply, service, pass } = createGround({ faults: trouble.policy, rememberMs: 60_000 });
  await apply('shop/cart:1');
  await pass(15_000);
  await apply('shop/cart:2');
  await pass(5_000);
  trouble.arm();
  const applying = apply('shop/cart:3');
  await pass(1_000);
  assert.equal(await applying, 'updated');
  assert.equal(service().workload, requestFor('shop/cart:3').target.hash);
});

test('an incomplete sighting says so, whatever it lacks', async () => {
  let choice: FaultChoice = none;
  const { apply, sighting, pass } = createGround({ faults: () => choice });
  await apply('shop/cart:1');
  await pass(5_000);
  choice = { kind: 'incomplete', lacks: 'tasks' };
  const withoutTasks = await sighting();
  assert.deepEqual([withoutTasks.complete, withoutTasks.workloads[0]?.tasks], [false, []]);
  choice = { kind: 'incomplete', lacks: 'services' };
  const withoutServices = await sighting();
  assert.deepEqual([withoutServices.complete, withoutServices.workloads[0]?.engineId], [false, '']);
  assert.match(withoutServices.gaps[0] ?? '', /could not be read/);
});

test('hints get lost, come late and come twice', async () => {
  const told = async (choice: FaultChoice) => {
    const { apply, engine, pass } = createGround({ faults: ({ request }) => (request === 'hint' ? choice : none) });
    const life = new AbortController();
    let count = 0;
    const reading = (async () => {
      for await (const _hint of engine.hints(life.signal)) count += 1;
    })();
    await pass(0);
    await apply('shop/cart:1');
    const counts: number[] = [];
    for (const ms of [10, 1_990, 60_000]) {
      await pass(ms);
      counts.push(count);
    }
    life.abort();
    await reading;
    return counts;
  };
  const [, , usual] = await told(none);
  assert.ok(usual !== undefined && usual > 2);
  assert.deepEqual(await told({ kind: 'lost', applied: false, hangs: false }), [1, 1, 1]);
  const [early, soon, late] = await told({ kind: 'delayed', requestMs: 5_000, answerMs: 0 });
  assert.deepEqual([early, soon], [1, 1]);
  assert.ok(late !== undefined && late > 1);
  const [, , twice] = await told({ kind: 'repeated', afterMs: 0, answer: 'first' });
  assert.ok(twice !== undefined && twice > usual);
});

test('hints end with a fault when the engine is cut off', async () => {
  const { engine, pass } = createGround();
  const hints = engine.hints(never)[Symbol.asyncIterator]();
  await hints.next();
  const next = assert.rejects(hints.next(), isUnreachable);
  engine.trouble({ unreachable: true });
  await pass(10_000);
  await next;
});

test('two connections lead to the same cluster, each with its own trouble', async () => {
  const { apply, look, cluster, clock } = createGround();
  const other = connect(cluster, { clock, connection: 'other' });
  other.trouble({ unreachable: true });
  await assert.rejects(look(other), isUnreachable);
  await apply('shop/cart:1');
  other.trouble({ unreachable: false });
  assert.equal((await look(other))?.service, 'cart');
  const [write] = cluster.inspect().writes;
  assert.deepEqual([write?.connection, write?.request, write?.generation], ['1', 'create', 1]);
});

test('a tombstone stays when its driver dies before the removal, and the next driver makes another object', async () => {
  const { apply, remove, seen, service, pass } = createGround({
    faults: armed('delete', { kind: 'lost', applied: false, hangs: false }),
  });
  await apply('shop/cart:1');
  await pass(5_000);
  const { id } = service();
  await assert.rejects(remove(2), isUnreachable);
  const marked = await seen();
  assert.deepEqual([marked.tombstone, marked.generation, marked.engineId], [true, 2, id]);
  await assert.rejects(apply('shop/cart:1'), (cause) => isFault(cause, 'engine.fenced'));
  const applying = apply('shop/cart:1', { generation: 3 });
  await pass(1_000);
  assert.equal(await applying, 'created');
  assert.notEqual(service().id, id);
});

test('what is remembered for inspection is bounded, and what was forgotten is counted', async () => {
  const { apply, cluster, pass } = createGround({ recordMost: 4 });
  for (let generation = 1; generation <= 10; generation++) {
    await apply(`shop/cart:${generation}`, { generation, workload: { replicas: 1 } });
    await pass(10_000);
  }
  const { writes, tasks, forgotten } = cluster.inspect();
  assert.deepEqual(
    writes.map(({ number }) => number),
    [7, 8, 9, 10],
  );
  assert.deepEqual(forgotten, { writes: 6, tasks: 5 });
  assert.equal(tasks.length, 5);
});
