import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitSilence, seldom } from './silence.ts';

test('progress puts the end off, and silence brings it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const limit = limitSilence(1_000);
  for (let step = 0; step < 5; step += 1) {
    t.mock.timers.tick(900);
    limit.heard();
  }
  assert.equal(limit.signal.aborted, false);
  t.mock.timers.tick(1_000);
  assert.equal(limit.signal.aborted, true);
  assert.equal((limit.signal.reason as DOMException).name, 'TimeoutError');
  limit.heard();
  assert.equal(limit.signal.aborted, true);
});

test('what comes often is told seldom, and not at once', async () => {
  const told: number[] = [];
  const tell = seldom<number>(50, (value) => told.push(value));
  tell(1);
  assert.deepEqual(told, []);
  await sleep(80);
  tell(2);
  tell(3);
  assert.deepEqual(told, [2]);
});
