import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { allEntries, record } from '../testing/samples.ts';
import { backupLedger } from './backup.ts';
import { restoreLedger } from './restore.ts';
import { backUpBesideWriters, tables } from './testing/backup-beside-writers.ts';
import { folderFor, openStore, tamper } from './testing/folder.ts';

const signal = AbortSignal.timeout(120_000);

test('backups beside eight writers are never torn: each verifies, and holds all that was answered before it began', async (t) => {
  await backUpBesideWriters(await folderFor(t), 3, signal);
});

test('a backup is one file that only its owner reads, and replaces none unless it is told to', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  await record(store, 'token/t-1', { kind: 'token-revoked', token: 't-1' });
  await store.close();
  const file = join(directory, 'backup.db');
  writeFileSync(file, 'something else');
  await assert.rejects(backupLedger({ directory, file, replace: false, signal }), { code: 'request.invalid' });
  assert.equal(readFileSync(file, 'utf8'), 'something else');
  const { entries } = await backupLedger({ directory, file, replace: true, signal });
  assert.equal(entries, 1);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const left = readdirSync(directory).filter((name) => name.includes('backup'));
  assert.deepEqual(left, ['backup.db']);
});

test('a folder without a ledger gives no backup, and nothing is left behind', async (t) => {
  const directory = await folderFor(t);
  const file = join(directory, 'backup.db');
  await assert.rejects(backupLedger({ directory, file, replace: false, signal }), { code: 'request.invalid' });
  writeFileSync(join(directory, 'ledger.db'), 'no database at all, but some text that is long enough'.repeat(100));
  await assert.rejects(backupLedger({ directory, file, replace: false, signal }), { code: 'store.broken' });
  assert.deepEqual(readdirSync(directory), ['ledger.db']);
});

test('a ledger that does not verify, or whose tables are not what it makes of them, gives no backup', async (t) => {
  const cases: readonly [change: string, told: RegExp][] = [
    [`UPDATE entry SET payload = replace(payload, 't-3', 't-4') WHERE sequence = 3`, /entry 3/],
    ['DELETE FROM entry WHERE sequence = 2', /entry 2/],
    [`UPDATE stream_head SET version = 7 WHERE stream = 'token/t-3'`, /table stream_head/],
    [`INSERT INTO platform VALUES (1, 9, 'p', 's', 0)`, /table platform/],
    [`INSERT INTO blob (digest, bytes) VALUES ('${'0'.repeat(64)}', x'00')`, /content 0000/],
  ];
  for (const [change, told] of cases) {
    const directory = await folderFor(t);
    const store = await openStore(directory);
    for (let n = 1; n <= 5; n += 1) await record(store, `token/t-${n}`, { kind: 'token-revoked', token: `t-${n}` });
    await store.close();
    tamper(directory, (database) => database.exec(change));
    const file = join(directory, 'backup.db');
    await assert.rejects(backupLedger({ directory, file, replace: false, signal }), (error: Error) => {
      assert.match(error.message, told);
      return 'code' in error && error.code === 'store.broken';
    });
    assert.equal(existsSync(file), false);
  }
});

test('a backup that is ended leaves nothing', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  await record(store, 'token/t-1', { kind: 'token-revoked', token: 't-1' });
  await store.close();
  const ending = new AbortController();
  const tell = () => ending.abort(new Error('enough'));
  const asked = backupLedger({ directory, file: join(directory, 'b.db'), replace: false, signal: ending.signal, tell });
  await assert.rejects(asked, /enough/);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.includes('b.db') && !name.startsWith('ledger')),
    [],
  );
});

test('a restored backup is the ledger of then; what was there is moved aside, key and checkpoint stay', async (t) => {
  const directory = await folderFor(t);
  const file = join(await folderFor(t), 'backup.db');
  const restore = { file, directory, mark: 'then', signal };
  const first = await openStore(directory);
  await record(first, 'token/t-1', { kind: 'token-revoked', token: 't-1' });
  await backupLedger({ directory, file, replace: false, signal });
  await record(first, 'token/t-2', { kind: 'token-revoked', token: 't-2' });
  await assert.rejects(restoreLedger({ ...restore, replace: true }), { code: 'store.locked' });
  await first.close();
  for (const name of ['signing.key', 'checkpoint']) writeFileSync(join(directory, name), name);
  await assert.rejects(restoreLedger({ ...restore, replace: false }), { code: 'request.invalid' });
  const { entries, replaced } = await restoreLedger({ ...restore, replace: true });
  assert.equal(entries, 1);
  assert.equal(replaced, join(directory, 'replaced-then'));
  const restored = await openStore(directory);
  assert.equal((await allEntries(restored)).length, 1);
  await restored.close();
  for (const name of ['signing.key', 'checkpoint']) assert.equal(readFileSync(join(directory, name), 'utf8'), name);
  assert.equal(tables(join(replaced ?? '', 'ledger.db'))[0], 2);
});

test('a backup that was altered is not put in place, and the folder stays as it was', async (t) => {
  const directory = await folderFor(t);
  const folder = await folderFor(t);
  const file = join(folder, 'ledger.db');
  const store = await openStore(directory);
  for (let n = 1; n <= 3; n += 1) await record(store, `token/t-${n}`, { kind: 'token-revoked', token: `t-${n}` });
  await backupLedger({ directory, file, replace: false, signal });
  await store.close();
  tamper(folder, (database) => database.exec(`UPDATE entry SET time = time + 1 WHERE sequence = 2`));
  const before = readdirSync(directory);
  const asked = restoreLedger({ file, directory, replace: true, mark: 'then', signal });
  await assert.rejects(asked, { code: 'store.broken' });
  assert.deepEqual(readdirSync(directory), before);
});
