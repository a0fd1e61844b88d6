import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../core/fault.ts';
import type { ApplyRequest } from '../../port/engine.ts';
import { engineContract } from '../testing/contract.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { sampleTarget, sampleWorkload } from '../testing/sample.ts';
import { behaviourByTag, type Behaviour } from './behaviour.ts';
import { createSimulatedEngine } from './engine.ts';

const startMs = Date.UTC(2026, 0, 1);
const signal = new AbortController().signal;
const writer = { installation: 'here', deployment: 'deployment-1', generation: 1 };

function behaviour(image: string): Behaviour {
  if (image !== 'shop/cart:1-crash') return behaviourByTag(image);
  return { kind: 'crashes', afterMs: 1_000, exitCode: 7, lines: ['lost the database'] };
}

engineContract('simulated', async () => {
  const clock = createManualClock(startMs);
  const engine = createSimulatedEngine({ cluster: 'fe', clock, seed: 1, behaviour });
  return await Promise.resolve({
    engine,
    images: {
      good: 'shop/cart:1',
      goodNext: 'shop/cart:2',
      crashing: 'shop/cart:1-crash',
      unhealthy: 'shop/cart:1-sick',
      missing: 'shop/cart:1-missing',
    },
    pass: async (ms: number) => await clock.pass(ms),
    leftovers: async (environment: string) => await Promise.resolve(engine.objects(environment)),
    volumes: async () => await Promise.resolve(engine.volumes()),
    unreachable: async () => {
      const silent = createSimulatedEngine({ cluster: 'fe', clock, seed: 1 });
      silent.trouble({ unreachable: true });
      return await Promise.resolve(silent);
    },
    tearDown: async () => await engine.close(),
  });
});

function request(image: string, generation = 1): ApplyRequest {
  const of = { environment: 'dev', cluster: 'fe', image };
  const target = sampleTarget(sampleWorkload(of, { replicas: 3 }));
  return { writer: { ...writer, generation }, target, files: new Map(), credentials: null, whenTasksFail: 'pause' };
}

async function run(seed: number): Promise<string> {
  const clock = createManualClock(startMs);
  const engine = createSimulatedEngine({ cluster: 'fe', clock, seed });
  const seen: unknown[] = [];
  await engine.apply(request('shop/cart:1'), signal);
  for (let moment = 0; moment < 40; moment++) {
    if (moment === 20) await engine.apply(request('shop/cart:2-crash'), signal);
    await clock.pass(250);
    seen.push(await engine.observe({ installation: 'here', environment: 'dev' }, signal));
  }
  return JSON.stringify(seen);
}

test('the same seed gives the same run, another seed another', async () => {
  assert.equal(await run(1), await run(1));
  assert.notEqual(await run(1), await run(2));
});

test('a bad update pauses, and the slots that it did not reach go on running', async () => {
  const clock = createManualClock(startMs);
  const engine = createSimulatedEngine({ cluster: 'fe', clock, seed: 1 });
  const of = { installation: 'here', environment: 'dev' };
  await engine.apply(request('shop/cart:1'), signal);
  await clock.pass(5_000);
  await engine.apply(request('shop/cart:2-sick'), signal);
  await clock.pass(30_000);
  const { workloads, simulated } = await engine.observe(of, signal);
  assert.equal(simulated, true);
  assert.equal(workloads[0]?.updatePaused, true);
  const old = workloads[0]?.tasks.filter(({ state, current }) => state === 'running' && !current);
  assert.equal(old?.length, 2);
  await engine.apply(request('shop/cart:1', 2), signal);
  await clock.pass(10_000);
  const healed = (await engine.observe(of, signal)).workloads[0];
  assert.equal(healed?.tasks.filter(({ state, current }) => state === 'running' && current).length, 3);
  assert.deepEqual([healed?.updatePaused, healed?.updating], [false, false]);
});

test('start-first keeps every slot served while it is replaced', async () => {
  const clock = createManualClock(startMs);
  const engine = createSimulatedEngine({ cluster: 'fe', clock, seed: 1 });
  const startFirst = (image: string) => {
    const made = request(image);
    const policy = { ...made.target.policy, order: 'start-first' as const, parallelism: 0 };
    return { ...made, target: { ...made.target, policy } };
  };
  await engine.apply(startFirst('shop/cart:1'), signal);
  await clock.pass(5_000);
  await engine.apply(startFirst('shop/cart:2'), signal);
  for (let moment = 0; moment < 40; moment++) {
    await clock.pass(100);
    const { workloads } = await engine.observe({ installation: 'here', environment: 'dev' }, signal);
    const running = workloads[0]?.tasks.filter(({ state }) => state === 'running') ?? [];
    assert.ok(running.length >= 3);
    if (moment === 39) assert.ok(running.every(({ current }) => current));
  }
});

test('an answer can be lost although the write was applied', async () => {
  const clock = createManualClock(startMs);
  const engine = createSimulatedEngine({ cluster: 'fe', clock, seed: 1 });
  engine.trouble({ loseNextAnswer: true });
  await assert.rejects(engine.apply(request('shop/cart:1'), signal), (cause: unknown) =>
    isFault(cause, 'engine.unreachable'),
  );
  assert.equal(await engine.apply(request('shop/cart:1'), signal), 'unchanged');
});

test('a slow engine answers after its delay, by its own clock', async () => {
  const clock = createManualClock(startMs);
  const engine = createSimulatedEngine({ cluster: 'fe', clock, seed: 1 });
  engine.trouble({ delayMs: 5_000 });
  let isAnswered = false;
  const answered = engine.apply(request('shop/cart:1'), signal).then(() => {
    isAnswered = true;
  });
  await clock.pass(4_000);
  assert.equal(isAnswered, false);
  await clock.pass(1_000);
  await answered;
});

test('a tag rehearses a failure, a host port or digest does not', () => {
  assert.equal(behaviourByTag('registry:5000/shop/cart:1.1.0-crash@sha256:00').kind, 'crashes');
  assert.equal(behaviourByTag('host-missing:5000/shop/cart').kind, 'healthy');
});
