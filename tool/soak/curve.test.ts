import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawCurve, hostCostsIn } from './curve.ts';

const facts = [
  '1 tests passed',
  '1000 hosts: 0.42 ms of CPU a host, at most 230 MiB; created in 7386 ms (420 ms of CPU), updated in 7846 ms (430 ms)',
  '30000 hosts: 0.05 ms of CPU a host, at most 381 MiB; created in 7187 ms (860 ms of CPU), updated in 10889 ms (2000 ms)',
  'a host among 30,000 costs 0.28 times what one among 3,000 costs',
];

test('the costs of hosts are found among the facts', () => {
  assert.deepEqual(hostCostsIn(facts), [
    { hosts: 1000, ms: 0.42, mib: 230 },
    { hosts: 30_000, ms: 0.05, mib: 381 },
  ]);
});

test('each cost is a point of both curves, the cheaper the lower, whatever their order', () => {
  const picture = drawCurve(hostCostsIn(facts).toReversed());
  const heights = [...picture.matchAll(/<circle class="good" cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
  assert.equal(heights.length, 4);
  const [fewMs = 0, manyMs = 0, fewMib = 0, manyMib = 0] = heights;
  assert.ok(fewMs < manyMs, 'down is less');
  assert.ok(fewMib > manyMib, 'up is more');
  for (const told of ['0.42', '0.05', '230', '381', '1,000', '30,000']) assert.ok(picture.includes(`>${told}<`), told);
});
