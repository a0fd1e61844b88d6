import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Write } from '../../core/rollout/decide.ts';
import type { Standing } from '../../core/rollout/starts.ts';
import { createStarts } from './starts.ts';

const spot = { cluster: 'fe', service: 'cart', component: 'web' };
const change = { kind: 'update', from: 'a', to: 'b', fields: [], restarts: true } as const;
const goal: Write = {
  step: { id: 'fe/cart/web', spot, change, fromRelease: '1', toRelease: '2', notes: [] },
  target: 'b',
};

test('what needs more starts than its cluster allows goes with the least that brings it on', () => {
  const starts = createStarts();
  const full = { replicas: 2, parallelism: 2 };
  const standing: Standing = { held: 2, ready: 0, outdated: 1, starting: 1, unbounded: false, full };
  const share = starts.ask({ deployment: 'd-1', goal }, standing, { most: 1, isRollback: false });
  assert.deepEqual(share, { starts: 2, limit: { replicas: 2, parallelism: 1 } });
});

test('a goal of which a driver before held nothing back waits for nothing, though it stood in the line', () => {
  const starts = createStarts();
  const other = { ...goal, step: { ...goal.step, id: 'fe/site/web', spot: { ...spot, service: 'site' } } };
  const full = { replicas: 2, parallelism: 1 };
  const busy: Standing = { held: 1, ready: 0, outdated: 0, starting: 1, unbounded: false, full };
  starts.introduce('d-1', [
    { goal, starts: 2 },
    { goal: other, starts: 2 },
  ]);
  starts.seen({ deployment: 'd-1', goal: other }, busy, true);
  starts.seen({ deployment: 'd-1', goal }, busy, true);
  assert.equal(starts.ask({ deployment: 'd-1', goal }, busy, { most: 1, isRollback: true }), null);
  const through: Standing = { ...busy, held: 2, ready: 2, starting: 0 };
  starts.seen({ deployment: 'd-1', goal }, through, true);
  assert.equal(starts.ask({ deployment: 'd-1', goal }, through, { most: 1, isRollback: true }), null);
  assert.equal(starts.waits('d-1', 'fe'), false);
  assert.equal(starts.pace({ deployment: 'd-1', goal }), 'free');
});
