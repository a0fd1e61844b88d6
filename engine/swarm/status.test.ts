import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskState } from '../../core/sighting.ts';
import { seenWorkloads } from './status.ts';

const owner = { 'drayage.environment': 'dev', 'drayage.service': 'cart', 'drayage.component': 'web' };

function service(labels: object = {}, more: object = {}) {
  return {
    ID: 's1',
    Version: { Index: 90 },
    Spec: {
      Name: 'dev_cart_web',
      Labels: { ...owner, 'drayage.workload': 'new', 'drayage.generation': '7', 'drayage.base': '50', ...labels },
      TaskTemplate: { ContainerSpec: { Labels: { 'drayage.container': 'new-container' } } },
      Mode: { Replicated: { Replicas: 2 } },
    },
    PreviousSpec: {
      Labels: { 'drayage.workload': 'old' },
      TaskTemplate: { ContainerSpec: { Labels: { 'drayage.container': 'old-container' } } },
    },
    ...more,
  };
}

function task(state: string, more: object = {}, container = 'new-container') {
  return {
    ID: 't1',
    Version: { Index: 60 },
    CreatedAt: '2026-01-01T00:00:00.123456789Z',
    Spec: { ContainerSpec: { Labels: { ...owner, 'drayage.container': container } } },
    Slot: 2,
    NodeID: 'n1',
    Status: { State: state, Timestamp: '2026-01-01T00:00:01Z', Message: 'words', ...more },
    DesiredState: 'running',
  };
}

function look(services: readonly unknown[], tasks: readonly unknown[]) {
  const nodes = [{ ID: 'n1', Description: { Hostname: 'node-1' } }];
  return seenWorkloads({ cluster: 'fe', services, tasks, nodes, upToDate: new Set(['t1']) });
}

function onlyTask(raw: unknown, of: unknown = service()) {
  const seen = look([of], [raw]).workloads[0]?.tasks[0];
  assert.ok(seen !== undefined);
  return seen;
}

const table: readonly (readonly [string, TaskState])[] = [
  ['new', 'waiting'],
  ['pending', 'waiting'],
  ['allocated', 'waiting'],
  ['assigned', 'starting'],
  ['accepted', 'starting'],
  ['preparing', 'starting'],
  ['ready', 'starting'],
  ['starting', 'starting'],
  ['running', 'running'],
  ['complete', 'finished'],
  ['failed', 'failed'],
  ['rejected', 'failed'],
  ['orphaned', 'failed'],
  ['shutdown', 'stopped'],
  ['remove', 'stopped'],
];

test('every state of a Swarm task has its word', () => {
  for (const [engineState, state] of table) assert.equal(onlyTask(task(engineState)).state, state, engineState);
});

test('a task state that is not known is a gap, not a guess', () => {
  const { gaps, workloads } = look([service()], [task('levitating')]);
  assert.deepEqual(gaps, ['task t1 could not be read']);
  assert.deepEqual(workloads[0]?.tasks, []);
});

test('a failed task has its node, its error and its exit code; a running one no exit code', () => {
  const container = { ContainerStatus: { ContainerID: 'c', ExitCode: 143 } };
  const failed = onlyTask(task('failed', { Err: 'x'.repeat(600), ...container }));
  assert.deepEqual([failed.name, failed.node, failed.exitCode], ['dev_cart_web.2', 'node-1', 143]);
  assert.equal(failed.message.length, 500);
  assert.deepEqual([failed.createdAtMs, failed.changedAtMs], [1767225600123, 1767225601000]);
  assert.equal(onlyTask(task('running', container)).exitCode, null);
  assert.equal(onlyTask(task('rejected', { ContainerStatus: { ExitCode: 0 } })).exitCode, null);
});

test('a task is of the workload whose container it has: the present, the one before, or none that is known', () => {
  assert.equal(onlyTask(task('running')).workload, 'new');
  assert.equal(onlyTask(task('running', {}, 'old-container')).workload, 'old');
  assert.equal(onlyTask(task('running', {}, 'older-container')).workload, 'older-container');
});

test('a failure from before the last write does not count as current, one after it does', () => {
  assert.equal(onlyTask(task('failed')).current, true);
  const earlier = { ...task('failed'), Version: { Index: 50 } };
  assert.equal(onlyTask(earlier).current, false);
  assert.equal(onlyTask({ ...task('running'), Version: { Index: 50 } }).current, true);
  assert.equal(onlyTask({ ...task('running'), ID: 't2' }).current, false);
});

test("the engine's own account of an update is carried over", () => {
  const seen = (State: string) => look([service({}, { UpdateStatus: { State } })], []).workloads[0];
  assert.deepEqual([seen('paused')?.updatePaused, seen('paused')?.updating], [true, false]);
  assert.deepEqual([seen('updating')?.updatePaused, seen('updating')?.updating], [false, true]);
  assert.deepEqual([seen('completed')?.updatePaused, seen('completed')?.updating], [false, false]);
});

test('a service without its labels is a gap; one without the workload label has none', () => {
  const nameless = { ID: 's2', Spec: { Name: 'dev_x', Labels: {} } };
  assert.deepEqual(look([nameless], []).gaps, ['service dev_x has lost the labels that say what it is']);
  const bare = look([service({ 'drayage.workload': '', 'drayage.generation': 'x' })], []).workloads[0];
  assert.deepEqual([bare?.workload, bare?.generation], [null, 0]);
});

test('containers that outlive their service are told as a tombstone until they end', () => {
  const left = look([], [task('running')]).workloads[0];
  assert.deepEqual([left?.tombstone, left?.engineId, left?.service, left?.replicas], [true, '', 'cart', 0]);
  assert.deepEqual(look([], [task('shutdown')]).workloads, []);
});

test('of a global service the engine says how many tasks it wants, and a task is named by its node', () => {
  const spec = { ...service().Spec, Mode: { Global: {} } };
  const seen = (status: object) =>
    look([service({}, { Spec: spec, ...status })], [{ ...task('running'), Slot: undefined }]);
  const [counted] = seen({ ServiceStatus: { RunningTasks: 1, DesiredTasks: 3 } }).workloads;
  assert.equal(counted?.replicas, 3);
  assert.equal(counted?.tasks[0]?.name, 'dev_cart_web.n1');
  assert.equal(seen({}).workloads[0]?.replicas, 1);
});
