import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../core/canonical.ts';
import { readReceipt } from '../core/ledger-evidence.ts';
import { firstPrevious, leafHash, type LedgerEntry } from '../core/ledger.ts';
import { chain, checkpointOf, makeKey, receiptOf } from '../core/testing/signed-ledger.ts';
import { auditExport, closingLine } from './ledger-export.ts';
import { auditPages, type ReadEntries } from './ledger.ts';

function chainOf(length: number): readonly LedgerEntry[] {
  return chain(Array.from({ length }, (_, index) => ({ payload: { driver: `d${index}` } })));
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

const how = { keys: [], evidence: [], tell: () => undefined };
const long = chainOf(2_500);
const key = makeKey('drayage/0123456789abcdef');

test('a whole ledger of several pages verifies, and tells how far it is', async () => {
  const told: number[] = [];
  const audit = await auditPages(serverOf(long, long), { ...how, tell: (done) => told.push(done) });
  assert.deepEqual([audit.kind, audit.entries], ['whole', 2_500]);
  assert.equal(audit.head, leafHash(long[2_499] ?? assert.fail()));
  assert.deepEqual(told, [1000, 2000, 2500]);
});

test('an empty ledger verifies', async () => {
  const audit = await auditPages(serverOf([], []), how);
  assert.deepEqual([audit.kind, audit.entries, audit.head], ['whole', 0, firstPrevious]);
});

test('a server that leaves entries out or shows others than its head says is found out', async () => {
  const short = chainOf(3);
  const last = short[2] ?? assert.fail();
  for (const shown of [short.slice(0, 2), [...short.slice(0, 2), { ...last, actor: 'somebody' }]]) {
    const audit = await auditPages(serverOf(shown, short), how);
    assert.deepEqual([audit.kind, audit.findings[0]?.sequence], ['broken', 3]);
  }
});

/** An export of these entries, closed by the checkpoint over the first `size`. */
function exportOf(entries: readonly LedgerEntry[], size: number): Buffer {
  const lines = entries.map((entry) => `${canonical(entry)}\n`);
  return Buffer.from(lines.join('') + closingLine(checkpointOf(entries, size, key)));
}

async function audited(text: Buffer, pieceBytes = 65_536) {
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < text.length; at += pieceBytes)
      yield await Promise.resolve(text.subarray(at, at + pieceBytes));
  };
  return await auditExport(pieces(), { ...how, keys: [key.verifier] });
}

test('an export verifies with nothing but the public key, however it is cut into pieces', async () => {
  const entries = chainOf(30);
  for (const pieceBytes of [1, 7, 1_000, 65_536]) {
    const audit = await audited(exportOf(entries, 30), pieceBytes);
    assert.deepEqual([audit.kind, audit.entries, audit.proofs.length], ['whole', 30, 1]);
  }
});

test('an export that was cut anywhere is never whole (property)', async () => {
  const whole = exportOf(chainOf(12), 12);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
      const audit = await audited(whole.subarray(0, length));
      assert.equal(audit.kind, 'unknown', `cut to ${length} of ${whole.length}`);
      assert.match(audit.findings[0]?.problem ?? '', /the export is not complete/);
    }),
  );
});

test('an export of which lines were left out at the end is told to miss them', async () => {
  const lines = exportOf(chainOf(12), 12).toString('utf8').split('\n');
  const audit = await audited(Buffer.from([...lines.slice(0, 9), ...lines.slice(12)].join('\n')));
  assert.equal(audit.kind, 'broken');
  assert.match(audit.findings[0]?.problem ?? '', /entries 10 to 12 are missing/);
});

test('any byte of an export that is altered is found (property)', async () => {
  const whole = exportOf(chainOf(8), 8);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const altered = Buffer.from(whole);
      altered[at] = ((altered[at] ?? 0) + by) % 256;
      const audit = await audited(altered);
      assert.notEqual(audit.kind, 'whole', `byte ${at} of ${whole.length}`);
    }),
    { numRuns: 300 },
  );
});

test('what is no export is told by the line, and no line is kept that is too long', async () => {
  for (const [text, problem] of [
    ['{"a":1}\n', /line 1 is no entry/],
    ['hello\n', /line 1 is no entry.*JSON/],
    ['x'.repeat(500_000), /longer than/],
    ['', /not complete/],
  ] as const) {
    const audit = await audited(Buffer.from(text));
    assert.notEqual(audit.kind, 'whole');
    assert.match(audit.findings[0]?.problem ?? '', problem);
  }
  const after = Buffer.concat([exportOf(chainOf(2), 2), Buffer.from('{}\n')]);
  assert.match((await audited(after)).findings[0]?.problem ?? '', /stands after the checkpoint/);
});

test('a receipt is held against an export', async () => {
  const entries = chainOf(9);
  const receipt = readReceipt('kept', receiptOf(entries, 4, 7, key)) ?? assert.fail();
  const run = async (text: Buffer) =>
    await auditExport(
      (async function* () {
        yield await Promise.resolve(text);
      })(),
      { ...how, keys: [key.verifier], evidence: [receipt] },
    );
  assert.deepEqual(
    [(await run(exportOf(entries, 9))).kind, (await run(exportOf(entries, 9))).proofs.length],
    ['whole', 2],
  );
  const forged = chain(entries.map((entry) => ({ payload: entry.sequence === 4 ? {} : entry.payload })));
  const audit = await run(exportOf(forged, 9));
  assert.deepEqual(
    [audit.kind, audit.findings.map(({ kind, sequence }) => [kind, sequence])],
    [
      'broken',
      [
        ['rewritten', 4],
        ['rewritten', 1],
      ],
    ],
  );
});
