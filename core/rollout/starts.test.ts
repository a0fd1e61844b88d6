import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attend } from './attention.ts';
import { grantOf, leastShare, shareWithin, type Ask, type Claim, type Standing } from './starts.ts';

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

test('who came first goes first, and a rollback before all that advance', () => {
  const ahead = other({ waits: { starts: 2, isRollback: false, place: 4 } });
  assert.equal(grantOf(4, [ahead], ask({})), 2);
  assert.equal(grantOf(2, [ahead], ask({})), null);
  assert.equal(grantOf(2, [ahead], ask({ isRollback: true })), 2);
  assert.equal(grantOf(2, [other({ waits: { starts: 2, isRollback: true, place: 9 } })], ask({})), null);
});

test('what starts nothing new never waits, and what is too large for the cluster waits only until it is quiet', () => {
  assert.equal(grantOf(1, [other({ starts: 7 })], ask({ now: 3, least: 3, most: 3 })), 3);
  const large = ask({ least: Infinity, most: Infinity });
  assert.equal(grantOf(4, [other({ starts: 1 })], large), null);
  assert.equal(grantOf(4, [other({ starts: 0 })], large), Infinity);
  assert.equal(grantOf(2, [other({ starts: 5, granted: false })], ask({})), 1);
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
