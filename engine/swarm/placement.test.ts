import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unsatisfiable } from './placement.ts';

const manager = {
  ID: 'n1',
  Spec: { Role: 'manager', Labels: { disk: 'SSD' } },
  Description: { Hostname: 'alpha', Engine: { Labels: { zone: 'east' } } },
};
const worker = { ID: 'n2', Spec: { Role: 'worker' }, Description: { Hostname: 'beta' } };
const nodes = [manager, worker];

const isMet = (...constraints: readonly string[]) => unsatisfiable([], constraints, nodes) === null;

test('constraints are satisfied when one node satisfies all of them', () => {
  assert.ok(isMet('node.role==manager', 'node.labels.disk==ssd', 'engine.labels.zone == east'));
  assert.ok(isMet('node.hostname!=alpha'));
  assert.ok(isMet('node.labels.disk!=ssd'), 'a label that a node lacks is not equal to anything');
  assert.ok(!isMet('node.role==worker', 'node.labels.disk==ssd'), 'two nodes that each satisfy one do not');
  assert.ok(!isMet('node.labels.moon==yes'));
  assert.ok(!isMet('node.id==n3'));
});

test('what only the engine can judge is left to it', () => {
  assert.ok(isMet('node.ip==10.0.0.0/8', 'node.platform.os==linux'));
});

test('constraints that stay as they are change nothing for what runs', () => {
  const lost = 'node.labels.moon==yes';
  assert.equal(unsatisfiable([lost], [lost], nodes), null);
  assert.deepEqual(unsatisfiable([lost], [lost, 'node.id==n1'], nodes), [lost, 'node.id==n1']);
});
