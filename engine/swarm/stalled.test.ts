import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStalled } from './stalled.ts';

function service(state: string, base = '50') {
  return { UpdateStatus: { State: state }, Spec: { Labels: { 'drayage.base': base } } };
}

function task(state: string, more: object = {}) {
  const base = { ID: 't1', NodeID: 'n1', DesiredState: 'shutdown', Version: { Index: 60 }, Status: { State: state } };
  return { ...base, ...more };
}

function isWaiting(raw: object, of: { readonly update?: object; readonly node?: string } = {}): boolean {
  const nodes = [{ ID: 'n1', Status: { State: of.node ?? 'down' } }];
  return isStalled({ service: of.update ?? service('updating'), tasks: [raw], nodes, upToDate: new Set(['t1']) });
}

test('an update waits for ever for a task whose node was lost before it ran', () => {
  for (const state of ['assigned', 'accepted', 'preparing', 'ready', 'starting'])
    assert.ok(isWaiting(task(state)), state);
});

test('an update does not wait for a task that has run or has ended', () => {
  for (const state of ['running', 'failed', 'rejected', 'shutdown', 'orphaned'])
    assert.ok(!isWaiting(task(state)), state);
});

test('while the node is there, and while the task is still wanted, the update may go on by itself', () => {
  assert.ok(!isWaiting(task('starting'), { node: 'ready' }));
  assert.ok(!isWaiting(task('starting'), { node: 'disconnected' }));
  assert.ok(!isWaiting(task('starting', { DesiredState: 'running' })));
});

test('a task of an older change is not waited for', () => {
  assert.ok(!isWaiting(task('starting', { ID: 't2' })));
});

test('one more write is enough: what was lost before it does not count', () => {
  assert.ok(!isWaiting(task('starting'), { update: service('updating', '60') }));
  const Labels = { 'drayage.base': '50', 'drayage.restarted': '60' };
  assert.ok(!isWaiting(task('starting'), { update: { ...service('updating'), Spec: { Labels } } }));
});

test('an update that is not under way waits for nothing', () => {
  for (const state of ['completed', 'paused'])
    assert.ok(!isWaiting(task('starting'), { update: service(state) }), state);
  assert.ok(!isWaiting(task('starting'), { update: { Spec: { Labels: {} } } }));
});
