import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { createManualClock, type ManualClock } from '../engine/testing/manual-clock.ts';
import type { Store } from '../port/store.ts';
import { createSimulatedDisk } from '../store/simulated/disk.ts';
import { openSimulatedStore } from '../store/simulated/store.ts';
import { awaitLease, leaseMs, takeFreeLease, type HeldLease } from './lease.ts';

const signal = AbortSignal.timeout(120_000);

interface Ground {
  readonly clock: ManualClock;
  readonly open: (exclusive: boolean) => Store;
}

function ground(t: TestContext): Ground {
  const disk = createSimulatedDisk();
  const clock = createManualClock(1_700_000_000_000);
  disk.use({ schedule: (_, run) => setImmediate(run), flushMs: () => 0 });
  const stores: Store[] = [];
  t.after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    disk.close();
  });
  const open = (exclusive: boolean) => {
    const store = openSimulatedStore({ disk, clock, exclusive });
    stores.push(store);
    return store;
  };
  return { clock, open };
}

/** Lets time pass until a promise has settled. */
async function during<T>(clock: ManualClock, work: Promise<T>, mostMs = 600_000): Promise<T> {
  let isOver = false;
  const over = () => void (isOver = true);
  work.then(over, over);
  for (let passed = 0; !isOver && passed < mostMs; passed += 100) await clock.pass(100);
  assert.ok(isOver, 'it did not end in time');
  return await work;
}

test('whoever has the store alone takes the lease at once, and holds it without an end', async (t) => {
  const { clock, open } = ground(t);
  const store = open(true);
  const first = await during(clock, takeFreeLease({ store, clock, driver: 'one' }, signal));
  const second = await during(clock, takeFreeLease({ store, clock, driver: 'two' }, signal));
  assert.ok(first !== null && second !== null && second.generation > first.generation);
  await clock.pass(10 * leaseMs);
  assert.equal(second.leftMs(), Infinity);
});

test('on a shared store a lease that somebody has is not taken, and the first one ever is', async (t) => {
  const { clock, open } = ground(t);
  const first = await during(clock, takeFreeLease({ store: open(false), clock, driver: 'one' }, signal));
  assert.ok(first !== null);
  assert.equal(await during(clock, takeFreeLease({ store: open(false), clock, driver: 'two' }, signal)), null);
});

test('a holder that renews keeps the lease, and one that dies is followed after its time', async (t) => {
  const { clock, open } = ground(t);
  const life = new AbortController();
  const first = await during(clock, takeFreeLease({ store: open(false), clock, driver: 'one' }, signal));
  assert.ok(first !== null);
  const keeping = first.keep(life.signal);
  let second: HeldLease | null = null;
  const waiting = awaitLease({ store: open(false), clock, driver: 'two' }, signal).then((held) => (second = held));
  for (let round = 0; round < 50; round++) await clock.pass(leaseMs / 10);
  assert.equal(second, null);
  assert.ok(first.leftMs() > leaseMs / 2);
  life.abort();
  await clock.pass(leaseMs + 1);
  assert.equal(first.leftMs(), 0);
  const next = await during(clock, waiting, leaseMs);
  assert.ok(next.generation > first.generation);
  await keeping;
});

test('a holder whose lease another got stops at its next renewal, and tells that it has nothing left', async (t) => {
  const { clock, open } = ground(t);
  const store = open(false);
  const first = await during(clock, takeFreeLease({ store, clock, driver: 'one' }, signal));
  assert.ok(first !== null);
  await during(clock, store.grantLease('two', await store.lease(signal), signal));
  await during(clock, first.keep(signal), leaseMs);
  assert.equal(first.leftMs(), 0);
});

test('of many that wait for a dead holder one takes over, whatever the moments (property)', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 20_000 }), { minLength: 2, maxLength: 5 }), async (delaysMs) => {
      const { clock, open } = ground(t);
      await during(clock, takeFreeLease({ store: open(false), clock, driver: 'dead' }, signal));
      const over = new AbortController();
      const held: HeldLease[] = [];
      const waiting = delaysMs.map(async (ms, index) => {
        await clock.sleep(ms, over.signal);
        const lease = await awaitLease({ store: open(false), clock, driver: `w-${index}` }, over.signal);
        held.push(lease);
        // Never do two believe at the same time that they may write.
        assert.ok(held.filter((one) => one.leftMs() > 0).length <= 1);
        await lease.keep(over.signal);
      });
      const all = Promise.allSettled(waiting);
      for (let passed = 0; passed < 4 * leaseMs; passed += 500) {
        await clock.pass(500);
        assert.ok(held.filter((one) => one.leftMs() > 0).length <= 1);
      }
      assert.equal(held.length, 1);
      over.abort(new Error('over'));
      await during(clock, all);
    }),
    { numRuns: 20 },
  );
});
