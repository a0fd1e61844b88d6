import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { firstPrevious } from '../../core/ledger.ts';
import { checkLevels, readLevel } from '../testing/tree-contract.ts';
import { byTester, lease, projections, recordEverything, soon } from '../testing/samples.ts';
import { rebuildSqliteLedger } from './rebuild.ts';
import { writeBulk } from './testing/bulk-entries.ts';
import { folderFor, openStore, tamper } from './testing/folder.ts';
import type { FoldProgress } from './message.ts';
import { Writer } from './writer.ts';

const grants = () => ({ stream: 's', kind: 'lease-granted', payload: { driver: 'd' } });

/** Makes a ledger of so many entries of which nothing is folded, and no subtree made. */
function makeUnfolded(directory: string, count: number): void {
  new Writer(join(directory, 'ledger.db')).close();
  tamper(directory, (database) => writeBulk(database, { sequence: 0, hash: firstPrevious }, count, grants));
}

const treeRows = (directory: string): unknown =>
  tamper(directory, (database) => database.prepare('SELECT * FROM tree_hash').all());

test('a tree of three levels is filled in at opening, and grows on with what is appended', async (t) => {
  const directory = await folderFor(t);
  makeUnfolded(directory, 65_400);
  tamper(directory, (database) => {
    database.exec(`UPDATE projection_mark SET sequence = 65400; INSERT INTO stream_head VALUES (1, 's', 65400)`);
  });
  const store = await openStore(directory);
  assert.equal((await readLevel(store, 1)).length, 255);
  assert.deepEqual(await readLevel(store, 2), []);
  const entries = byTester(...Array.from({ length: 800 }, () => lease('e')));
  await store.append({ appends: [{ stream: 's', expectedVersion: 65_400, entries }] }, soon());
  await checkLevels(store, await readLevel(store, 0));
  assert.equal((await readLevel(store, 2)).length, 1);
  await store.close();
});

test('filling in the tree of a ledger of before leaves the projections and their mark alone', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  await recordEverything(store);
  const entries = byTester(...Array.from({ length: 300 }, () => lease('e')));
  await store.append({ appends: [{ stream: 's', expectedVersion: 0, entries }] }, soon());
  const before = await projections(store);
  await store.close();
  tamper(directory, (database) => database.exec('DROP TABLE tree_hash; UPDATE platform SET revision = 77'));
  tamper(directory, (database) => database.exec(migration('004-ledger-tree.sql')));
  const again = await openStore(directory);
  assert.notDeepEqual(await projections(again), before, 'nothing was folded again');
  assert.equal((await readLevel(again, 1)).length, 1);
  await again.close();
});

test('a rebuild that is stopped anywhere is carried on by the next opening, to the same end', async (t) => {
  const directory = await folderFor(t);
  makeUnfolded(directory, 2_500);
  await (await openStore(directory)).close();
  const rows = treeRows(directory);
  assert.equal(await rebuildSqliteLedger({ directory, signal: soon() }), 2_500);
  assert.deepEqual(treeRows(directory), rows);
  const pieces: FoldProgress[] = [];
  new Writer(join(directory, 'ledger.db'), { anew: true, tell: (progress) => pieces.push(progress) }).close();
  assert.deepEqual(
    pieces.map(({ making, done, total }) => [making, done, total]),
    [...[1_000, 2_000, 2_500].map((done) => ['projections', done, 2_500]), ['tree', 2_500, 2_500]],
  );
  for (const stopAt of pieces.keys()) {
    let told = 0;
    const stop = (): void => {
      told += 1;
      if (told === stopAt + 1) throw new Error('stopped');
    };
    assert.throws(() => new Writer(join(directory, 'ledger.db'), { anew: true, tell: stop }), { message: 'stopped' });
    const store = await openStore(directory);
    assert.equal(await store.version('s', soon()), 2_500, `stopped after piece ${stopAt}`);
    await store.close();
    assert.deepEqual(treeRows(directory), rows);
  }
});

test('a rebuild that was stopped is carried on by the next one; a whole ledger is made anew from its first entry', async (t) => {
  const directory = await folderFor(t);
  makeUnfolded(directory, 2_500);
  await (await openStore(directory)).close();
  const rows = treeRows(directory);
  const rebuilt = async () => {
    const pieces: string[] = [];
    const tell = ({ making, done }: FoldProgress) => void pieces.push(`${making} ${done}`);
    await rebuildSqliteLedger({ directory, signal: soon(), tell });
    assert.deepEqual(treeRows(directory), rows);
    return pieces;
  };
  const all = ['projections 1000', 'projections 2000', 'projections 2500', 'tree 2500'];
  assert.deepEqual(await rebuilt(), all);
  for (const stopAt of [1, 2, 3]) {
    let told = 0;
    const stop = (): void => {
      told += 1;
      if (told === stopAt) throw new Error('stopped');
    };
    assert.throws(() => new Writer(join(directory, 'ledger.db'), { anew: true, tell: stop }), { message: 'stopped' });
    assert.deepEqual(await rebuilt(), all.slice(stopAt), `stopped after piece ${stopAt}`);
  }
});

test('a rebuild is refused where no ledger is, and where a server has it open', async (t) => {
  const directory = await folderFor(t);
  await assert.rejects(rebuildSqliteLedger({ directory, signal: soon() }), { code: 'request.invalid' });
  const store = await openStore(directory);
  await assert.rejects(rebuildSqliteLedger({ directory, signal: soon() }), { code: 'store.locked' });
  await store.close();
  assert.equal(await rebuildSqliteLedger({ directory, signal: soon() }), 0);
});

test('an entry that is missing is named when its subtree is to be made', async (t) => {
  const directory = await folderFor(t);
  makeUnfolded(directory, 1_000);
  await (await openStore(directory)).close();
  tamper(directory, (database) => database.exec('DELETE FROM tree_hash; DELETE FROM entry WHERE sequence = 300'));
  await assert.rejects(openStore(directory), { code: 'store.broken' });
});

function migration(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../migrations/sqlite', name), 'utf8');
}
