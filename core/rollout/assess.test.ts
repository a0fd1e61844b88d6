import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleSeen, sampleTarget, sampleTask } from '../testing/world.ts';
import { assess } from './assess.ts';

const target = sampleTarget({ cluster: 'fe', service: 'agent', component: 'agent' }, '1', { mode: 'global' });

/** What is said of a global service of which the engine wants so many tasks. */
function verdict(wanted: number, states: readonly ('running' | 'starting' | 'failed')[]): string {
  const tasks = states.map((state, index) =>
    sampleTask(target, { id: `t${index}`, state, wanted: state !== 'failed' }),
  );
  return assess('d-1', target, { ...sampleSeen(target, 'd-1', tasks), replicas: wanted }).kind;
}

test('a global service is reached when every task that the engine wants runs, however many', () => {
  assert.equal(verdict(3, ['running', 'running', 'running']), 'reached');
  assert.equal(verdict(3, ['running', 'running']), 'converging');
  assert.equal(verdict(3, ['running', 'starting', 'running']), 'converging');
  assert.equal(verdict(1, ['running']), 'reached');
});

test('a global service that the engine has not counted yet, or that fits no node, is not reached', () => {
  assert.equal(verdict(0, []), 'converging');
});

test('one failing task of a global service is a failure', () => {
  assert.equal(verdict(3, ['running', 'running', 'failed']), 'failing');
});

test('a global service that grows with its swarm is as it was written', () => {
  assert.equal(verdict(5, ['running', 'running', 'running', 'running', 'running']), 'reached');
});

test('an engine whose update waits for what never comes is due the same write again', () => {
  const plain = sampleTarget({ cluster: 'fe', service: 'cart', component: 'cart' }, '1');
  const seen = sampleSeen(plain, 'd-1', [sampleTask(plain, { state: 'starting' })]);
  assert.equal(assess('d-1', plain, seen).kind, 'converging');
  assert.equal(assess('d-1', plain, { ...seen, stalled: true }).kind, 'unwritten');
});
