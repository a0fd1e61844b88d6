import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../../core/canonical.ts';
import { sha256 } from '../../core/hash.ts';
import { failure, eraseIn, recordWith } from '../testing/erasure-contract.ts';
import {
  accepted,
  allEntries,
  byTester,
  projections,
  record,
  soon,
  started,
  tokenCreated,
} from '../testing/samples.ts';
import { openForReading } from './schema.ts';
import { dumpProjections, folderFor, openStore, tamper } from './testing/folder.ts';

const migrations = join(import.meta.dirname, '../../migrations/sqlite');

/** What any file of the folder still holds of these words. */
function foundIn(directory: string, words: readonly string[]): readonly string[] {
  const files = readdirSync(directory).map((file) => readFileSync(join(directory, file)).toString('latin1'));
  return words.filter((word) => files.some((bytes) => bytes.includes(word)));
}

test('the bytes of erased excerpts and names are in no file of the data folder, and all others are', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  await recordWith(
    store,
    'token/t-1',
    tokenCreated('t-1', { name: { kind: 'person', digest: sha256(canonical({ salt: 's', name: 'Ada Lovelace' })) } }),
    Buffer.from(canonical({ salt: 's', name: 'Ada Lovelace' })),
  );
  const { event, blob } = failure('d-1', 'connection refused by 10.1.2.3');
  await recordWith(store, 'deployment/d-1', event, blob);
  const words = ['Ada Lovelace', 'connection refused by 10.1.2.3'];
  assert.deepEqual(foundIn(directory, words), words);
  await eraseIn(store, 'logs', sha256(blob));
  assert.deepEqual(foundIn(directory, words), ['Ada Lovelace']);
  await eraseIn(store, 'person', sha256(canonical({ salt: 's', name: 'Ada Lovelace' })));
  assert.deepEqual(foundIn(directory, words), []);
  await store.close();
  assert.deepEqual(foundIn(directory, words), []);
});

test('whatever is stored and erased in whatever order, no page keeps a copy of what was erased (property)', async (t) => {
  const sizes = fc.constantFrom(0, 40, 300, 1_000, 3_000, 9_000, 40_000);
  const rounds = fc.array(
    fc.record({ stored: fc.array(sizes, { maxLength: 25 }), erased: fc.nat(20), from: fc.nat() }),
    {
      minLength: 12,
      maxLength: 20,
    },
  );
  let erasures = 0;
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const directory = await folderFor(t);
      const store = await openStore(directory);
      const kept: { readonly mark: string; readonly digest: string }[] = [];
      const gone: string[] = [];
      for (const { stored, erased, from } of all) {
        const made = stored.map((size) => {
          const mark = randomBytes(16).toString('hex');
          return { mark, ...failure('d-1', `${mark}${'x'.repeat(size)}${mark}`) };
        });
        const expectedVersion = await store.version('deployment/d-1', soon());
        const entries = byTester(...made.map(({ event }) => event));
        const blobs = made.map(({ blob }) => blob);
        await store.append({ appends: [{ stream: 'deployment/d-1', expectedVersion, entries }], blobs }, soon());
        kept.push(...made.map(({ mark, blob }) => ({ mark, digest: sha256(blob) })));
        const taken = kept.splice(kept.length === 0 ? 0 : from % kept.length, erased);
        if (taken.length > 0) await eraseIn(store, 'logs', ...taken.map(({ digest }) => digest));
        gone.push(...taken.map(({ mark }) => mark));
      }
      assert.deepEqual(foundIn(directory, gone), []);
      assert.equal(
        foundIn(
          directory,
          kept.map(({ mark }) => mark),
        ).length,
        kept.length,
      );
      await store.close();
      assert.deepEqual(foundIn(directory, gone), []);
      erasures += gone.length;
    }),
    { numRuns: 8 },
  );
  assert.ok(erasures > 300, `only ${erasures} contents were erased`);
});

test('what a reader kept in the write-ahead log goes with the next commit after the reader', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  const { event, blob } = failure('d-1', 'held up by a reader');
  await recordWith(store, 'deployment/d-1', event, blob);
  const reader = openForReading(join(directory, 'ledger.db'));
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM entry').get();
  await eraseIn(store, 'logs', sha256(blob));
  assert.equal(await store.blob(sha256(blob), soon()), null);
  reader.close();
  const { event: next, blob: other } = failure('d-2', 'another');
  await recordWith(store, 'deployment/d-2', next, other);
  assert.deepEqual(foundIn(directory, ['held up by a reader']), []);
  await store.close();
});

test('what the ledger kept before content could be erased is taken over, names and excerpts, and can be erased', async (t) => {
  const [directory, old] = [await folderFor(t), await folderFor(t)];
  const store = await openStore(directory);
  const { event, blob } = failure('d-1', 'kept by an earlier version');
  await record(store, 'deployment/d-1', accepted('d-1'), started('d-1'));
  await recordWith(store, 'deployment/d-1', event, blob);
  await record(store, 'token/t-1', tokenCreated('t-1'));
  const entries = await allEntries(store);
  const before = await projections(store);
  await store.close();
  const rows = dumpProjections(directory);
  tamper(old, (database) => {
    for (const file of readdirSync(migrations).toSorted().slice(0, 4))
      database.exec(readFileSync(join(migrations, file), 'utf8'));
    database.exec(`ATTACH '${join(directory, 'ledger.db')}' AS present`);
    database.exec('INSERT INTO stream_head SELECT stream, version FROM present.stream_head');
    for (const table of ['entry', 'deployment', 'deployment_service'])
      database.exec(`INSERT INTO ${table} SELECT * FROM present.${table}`);
    database.exec(`INSERT INTO blob SELECT digest, bytes FROM present.erasable_blob;
      INSERT INTO token SELECT sequence, id, name, role, scope, use_kind, parent, secret_hash, created_at, expires_at,
        revoked_at FROM present.token;
      UPDATE projection_mark SET sequence = ${entries.length}; PRAGMA user_version = 4;`);
  });
  const again = await openStore(old);
  assert.deepEqual(await allEntries(again), entries);
  assert.deepEqual(await projections(again), before);
  assert.deepEqual(await again.blob(sha256(blob), soon()), new Uint8Array(blob));
  await again.close();
  assert.deepEqual(dumpProjections(old), rows);
  const last = await openStore(old);
  await eraseIn(last, 'logs', sha256(blob));
  assert.equal(await last.blob(sha256(blob), soon()), null);
  await last.close();
});
