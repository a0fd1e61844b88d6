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
