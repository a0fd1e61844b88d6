import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { appendContract } from './append-contract.ts';
import { erasureContract } from './erasure-contract.ts';
import { leaseContract } from './lease-contract.ts';
import { listContract } from './list-contract.ts';
import type { OpenedStore, OpenForTest } from './opened-store.ts';
import { projectionContract } from './projection-contract.ts';
import { allEntries, byTester, lease, projections, record, recordEverything, soon } from './samples.ts';
import { tokenContract } from './token-contract.ts';
import { treeContract } from './tree-contract.ts';

/** What every store must do, whatever database lies under it: the tests that a driver joins by naming itself. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  const openForTest: OpenForTest = async (t) => {
    const opened = await open();
    t.after(() => opened.destroy());
    return opened;
  };
  describe(`${name}: appending`, () => appendContract(openForTest));
  describe(`${name}: projections`, () => projectionContract(openForTest));
  describe(`${name}: lists`, () => listContract(openForTest));
  describe(`${name}: tokens and listeners`, () => tokenContract(openForTest));
  describe(`${name}: erasure`, () => erasureContract(openForTest));
  describe(`${name}: tree`, () => treeContract(openForTest));
  describe(`${name}: lease`, () => leaseContract(openForTest));
  describe(`${name}: life`, () => lifeContract(openForTest));
}

function lifeContract(open: OpenForTest): void {
  test('what was acknowledged is there after the store was opened again', async (t) => {
    const { store, reopen } = await open(t);
    const blob = Buffer.from('kept');
    await store.append({ appends: [], blobs: [blob] }, soon());
    await recordEverything(store);
    const before = [await allEntries(store), await projections(store), await store.head(soon())];
    const again = await reopen();
    assert.deepEqual([await allEntries(again), await projections(again), await again.head(soon())], before);
    const { entries } = await record(again, 'lease/drive', lease('next'));
    assert.equal(entries[0]?.sequence, (before[0] as readonly unknown[]).length + 1);
  });

  test('closing waits for everything that was accepted, and then refuses', async (t) => {
    const { store, reopen } = await open(t);
    const accepted = Array.from({ length: 300 }, (_, index) =>
      store.append({ appends: [{ stream: `s/${index}`, expectedVersion: 0, entries: byTester(lease('a')) }] }, soon()),
    );
    const closed = store.close();
    await assert.rejects(store.append({ appends: [] }, soon()), { code: 'store.failed' });
    await closed;
    await store.close();
    await assert.rejects(store.head(soon()), { code: 'store.failed' });
    assert.equal((await Promise.all(accepted)).length, 300);
    assert.equal((await allEntries(await reopen())).length, 300);
  });

  test('a signal that was aborted before stops every method, and nothing is written', async (t) => {
    const { store } = await open(t);
    const aborted = AbortSignal.abort(new Error('enough'));
    const entries = byTester(lease('a'));
    const request = { appends: [{ stream: 's', expectedVersion: 0, entries }] };
    await assert.rejects(store.append(request, aborted), { message: 'enough' });
    await assert.rejects(store.head(aborted), { message: 'enough' });
    await assert.rejects(store.rebuild(aborted), { message: 'enough' });
    await assert.rejects(store.deployments({}, { limit: 1 }, aborted), { message: 'enough' });
    await assert.rejects(store.noteTokenUse(new Map(), aborted), { message: 'enough' });
    assert.deepEqual(await allEntries(store), []);
  });

  test('a request that is aborted while it waits is not written', async (t) => {
    const { store } = await open(t);
    const abort = new AbortController();
    const request = { appends: [{ stream: 's', expectedVersion: 0, entries: byTester(lease('a')) }] };
    const waiting = store.append(request, abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(waiting, { message: 'enough' });
    await record(store, 'other', lease('b'));
    assert.deepEqual(await store.stream('s', soon()), []);
  });
}
