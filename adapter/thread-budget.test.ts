import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { watchBudget } from './thread-budget.ts';

/** Watches a thread that gets `share` of the processor: when it was given up, within `ms` of the clock. */
async function givenUpAt(
  t: TestContext,
  { share, budgetMs, ms }: { readonly share: number; readonly budgetMs: number; readonly ms: number },
): Promise<readonly number[]> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const ended: number[] = [];
  let clock = 0;
  const stop = watchBudget(
    async () => await Promise.resolve(clock * share),
    budgetMs,
    () => ended.push(clock),
  );
  for (; clock < ms; clock += 1, t.mock.timers.tick(1)) await turn();
  stop();
  return ended;
}

test('a thread that has the whole processor has its budget once by the clock, and once of the processor', async (t) => {
  assert.deepEqual(await givenUpAt(t, { share: 1, budgetMs: 100, ms: 2000 }), [200]);
});

test('one that gets a quarter of the processor has four times as long for the second', async (t) => {
  assert.deepEqual(await givenUpAt(t, { share: 0.25, budgetMs: 100, ms: 2000 }), [500]);
});

test('one that gets nothing of it is given up after ten times as long', async (t) => {
  assert.deepEqual(await givenUpAt(t, { share: 0, budgetMs: 100, ms: 2000 }), [1000]);
});

test('one that ends within its budget is not given up', async (t) => {
  assert.deepEqual(await givenUpAt(t, { share: 0.25, budgetMs: 100, ms: 450 }), []);
});

test('one that can no longer be asked is given up by the clock alone', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let times = 0;
  const stop = watchBudget(
    async () => await Promise.reject(new Error('it has ended')),
    100,
    () => (times += 1),
  );
  for (let ms = 0; ms < 2000; ms += 10) {
    t.mock.timers.tick(10);
    await turn();
  }
  assert.equal(times, 1);
  stop();
});
