import assert from 'node:assert/strict';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../../core/hash.ts';
import type { Store } from '../../port/store.ts';
import { storeContract } from '../testing/contract.ts';
import { failure, recordWith } from '../testing/erasure-contract.ts';
import { allEntries, lease, projections, record, recordEverything, soon } from '../testing/samples.ts';
import { projectionTables } from './projections.ts';
import { openSqliteStore } from './store.ts';
import { clock, dumpProjections, folderFor, makeFolder, openStore, tamper } from './testing/folder.ts';

storeContract('sqlite', async () => {
  const directory = await makeFolder();
  let open: Store = await openStore(directory);
  return {
    store: open,
    reopen: async () => {
      await open.close();
      open = await openStore(directory);
      return open;
    },
    destroy: async () => {
      await open.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});

/** Opens a store, has it filled, and closes it. */
async function filled(directory: string, fill: (store: Store) => Promise<unknown>): Promise<void> {
  const store = await openStore(directory);
  await fill(store);
  await store.close();
}

test('the data folder is made for its owner alone', async (t) => {
  const directory = join(await folderFor(t), 'a', 'b');
  await filled(directory, async () => undefined);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test('a data folder that is open already is refused at once, and free again after closing', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  await assert.rejects(openStore(directory), { code: 'store.locked', facts: { directory } });
  await record(store, 's', lease('still writing'));
  await store.close();
  await filled(directory, (again) => record(again, 's', lease('next')));
});

test('a folder that cannot be used is a fault that names it', async (t) => {
  const file = join(await folderFor(t), 'file');
  await writeFile(file, 'no folder');
  await assert.rejects(openStore(file), { code: 'store.failed' });
});

test('opening that is aborted leaves the folder free', async (t) => {
  const directory = await folderFor(t);
  const abort = new AbortController();
  const opening = openSqliteStore({ directory, clock, signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(opening, { message: 'enough' });
  await filled(directory, (store) => record(store, 's', lease('a')));
});

test('a database that a newer version wrote is refused and left alone', async (t) => {
  const directory = await folderFor(t);
  await filled(directory, (store) => record(store, 's', lease('a')));
  tamper(directory, (database) => database.exec('PRAGMA user_version = 99'));
  await assert.rejects(openStore(directory), { code: 'store.broken', facts: { schema: 99, known: 9 } });
  tamper(directory, (database) => database.exec('PRAGMA user_version = 9'));
  await filled(directory, async (store) => assert.equal((await allEntries(store)).length, 1));
});

test('a file that is no database is refused as broken', async (t) => {
  const directory = await folderFor(t);
  await writeFile(join(directory, 'ledger.db'), 'x'.repeat(8192));
  await assert.rejects(openStore(directory), { code: 'store.broken' });
});

test('rebuilding gives the same rows in every table, even after they were spoilt', async (t) => {
  const directory = await folderFor(t);
  await filled(directory, async (store) => {
    await recordEverything(store);
    const { event, blob } = failure('d-3', 'line');
    await recordWith(store, 'deployment/d-3', event, blob);
  });
  const before = dumpProjections(directory);
  for (const table of projectionTables) assert.notDeepEqual(before[table], [], `${table} holds something`);
  tamper(directory, (database) => {
    for (const table of projectionTables.slice(1, 4)) database.exec(`DELETE FROM ${table}`);
    database.exec("UPDATE stream_head SET version = 77; UPDATE token SET name = 'forged';");
  });
  await filled(directory, (store) => store.rebuild(soon()));
  assert.deepEqual(dumpProjections(directory), before);
});

test('opening folds what the projections lack, from nothing or from anywhere', async (t) => {
  const directory = await folderFor(t);
  await filled(directory, recordEverything);
  const half = dumpProjections(directory);
  const halfway = await copyTables(directory);
  await filled(directory, recordMore);
  const whole = dumpProjections(directory);
  assert.notDeepEqual(half, whole);

  halfway.restore();
  assert.deepEqual(dumpProjections(directory), half);
  await filled(directory, async () => undefined);
  assert.deepEqual(dumpProjections(directory), whole);

  tamper(directory, (database) => {
    for (const table of projectionTables) database.exec(`DELETE FROM ${table}`);
    database.exec('UPDATE projection_mark SET sequence = 0');
  });
  await filled(directory, async () => undefined);
  assert.deepEqual(dumpProjections(directory), whole);
});

async function recordMore(store: Store): Promise<void> {
  // more than one piece of the replay
  for (let number = 0; number < 3; number += 1) {
    await record(store, `many/${number}`, ...Array.from({ length: 700 }, (_, index) => lease(String(index))));
  }
  await record(store, 'token/t-1', { kind: 'token-revoked', token: 't-1' });
  await record(store, 'platform', {
    kind: 'platform-applied',
    revision: 3,
    platform: sha256('p'),
    source: sha256('s'),
  });
}

/** Keeps the projections as they are inside the database; `restore` brings them back without the ledger. */
async function copyTables(directory: string): Promise<{ restore: () => void }> {
  const tables = [...projectionTables, 'projection_mark'];
  const each = (sql: (table: string) => string): void =>
    tamper(directory, (database) => database.exec(tables.map(sql).join(';')));
  each((table) => `CREATE TABLE copy_of_${table} AS SELECT * FROM ${table}`);
  return {
    restore: () => each((table) => `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM copy_of_${table}`),
  };
}

const spoilings = {
  'its last entry was altered': `UPDATE entry SET payload = '{"driver":"x"}' WHERE sequence = 3`,
  'the stored hash of its last entry was altered': `UPDATE entry SET hash = '${sha256('x')}' WHERE sequence = 3`,
  'its last entry does not follow the one before': `UPDATE entry SET hash = '${sha256('x')}' WHERE sequence = 2`,
  'its last entry is lost': 'DELETE FROM entry WHERE sequence = 3',
  'all of it is lost': 'DELETE FROM entry',
  'a number in it is beyond what is ever written': 'UPDATE entry SET time = 9007199254740993 WHERE sequence = 3',
};

for (const [how, sql] of Object.entries(spoilings)) {
  test(`a ledger is not opened when ${how}`, async (t) => {
    const directory = await folderFor(t);
    await filled(directory, (store) => record(store, 's', lease('a'), lease('b'), lease('c')));
    tamper(directory, (database) => database.exec(sql));
    await assert.rejects(openStore(directory), { code: 'store.broken' });
  });
}

test('a blob whose bytes were altered is not handed out', async (t) => {
  const directory = await folderFor(t);
  const blob = Buffer.from('manifest');
  await filled(directory, (store) => store.append({ appends: [], blobs: [blob] }, soon()));
  tamper(directory, (database) => database.exec("UPDATE blob SET bytes = x'00'"));
  await filled(directory, async (store) => {
    await assert.rejects(store.blob(sha256(blob), soon()), { code: 'store.broken' });
  });
});

test('a row that is not what was written is a fault, and rebuilding mends it', async (t) => {
  const directory = await folderFor(t);
  await filled(directory, recordEverything);
  tamper(directory, (database) => database.exec("UPDATE deployment SET services = '[' WHERE id = 'd-1'"));
  await filled(directory, async (store) => {
    await assert.rejects(store.deployment('d-1', soon()), { code: 'store.broken', facts: { column: 'services' } });
    await store.rebuild(soon());
    assert.ok(await projections(store));
  });
});
