import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../core/canonical.ts';
import { sha256 } from '../core/hash.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { entryText } from './entry-text.ts';
import { openLedgerFile } from './sqlite/file.ts';
import { folderFor, openStore, tamper } from './sqlite/testing/folder.ts';
import { lease, record, recordEverything, soon } from './testing/samples.ts';
import { auditLedger, verifyLedger, type Verdict } from './verify.ts';

async function verifyFile(path: string): Promise<Verdict> {
  const file = openLedgerFile(path);
  try {
    return await verifyLedger(file, soon());
  } finally {
    file.close();
  }
}

test('the text of an entry is its canonical JSON (property)', () => {
  const text = fc.string({ unit: 'grapheme', size: 'max', maxLength: 40 });
  const entry = fc.record({
    sequence: fc.nat(),
    time: fc.maxSafeInteger(),
    stream: text,
    kind: fc.constantFrom('lease-granted' as const, 'token-revoked' as const),
    v: fc.nat(),
    actor: text,
    payload: fc.dictionary(text, fc.jsonValue()) as fc.Arbitrary<LedgerEntry['payload']>,
    prev: fc.string({ minLength: 64, maxLength: 64 }),
  });
  fc.assert(
    fc.property(entry, (each) => {
      const { payload, ...members } = each;
      assert.equal(entryText({ ...members, payloadText: canonical(payload) }), canonical(each));
    }),
    { numRuns: 500 },
  );
});

test('a ledger file is verified while a server has it open, and as a copy afterwards', async (t) => {
  const directory = await folderFor(t);
  const path = join(directory, 'ledger.db');
  const store = await openStore(directory);
  await recordEverything(store);
  const head = await store.head(soon());
  const whole = { kind: 'whole', entries: head.sequence, head: head.hash };
  assert.deepEqual(await verifyFile(path), whole);
  await record(store, 's', lease('more'));
  assert.equal((await verifyFile(path)).kind, 'whole');
  await store.close();
  const copy = join(await folderFor(t), 'copy of a ledger #1?.db');
  await copyFile(path, copy);
  assert.deepEqual(await verifyFile(copy), await verifyFile(path));
});

test('an empty ledger verifies', async (t) => {
  const directory = await folderFor(t);
  await (await openStore(directory)).close();
  assert.deepEqual(await verifyFile(join(directory, 'ledger.db')), { kind: 'whole', entries: 0, head: sha256('') });
});

test('what is no ledger is refused by name', async (t) => {
  const directory = await folderFor(t);
  assert.throws(() => openLedgerFile(join(directory, 'none.db')), { code: 'request.invalid' });
  await writeFile(join(directory, 'text.db'), 'no database at all, but long enough to look at'.repeat(50));
  assert.throws(() => openLedgerFile(join(directory, 'text.db')), { code: 'store.broken' });
  tamper(directory, (database) => database.exec('CREATE TABLE other (x)'));
  assert.throws(() => openLedgerFile(join(directory, 'ledger.db')), { code: 'store.broken' });
});

test('a stored hash of the tree that is not that of its entries is named, and the entries stay whole', async (t) => {
  const directory = await folderFor(t);
  const path = join(directory, 'ledger.db');
  const store = await openStore(directory);
  await record(store, 's', ...Array.from({ length: 700 }, (_, index) => lease(`${index}`)));
  await store.close();
  const [zeros, spoilt] = ['UPDATE tree_hash SET hash = zeroblob(32) WHERE number = 1', await folderFor(t)];
  for (const change of [zeros, 'DELETE FROM tree_hash WHERE number = 0']) {
    await copyFile(path, join(spoilt, 'ledger.db'));
    tamper(spoilt, (database) => database.exec(change));
    const file = openLedgerFile(join(spoilt, 'ledger.db'));
    const audit = await auditLedger(file, { keys: [], evidence: [] }, soon());
    file.close();
    assert.deepEqual(
      [audit.kind, audit.entries, audit.findings.map(({ kind, sequence }) => [kind, sequence])],
      ['broken', 700, [['subtree', change === zeros ? 257 : 1]]],
    );
  }
  tamper(spoilt, (database) => database.exec('DELETE FROM tree_hash'));
  assert.equal((await verifyFile(join(spoilt, 'ledger.db'))).kind, 'whole', 'none was made yet');
});

