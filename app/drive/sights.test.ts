import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../engine/testing/manual-clock.ts';
import { createSimulatedEngine } from '../../engine/simulated/engine.ts';
import { createLooks } from '../looks.ts';
import { patienceMs } from './parts.ts';
import { createSights } from './sights.ts';

const signal = new AbortController().signal;

function scene() {
  const clock = createManualClock(1_000_000);
  const names = ['fe', 'be'];
  const engines = new Map(names.map((cluster) => [cluster, createSimulatedEngine({ cluster, clock, seed: 1 })]));
  const engineOf = (name: string) => {
    const engine = engines.get(name);
    assert.ok(engine);
    return engine;
  };
  const clusters = {
    engine: async (name: string) => await Promise.resolve(engineOf(name)),
    definition: async () => await Promise.reject<never>(new Error('not asked')),
    close: async () => await Promise.resolve(),
  };
  return { clock, engineOf, sights: createSights({ looks: createLooks(clusters, 'i', clock), clock }, 'dev', names) };
}

test('a look that is slower than its round comes with a later one, and keeps no other cluster waiting', async () => {
  const { clock, engineOf, sights } = scene();
  engineOf('be').trouble({ delayMs: 2 * patienceMs + 500 });
  const round = async () => {
    const seen = sights.round(signal);
    await clock.pass(patienceMs);
    return await seen;
  };
  const rounds = [await round(), await round(), await round(), await round()];
  assert.deepEqual(
    rounds.map((seen) => [...seen.keys()].toSorted()),
    [['fe'], ['fe'], ['fe'], ['be', 'fe']],
  );
  assert.deepEqual([rounds[3]?.get('be')?.view.kind, rounds[3]?.get('be')?.askedMs], ['seen', 0]);
});

test('a look that ends between two rounds comes with the next one, with the time at which it was asked for', async () => {
  const { clock, engineOf, sights } = scene();
  engineOf('be').trouble({ delayMs: patienceMs + 200 });
  const first = sights.round(signal);
  await clock.pass(patienceMs);
  assert.deepEqual([...(await first).keys()], ['fe']);
  await clock.pass(500);
  engineOf('be').trouble({ delayMs: 60_000 });
  const second = sights.round(signal);
  await clock.pass(patienceMs);
  assert.equal((await second).get('be')?.askedMs, 0);
});
