import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attend } from './attention.ts';
import type { Assessment } from './assess.ts';

const reached: Assessment = { kind: 'reached' };
const converging: Assessment = { kind: 'converging', running: 0, wanted: 1, trouble: null };

test('a step counts as reached from the first look that shows it, not from the look before', () => {
  const first = attend(undefined, converging, 0);
  const second = attend(first, reached, 4_000);
  assert.equal(second.reachedMs, 0);
  assert.equal(attend(second, reached, 5_000).reachedMs, 1_000);
});

test('a break takes the time away for which a step had been reached', () => {
  const held = attend(attend(undefined, reached, 0), reached, 3_000);
  assert.equal(held.reachedMs, 3_000);
  const broken = attend(held, null, 4_000);
  assert.equal(broken.reachedMs, null);
  assert.equal(attend(broken, reached, 5_000).reachedMs, 0);
});

test('time after a look that was blind or incomplete is not observed, and neither is the time before it', () => {
  const seen = attend(attend(undefined, converging, 0), converging, 1_000);
  assert.equal(seen.observedMs, 1_000);
  const blind = attend(seen, null, 2_000);
  assert.equal(blind.observedMs, 1_000);
  const again = attend(blind, converging, 6_000);
  assert.deepEqual([again.observedMs, again.blindMs], [1_000, 1_000]);
  const twice = attend(again, converging, 7_000);
  assert.deepEqual([twice.observedMs, twice.blindMs], [2_000, 0]);
});

test('an engine that answers every other time only uses its budget up', () => {
  let attention = attend(undefined, converging, 0);
  for (let look = 1; look <= 40; look++)
    attention = attend(attention, look % 2 === 1 ? null : converging, look * 1_000);
  assert.deepEqual([attention.blindMs, attention.observedMs], [20_000, 0]);
});

test('a first look that was blind begins nothing that counts as observed', () => {
  const second = attend(attend(undefined, null, 0), converging, 4_000);
  assert.equal(second.observedMs, 0);
  assert.equal(attend(second, converging, 5_000).observedMs, 1_000);
});
