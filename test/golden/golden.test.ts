import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonical } from '../../core/canonical.ts';
import { eventKinds, eventVersions, type LedgerEvent } from '../../core/event.ts';
import { sha256 } from '../../core/hash.ts';
import { upcasters } from '../../core/ledger.ts';
import { storeContents, verifyContent } from '../../store/content-check.ts';
import { storeSource, verifyLedger } from '../../store/verify.ts';
import { soon } from '../../store/testing/samples.ts';
import { foldedState, readGolden, replay } from './replay.ts';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted((a, b) => Number(a) - Number(b));

function presentVersion(kind: LedgerEvent['kind']): number {
  return eventVersions[kind] ?? 1;
}

for (const name of folders) {
  const folder = join(import.meta.dirname, name);

  test(`golden ledger ${name} verifies, and is folded to what it always was`, async () => {
    const expected: unknown = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    await replay(readGolden(folder), async (store) => {
      assert.equal((await verifyLedger(storeSource(store), soon())).kind, 'whole');
      assert.deepEqual(await foldedState(store), expected);
      await store.rebuild(soon());
      assert.deepEqual(await foldedState(store), expected);
    });
  });

  test(`golden ledger ${name} is an export, each line the canonical JSON of an entry`, () => {
    const text = readFileSync(join(folder, 'ledger.jsonl'), 'utf8');
    const { entries } = readGolden(folder);
    assert.equal(entries.map((entry) => `${canonical(entry)}\n`).join(''), text);
  });
}

test('what was erased of a golden ledger reads as erased, and all other kept contents are there', async () => {
  const golden = readGolden(join(import.meta.dirname, '3'));
  await replay(golden, async (store) => {
    for (const bytes of golden.contents) assert.ok((await store.blob(sha256(bytes), soon())) !== null);
    const { erased, altered } = await verifyContent(storeContents(store), soon());
    assert.deepEqual([erased, altered], [2, 0]);
  });
});

test('there is a golden ledger of every version of every kind of event: if not, see CONTRIBUTING', () => {
  const held = new Set(
    folders.flatMap((name) => readGolden(join(import.meta.dirname, name)).entries.map(({ kind, v }) => `${kind} ${v}`)),
  );
  const versions = eventKinds.flatMap((kind) =>
    Array.from({ length: presentVersion(kind) }, (_, before) => `${kind} ${before + 1}`),
  );
  assert.deepEqual(
    versions.filter((version) => !held.has(version)),
    [],
  );
  assert.deepEqual(
    [...held].filter((version) => !versions.includes(version)),
    [],
  );
});

test('there is an upcaster from every earlier version of every kind of event to the next', () => {
  for (const kind of eventKinds) assert.equal(upcasters[kind]?.length ?? 0, presentVersion(kind) - 1, kind);
});
