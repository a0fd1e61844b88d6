import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstPrevious, leafHash, type LedgerEntry } from '../core/ledger.ts';
import { verifyLedger, type ReadEntries } from './ledger.ts';

function chainOf(length: number): readonly LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  let prev = firstPrevious;
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const entry: LedgerEntry = {
      sequence,
      time: sequence,
      stream: 'lease/drive',
      kind: 'lease-granted',
      v: 1,
      actor: 'drayage',
      payload: { driver: `d${sequence}` },
      prev,
    };
    entries.push(entry);
    prev = leafHash(entry);
  }
  return entries;
}

/** A server that shows these entries under the head of the whole chain. */
function serverOf(shown: readonly LedgerEntry[], whole: readonly LedgerEntry[]): ReadEntries {
  const last = whole.at(-1);
  const head =
    last === undefined ? { sequence: 0, hash: firstPrevious } : { sequence: last.sequence, hash: leafHash(last) };
  return async (after, limit) => {
    const entries = shown.filter((entry) => entry.sequence > after).slice(0, limit);
    return await Promise.resolve({ entries, head, next: null, actorNames: {} });
  };
}

const quiet = () => undefined;
const chain = chainOf(2_500);

test('a whole ledger of several pages verifies, and tells how far it is', async () => {
  const told: number[] = [];
  const verdict = await verifyLedger(serverOf(chain, chain), (done) => told.push(done));
  assert.deepEqual(verdict, { kind: 'whole', entries: 2_500, head: leafHash(chain[2_499] ?? assert.fail()) });
  assert.deepEqual(told, [1000, 2000, 2500]);
});

test('an empty ledger verifies', async () => {
  assert.deepEqual(await verifyLedger(serverOf([], []), quiet), { kind: 'whole', entries: 0, head: firstPrevious });
});

test('any altered, dropped or swapped entry is found, and so is a head that is not that of the entries', async () => {
  const short = chainOf(12);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('altered', 'dropped', 'swapped'), fc.nat(10), async (how, at) => {
      const entries = [...short];
      const entry = short[at] ?? assert.fail();
      if (how === 'altered') entries[at] = { ...entry, payload: { driver: 'other' } };
      if (how === 'dropped') entries.splice(at, 1);
      if (how === 'swapped') [entries[at], entries[at + 1]] = [short[at + 1] ?? entry, entry];
      const verdict = await verifyLedger(serverOf(entries, short), quiet);
      assert.ok(verdict.kind === 'broken');
      assert.equal(verdict.break.sequence, how === 'altered' ? at + 2 : at + 1);
    }),
  );
});

test('an altered last entry is found by the head, and entries cut off at the end are missed', async () => {
  const short = chainOf(3);
  const last = short[2] ?? assert.fail();
  const altered = [...short.slice(0, 2), { ...last, actor: 'somebody' }];
  const verdict = await verifyLedger(serverOf(altered, short), quiet);
  assert.ok(verdict.kind === 'broken');
  assert.equal(verdict.break.sequence, 3);
  const cut = await verifyLedger(serverOf(short.slice(0, 2), short), quiet);
  assert.ok(cut.kind === 'broken');
  assert.equal(cut.break.sequence, 3);
});