const entries = 1_203; // more than one page
type Change = (database: DatabaseSync, at: number) => number;

/** Each alters the ledger at a place and tells the sequence at which verification must stop. */
const changes: Record<string, Change> = {
  'an altered payload': (database, at) => update(database, at, `payload = '{"driver":"forged"}'`, at),
  'a payload with the same meaning in other bytes': (database, at) =>
    update(database, at, `payload = replace(payload, ':', ': ')`, at),
  'a payload that is no JSON': (database, at) => update(database, at, `payload = '{'`, at),
  'an altered actor': (database, at) => update(database, at, `actor = 'else'`, at),
  'an altered time': (database, at) => update(database, at, 'time = time + 1', at),
  'an altered stream': (database, at) => update(database, at, `stream = 'other'`, at),
  'an altered kind': (database, at) => update(database, at, `kind = 'token-revoked'`, at),
  'an altered version': (database, at) => update(database, at, 'v = v + 1', at),
  'an altered prev': (database, at) => update(database, at, `prev = '${sha256('x')}'`, at),
  'an altered hash': (database, at) => update(database, at, `hash = '${sha256('x')}'`, at),
  'a dropped entry': (database, at) => {
    database.prepare('DELETE FROM entry WHERE sequence = ?').run(at);
    return at;
  },
  'everything from here cut off': (database, at) => {
    database.prepare('DELETE FROM entry WHERE sequence >= ?').run(at);
    return at;
  },
  'two swapped neighbours': (database, at) => {
    const [low, high] = at === entries ? [at - 1, at] : [at, at + 1];
    const move = database.prepare('UPDATE entry SET sequence = ? WHERE sequence = ?');
    for (const [to, from] of [
      [99_999, low],
      [low, high],
      [high, 99_999],
    ] as const)
      move.run(to, from);
    return low;
  },
  'an entry altered together with its hash': (database, at) => {
    const row = database.prepare('SELECT * FROM entry WHERE sequence = ?').get(Math.min(at, entries - 1));
    assert.ok(row !== undefined);
    const { payload: _payload, hash: _hash, ...members } = row as unknown as LedgerEntry & { hash: string };
    const hash = sha256(`\u0000${entryText({ ...members, payloadText: '{}' })}`);
    return update(database, members.sequence, `payload = '{}', hash = '${hash}'`, members.sequence + 1);
  },
};

function update(database: DatabaseSync, at: number, set: string, found: number): number {
  const { changes: changed } = database.prepare(`UPDATE entry SET ${set} WHERE sequence = ?`).run(at);
  assert.equal(changed, 1);
  return found;
}

test('any altered, dropped or swapped entry is found, at its place (property)', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  for (let number = 0; number < 3; number += 1) {
    await record(store, `s/${number}`, ...Array.from({ length: entries / 3 }, (_, index) => lease(`${index}`)));
  }
  await store.close();
  const path = join(directory, 'ledger.db');
  assert.equal((await verifyFile(path)).kind, 'whole');
  const place = fc.oneof(
    fc.constantFrom(1, 2, 1_000, 1_001, entries - 1, entries),
    fc.integer({ min: 1, max: entries }),
  );
  const spoilt = await folderFor(t);
  for (const [what, change] of Object.entries(changes)) {
    await fc.assert(
      fc.asyncProperty(place, async (at) => {
        await copyFile(path, join(spoilt, 'ledger.db'));
        const sequence = tamper(spoilt, (database) => change(database, at));
        const verdict = await verifyFile(join(spoilt, 'ledger.db'));
        assert.ok(verdict.kind === 'broken', `${what} at ${at} was not found`);
        assert.equal(verdict.break.sequence, sequence, `${what} at ${at}: ${verdict.break.problem}`);
      }),
      { numRuns: 8 },
    );
  }
});
