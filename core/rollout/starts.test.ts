import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attend } from './attention.ts';
import { digestOf } from '../hash.ts';
import type { Step } from '../plan.ts';
import { sampleSeen, sampleTarget, sampleTask } from '../testing/world.ts';
import type { Target, UpdatePolicy } from '../workload.ts';
import {
  grantOf,
  isBefore,
  leastShare,
  shareWithin,
  standingOf,
  type Ask,
  type Claim,
  type Standing,
} from './starts.ts';

const standing = (change: Partial<Standing>): Standing => ({
  held: 0,
  ready: 0,
  outdated: 0,
  starting: 0,
  unbounded: false,
  full: { replicas: 6, parallelism: 2 },
  ...change,
});

test('a create is ramped by replicas, an update by how many are replaced at once', () => {
  assert.deepEqual(shareWithin(standing({}), 4), { starts: 4, limit: { replicas: 4, parallelism: 2 } });
  assert.deepEqual(shareWithin(standing({}), 9), { starts: 6, limit: null });
  const running = standing({ held: 6, outdated: 6 });
  assert.deepEqual(shareWithin(running, 1), { starts: 1, limit: { replicas: 6, parallelism: 1 } });
  assert.deepEqual(shareWithin(running, 2), { starts: 2, limit: null });
  assert.deepEqual(leastShare(running), { starts: 1, limit: { replicas: 6, parallelism: 1 } });
});

test('a limit never takes replicas away that the engine holds already', () => {
  const broken = standing({ held: 5, outdated: 1, ready: 1, starting: 3 });
  assert.deepEqual(shareWithin(broken, 1), { starts: 4, limit: { replicas: 5, parallelism: 1 } });
});

const ask = (change: Partial<Ask>): Ask => ({
  key: 'me',
  now: 0,
  least: 1,
  most: 3,
  isRollback: false,
  place: 5,
  ...change,
});
const other = (change: Partial<Claim>): Claim => ({ key: 'other', starts: 0, granted: true, waits: null, ...change });

/** What is granted beside one other goal. */
function grantBeside(limit: number, claim: Claim, asked: Ask): number | null {
  const { starts, granted, waits } = claim;
  const ahead = waits !== null && isBefore(waits, asked) ? [claim] : [];
  return grantOf(limit, { starts, isQuiet: !granted || starts === 0, ahead }, asked);
}

test('who came first goes first, and a rollback before all that advance', () => {
  const ahead = other({ waits: { starts: 2, isRollback: false, place: 4 } });
  assert.equal(grantBeside(4, ahead, ask({})), 2);
  assert.equal(grantBeside(2, ahead, ask({})), null);
  assert.equal(grantBeside(2, ahead, ask({ isRollback: true })), 2);
  assert.equal(grantBeside(2, other({ waits: { starts: 2, isRollback: true, place: 9 } }), ask({})), null);
});

test('what starts nothing new never waits, and what is too large for the cluster waits only until it is quiet', () => {
  assert.equal(grantBeside(1, other({ starts: 7 }), ask({ now: 3, least: 3, most: 3 })), 3);
  const large = ask({ least: Infinity, most: Infinity });
  assert.equal(grantBeside(4, other({ starts: 1 }), large), null);
  assert.equal(grantBeside(4, other({ starts: 0 }), large), Infinity);
  assert.equal(grantBeside(2, other({ starts: 5, granted: false }), ask({})), 1);
});

test('the line is read no further than until nothing is free', () => {
  let read = 0;
  function* line(): Generator<Claim> {
    for (let place = 0; place < 1_000; place += 1) {
      read += 1;
      yield other({ key: `${place}`, waits: { starts: 1, isRollback: false, place } });
    }
  }
  const last = ask({ place: 1_000 });
  assert.equal(grantOf(20, { starts: 0, isQuiet: false, ahead: line() }, last), null);
  assert.equal(read, 20);
});

