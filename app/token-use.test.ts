import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/fault.ts';
import { createManualClock } from '../engine/testing/manual-clock.ts';
import { listeningLogger } from './testing/fakes.ts';
import { createTokenUse } from './token-use.ts';

/** A place for notes that keeps each batch, and fails when told to. */
function notebook() {
  const batches: (readonly (readonly [string, number])[])[] = [];
  const it = { batches, fails: false };
  const noteTokenUse = async (uses: ReadonlyMap<string, number>) => {
    if (it.fails) return await Promise.reject(new Fault('store.busy', 'The queue is full.'));
    batches.push([...uses]);
  };
  return { it, store: { noteTokenUse } };
}

function begin() {
  const clock = createManualClock(1_000_000);
  const { it, store } = notebook();
  return { clock, it, use: createTokenUse({ store, clock, logger: listeningLogger() }) };
}

test('uses are written together a few seconds later, a token at most once a minute', async () => {
  const { clock, it, use } = begin();
  for (const id of ['t-1', 't-2', 't-1']) use.note(id);
  assert.deepEqual(it.batches, []);
  await clock.pass(5_000);
  assert.deepEqual(it.batches, [
    [
      ['t-1', 1_000_000],
      ['t-2', 1_000_000],
    ],
  ]);
  await clock.pass(54_999);
  use.note('t-1');
  await clock.pass(1);
  use.note('t-1');
  await clock.pass(10_000);
  assert.deepEqual(it.batches.slice(1), [[['t-1', 1_060_000]]]);
  await use.stop();
});

test('what is not written yet is written at the end, and nothing is noted after it', async () => {
  const { it, use } = begin();
  use.note('t-1');
  await use.stop();
  assert.deepEqual(it.batches, [[['t-1', 1_000_000]]]);
  use.note('t-2');
  await use.stop();
  assert.equal(it.batches.length, 1);
});

test('a store that does not take the notes loses them and nothing else', async () => {
  const { clock, it, use } = begin();
  it.fails = true;
  use.note('t-1');
  await clock.pass(5_000);
  it.fails = false;
  use.note('t-2');
  await clock.pass(5_000);
  assert.deepEqual(it.batches, [[['t-2', 1_005_000]]]);
  await use.stop();
});

test('more than ten thousand tokens within a minute are not all remembered, and later they are noted again', async () => {
  const { clock, it, use } = begin();
  for (let number = 0; number < 10_500; number += 1) use.note(`t-${number}`);
  await clock.pass(5_000);
  assert.equal(it.batches[0]?.length, 10_000);
  await clock.pass(60_000);
  use.note('t-10499');
  await clock.pass(5_000);
  assert.deepEqual(it.batches[1], [['t-10499', 1_065_000]]);
  await use.stop();
});
