import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseDue, dueMs, type WatchedPlace } from './watch-schedule.ts';

const place = (change: Partial<WatchedPlace> = {}): WatchedPlace => ({
  cluster: 'fe',
  environment: 'dev',
  beganMs: 100_000,
  tookMs: 20,
  hintedMs: null,
  failures: 0,
  ...change,
});

test('a place that was never looked at is due at once', () => {
  assert.equal(dueMs(place({ beganMs: null })), -Infinity);
});

test('a place whose cluster answers is due each 10 s', () => {
  assert.equal(dueMs(place()), 110_000);
});

test('a hint makes it due after 1 s, later when looking takes long, and never later than without the hint', () => {
  assert.equal(dueMs(place({ hintedMs: 100_500 })), 101_000);
  assert.equal(dueMs(place({ hintedMs: 100_500, tookMs: 200 })), 104_000);
  assert.equal(dueMs(place({ hintedMs: 100_500, tookMs: 5_000 })), 110_000);
});

test('a hint from before the newest look counts no more', () => {
  assert.equal(dueMs(place({ hintedMs: 99_999 })), 110_000);
});

test('a silent cluster is asked ever more seldom, but at least once a minute', () => {
  const pauses = [1, 2, 3, 4, 5, 20, 2_000].map((failures) => dueMs(place({ failures })) - 100_000);
  assert.deepEqual(pauses, [10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000]);
});

const places = fc.array(
  fc.record({
    cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    environment: fc.stringMatching(/^[a-z]{8}$/),
    beganMs: fc.option(fc.integer({ min: 0, max: 100_000 })),
    tookMs: fc.integer({ min: 0, max: 10_000 }),
    hintedMs: fc.option(fc.integer({ min: 0, max: 100_000 })),
    failures: fc.integer({ min: 0, max: 5 }),
  }),
  { maxLength: 60, size: 'max' },
);

test('never more than 8 at once, nor 2 on one cluster; within that the longest due come first and none is kept back', () => {
  const full = { over: 0, cluster: 0 };
  fc.assert(
    fc.property(
      places,
      fc.array(fc.record({ cluster: fc.constantFrom('a', 'b', 'c') }), { maxLength: 4 }),
      (all, busy) => {
        const underWay = busy.filter(({ cluster }, index) => busy.findIndex((it) => it.cluster === cluster) === index);
        const chosen = chooseDue(all, underWay, 100_000);
        const load = (cluster: string) => [...chosen, ...underWay].filter((it) => it.cluster === cluster).length;
        assert.ok(chosen.length + underWay.length <= 8);
        if (chosen.length + underWay.length === 8) full.over += 1;
        for (const { cluster } of chosen) {
          assert.ok(load(cluster) <= 2);
          if (load(cluster) === 2) full.cluster += 1;
        }
        const due = all.filter((it) => dueMs(it) <= 100_000);
        assert.ok(chosen.every((it) => due.includes(it)));
        for (const left of due.filter((it) => !chosen.includes(it))) {
          const isFull = chosen.length + underWay.length === 8 || load(left.cluster) === 2;
          assert.ok(isFull, 'one that is due and would fit was left');
          const rivals = chosen.filter((it) => chosen.length + underWay.length === 8 || it.cluster === left.cluster);
          assert.ok(rivals.every((it) => it.cluster !== left.cluster || dueMs(it) <= dueMs(left)));
        }
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(full.over > 0 && full.cluster > 0);
});
