import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/fault.ts';
import { createManualClock } from '../engine/testing/manual-clock.ts';
import { createSimulatedEngine } from '../engine/simulated/engine.ts';
import type { Engine } from '../port/engine.ts';
import { createLooks } from './looks.ts';

const startMs = 1_000_000;

function scene(observe?: Engine['observe']) {
  const clock = createManualClock(startMs);
  const simulated = createSimulatedEngine({ cluster: 'fe', clock, seed: 1 });
  let observed = 0;
  const engine: Engine = {
    ...simulated,
    observe: async (of, signal) => {
      observed += 1;
      return await (observe === undefined ? simulated.observe(of, signal) : observe(of, signal));
    },
  };
  const clusters = {
    engine: async () => await Promise.resolve(engine),
    definition: async () => await Promise.reject<never>(new Error('not asked')),
    close: async () => await Promise.resolve(),
  };
  return { clock, simulated, looks: createLooks(clusters, 'i', clock), observed: () => observed };
}

test('all who ask at once share a look that began after they asked', async () => {
  const { clock, simulated, looks, observed } = scene();
  simulated.trouble({ delayMs: 100 });
  const first = looks.look('fe', 'dev');
  const others = Array.from({ length: 10 }, () => looks.look('fe', 'dev'));
  await clock.pass(1_000);
  await Promise.all([first, ...others]);
  assert.equal(observed(), 2);
});

test('who is content with a recent look gets it, also one under way; who is not gets a new one', async () => {
  const { clock, simulated, looks, observed } = scene();
  await looks.recent('fe', 'dev', 2_000);
  await clock.pass(1_999);
  await looks.recent('fe', 'dev', 2_000);
  assert.equal(observed(), 1);
  await clock.pass(1);
  simulated.trouble({ delayMs: 500 });
  const many = Array.from({ length: 1_000 }, () => looks.recent('fe', 'dev', 2_000));
  await clock.pass(500);
  await Promise.all(many);
  assert.equal(observed(), 2);
});

test('the newest look and the newest complete one are remembered apart', async () => {
  const { clock, simulated, looks } = scene();
  assert.deepEqual([looks.newest('fe', 'dev'), looks.newestComplete('fe', 'dev')], [null, null]);
  await looks.look('fe', 'dev');
  await clock.pass(5_000);
  simulated.trouble({ unreachable: true });
  assert.equal((await looks.look('fe', 'dev')).kind, 'blind');
  assert.deepEqual([looks.newest('fe', 'dev')?.look.kind, looks.newest('fe', 'dev')?.beganMs], ['blind', 5_000]);
  const complete = looks.newestComplete('fe', 'dev');
  assert.deepEqual([complete?.beganMs, complete?.sighting.observedAtMs], [0, startMs]);
  looks.retain([]);
  assert.equal(looks.newestComplete('fe', 'dev'), null);
});

test('a look that an engine never answers ends with the server', async () => {
  const { looks } = scene(
    async (_, signal) =>
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
  );
  const look = looks.look('fe', 'dev');
  setImmediate(() => looks.end());
  assert.deepEqual(await look, { kind: 'blind', message: 'the server is stopping' });
});

test('a fault of the engine is a blind look, anything else is a bug', async () => {
  const failing = (error: Error) => scene(async () => await Promise.reject(error)).looks.look('fe', 'dev');
  assert.deepEqual(await failing(new Fault('engine.unreachable', 'gone')), { kind: 'blind', message: 'gone' });
  await assert.rejects(failing(new TypeError('a bug')), TypeError);
});
