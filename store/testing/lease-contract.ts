import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../core/fault.ts';
import type { LeaseRow } from '../../port/store.ts';
import type { OpenForTest } from './opened-store.ts';
import { allEntries, soon } from './samples.ts';

export function leaseContract(open: OpenForTest): void {
  test('a lease is granted with an entry whose sequence is its generation', async (t) => {
    const { store } = await open(t);
    assert.equal(await store.lease(soon()), null);
    const granted = await store.grantLease('driver-1', null, soon());
    assert.deepEqual(granted, { driver: 'driver-1', generation: 1, renewals: 0 });
    assert.deepEqual(await store.lease(soon()), granted);
    const [entry] = await allEntries(store);
    assert.deepEqual(
      [entry?.kind, entry?.stream, entry?.payload],
      ['lease-granted', 'lease/drive', { driver: 'driver-1' }],
    );
  });

  test('renewing counts beside the ledger, and is refused once another holds the lease', async (t) => {
    const { store } = await open(t);
    const first = await store.grantLease('driver-1', null, soon());
    const renewed = await store.renewLease(first, soon());
    assert.equal((await store.renewLease(renewed, soon())).renewals, 2);
    assert.equal((await allEntries(store)).length, 1);
    const second = await store.grantLease('driver-2', await store.lease(soon()), soon());
    await assert.rejects(store.renewLease(renewed, soon()), { code: 'lease.lost' });
    assert.deepEqual(await store.lease(soon()), second);
    assert.equal((await store.renewLease(second, soon())).renewals, 1);
  });

  test('a lease that was granted or renewed since it was read is not granted', async (t) => {
    const { store } = await open(t);
    const first = await store.grantLease('driver-1', null, soon());
    await assert.rejects(store.grantLease('driver-2', null, soon()), { code: 'store.conflict' });
    await store.renewLease(first, soon());
    await assert.rejects(store.grantLease('driver-2', first, soon()), { code: 'store.conflict' });
    assert.equal((await store.lease(soon()))?.driver, 'driver-1');
    assert.equal((await allEntries(store)).length, 1);
  });

  test('of many who ask at once for what they saw, one gets the lease', async (t) => {
    const { store } = await open(t);
    const drivers = Array.from({ length: 8 }, (_, index) => `driver-${index}`);
    const settled = await Promise.allSettled(drivers.map((driver) => store.grantLease(driver, null, soon())));
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await allEntries(store)).length, 1);
  });

  test('grants and renewals outlive the store, and rebuilding keeps them', async (t) => {
    const { store, reopen } = await open(t);
    const renewed = await store.renewLease(await store.grantLease('driver-1', null, soon()), soon());
    await store.rebuild(soon());
    assert.deepEqual(await store.lease(soon()), renewed);
    assert.deepEqual(await (await reopen()).lease(soon()), renewed);
  });

  test('what is recorded in the right of a lease is refused once a later one was granted', async (t) => {
    const { store } = await open(t);
    const first = await store.grantLease('driver-1', null, soon());
    const append = async (lease: number, expectedVersion: number) => {
      const event = { kind: 'cancel-requested', deployment: 'd', by: 'x', leave: false } as const;
      const appends = [{ stream: 'deployment/d', expectedVersion, entries: [{ actor: 'x', event }] }];
      await store.append({ appends, lease }, soon());
    };
    await append(first.generation, 0);
    const second = await store.grantLease('driver-2', first, soon());
    await assert.rejects(append(first.generation, 1), { code: 'lease.lost' });
    assert.equal(await store.version('deployment/d', soon()), 1);
    await append(second.generation, 1);
  });

  test('after a recovery generations go on above its base, those of before stay, and rebuilding changes none', async (t) => {
    const { store, reopen } = await open(t);
    const recover = async (generationBase: number, expectedVersion: number) => {
      const event = { kind: 'ledger-recovered', generationBase, lost: null, highestSeen: generationBase - 1 } as const;
      await store.append(
        { appends: [{ stream: 'ledger', expectedVersion, entries: [{ actor: 'x', event }] }] },
        soon(),
      );
    };
    const before = await store.grantLease('driver-1', null, soon());
    await recover(5_000, 0);
    assert.deepEqual(await store.lease(soon()), before);
    assert.deepEqual((await store.renewLease(before, soon())).generation, 1);
    const after = await store.grantLease('driver-2', await store.lease(soon()), soon());
    assert.deepEqual(after, { driver: 'driver-2', generation: 5_003, renewals: 0 });
    await recover(2 ** 40, 1);
    const again = await store.grantLease('driver-3', await store.renewLease(after, soon()), soon());
    assert.equal(again.generation, 2 ** 40 + 5);
    await store.rebuild(soon());
    assert.deepEqual(await store.lease(soon()), again);
    assert.deepEqual(await (await reopen()).lease(soon()), again);
  });

  test('whatever is asked in whatever order, generations grow and only the last grant is renewed (property)', async (t) => {
    const { store } = await open(t);
    let held = await store.lease(soon());
    const known: LeaseRow[] = [];
    const move = fc.record({ renew: fc.boolean(), which: fc.nat({ max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 8 }), async (moves) => {
        for (const { renew, which } of moves) {
          const seen = known.at(-1 - which) ?? null;
          if (renew && seen === null) continue;
          const isHeld = seen?.generation === held?.generation;
          const isSame = isHeld && seen?.renewals === held?.renewals;
          const asked = renew && seen !== null ? store.renewLease(seen, soon()) : store.grantLease('d', seen, soon());
          const row = await asked.catch((error: unknown) => {
            assert.ok(isFault(error, renew ? 'lease.lost' : 'store.conflict'), String(error));
            return null;
          });
          assert.equal(row !== null, renew ? isHeld : isSame);
          if (row === null) continue;
          assert.ok(row.generation > (held?.generation ?? 0) || row.renewals > (held?.renewals ?? 0));
          held = row;
          known.push(row);
        }
        assert.deepEqual(await store.lease(soon()), held);
      }),
      { numRuns: 30 },
    );
  });
}
