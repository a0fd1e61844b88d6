import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleTarget, sketchPlan } from '../testing/world.ts';
import { contentsOf, neededTargets } from './needed.ts';

const spot = { cluster: 'fe', service: 'cart', component: 'web' };

test('what runs, and what ran before and after each plan, is needed', () => {
  const { plan, targets } = sketchPlan([
    [{ kind: 'update', service: 'cart' }],
    [
      { kind: 'create', service: 'new' },
      { kind: 'remove', service: 'old' },
    ],
  ]);
  const needed = neededTargets({ inventory: ['now'], plans: [plan] });
  assert.equal(needed.has('now'), true);
  // The sketch has two targets for each step: of what is created the earlier one is none, of what is removed the later.
  assert.equal(targets.size, 6);
  assert.equal(needed.size, 1 + 2 + 1 + 1);
});

test('a target needs the content of its configs', () => {
  const file = { config: 'list', target: '/list.json', mode: 0o444, uid: '0', gid: '0' };
  const configs = ['a', 'b'].map((content) => ({ ...file, content }));
  assert.deepEqual(contentsOf(sampleTarget(spot, '1', { configs })), ['a', 'b']);
});