test('time that a goal is held is not observed, and under a limit each task that comes to run starts it anew', () => {
  const look = (running: number) => ({ kind: 'ramped', running, wanted: 6, trouble: null }) as const;
  const first = attend(undefined, look(1), 0);
  assert.equal(attend(first, { kind: 'unwritten' }, 4_000, 'held').observedMs, 0);
  const waited = attend(first, look(1), 4_000, 'limited');
  assert.equal(waited.observedMs, 4_000);
  assert.equal(attend(waited, look(2), 5_000, 'limited').observedMs, 0);
  assert.equal(attend(waited, look(2), 5_000, 'free').observedMs, 5_000);
});

const spot = { cluster: 'fe', service: 'cart', component: 'web' };
const versionOf = (release: string, order: UpdatePolicy['order']): Target => {
  const target = sampleTarget(spot, release, { replicas: 2 });
  return { ...target, policy: { ...target.policy, order, parallelism: 2 } };
};

/** What stands before an update while one of two tasks, whose node was lost, is starting anew. */
function afterLoss(order: UpdatePolicy['order'], states: readonly ('running' | 'starting')[]): Standing {
  const [from, target] = [versionOf('1', order), versionOf('2', order)];
  const change = { kind: 'update', from: digestOf(from), to: digestOf(target), fields: [], restarts: true } as const;
  const step: Step = { id: 'fe/cart/web', spot, change, fromRelease: '1', toRelease: '2', notes: [] };
  const tasks = states.map((state, index) => sampleTask(from, { id: `t${index}`, state }));
  return standingOf(step, from, target, sampleSeen(from, 'd-0', tasks));
}

test('a slot whose task was lost counts as starting, whether its successor is seen or not', () => {
  for (const order of ['start-first', 'stop-first'] as const) {
    for (const states of [['running'], ['running', 'starting']] as const) {
      const { held, ready, starting } = afterLoss(order, states);
      assert.deepEqual({ held, ready, starting }, { held: 2, ready: 0, starting: 1 }, `${order} ${states.join(' ')}`);
    }
  }
});

test('start-first, what is starting in the place of a lost task is replaced too, and goes on starting meanwhile', () => {
  const stood = afterLoss('start-first', ['running', 'starting']);
  assert.deepEqual([stood.outdated, shareWithin(stood, Infinity).starts], [2, 3]);
  assert.deepEqual(shareWithin(stood, 2), { starts: 2, limit: { replicas: 2, parallelism: 1 } });
  assert.equal(afterLoss('stop-first', ['running', 'starting']).outdated, 1);
});

test('start-first, going back to the one task that still runs starts nothing, whatever is starting beside it', () => {
  const [before, sick] = ['1', '2'].map((release) => sampleTarget(spot, release, { replicas: 1 }));
  assert.ok(before !== undefined && sick !== undefined);
  const change = { kind: 'update', from: digestOf(before), to: digestOf(sick), fields: [], restarts: true } as const;
  const step: Step = { id: 'fe/cart/web', spot, change, fromRelease: '1', toRelease: '2', notes: [] };
  const tasks = [sampleTask(before, { id: 'a' }), sampleTask(sick, { id: 'b', state: 'starting' })];
  const stood = standingOf(step, sick, before, sampleSeen(sick, 'd-0', tasks));
  assert.deepEqual([stood.ready, stood.starting, stood.outdated], [1, 1, 0]);
  assert.equal(shareWithin(stood, Infinity).starts, 1);
});

test('two tasks of the new workload in one slot, after a node was lost, hide no outdated one in another', () => {
  const [from, target] = [versionOf('1', 'start-first'), versionOf('2', 'start-first')];
  const change = { kind: 'update', from: digestOf(from), to: digestOf(target), fields: [], restarts: true } as const;
  const step: Step = { id: 'fe/cart/web', spot, change, fromRelease: '1', toRelease: '2', notes: [] };
  const tasks = [target, target, from].map((of, index) => sampleTask(of, { id: `t${index}` }));
  const stood = standingOf(step, from, target, sampleSeen(target, 'd-0', tasks));
  assert.deepEqual([stood.ready, stood.outdated, stood.starting], [2, 1, 0]);
});
