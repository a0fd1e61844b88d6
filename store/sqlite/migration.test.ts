import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { everywhere } from '../../core/access.ts';
import { canonical } from '../../core/canonical.ts';
import { sha256 } from '../../core/hash.ts';
import type { JsonObject } from '../../core/json.ts';
import { firstPrevious, leafHash, type LedgerEntry } from '../../core/ledger.ts';
import type { Store } from '../../port/store.ts';
import { lease, projections, record, soon, targetA, tokenCreated } from '../testing/samples.ts';
import { storeSource, verifyLedger, type Verdict } from '../verify.ts';
import { openLedgerFile } from './file.ts';
import { folderFor, openStore, tamper } from './testing/folder.ts';

const migrations = join(import.meta.dirname, '../../migrations/sqlite');
const secretHash = sha256('secret');
const plan = sha256('plan');

type Old = readonly [stream: string, kind: LedgerEntry['kind'], payload: JsonObject];

/** What version 1 wrote, every payload as it wrote it: 7 entries, then as many of leases as are asked for. */
function oldEntries(leases: number): readonly Old[] {
  const spot = { cluster: 'fe', service: 'cart', component: 'web' };
  const stepped = { deployment: 'd-1', step: 'fe/cart/web', spot, target: targetA };
  const accepted = {
    deployment: 'd-1',
    environment: 'dev',
    plan,
    services: ['cart', 'catalog'],
    onFailure: 'roll-back',
    restores: null,
    reason: 'deploy',
  };
  const grants = Array.from({ length: leases }, (_, index) => ({ driver: String(index) }));
  return [
    ['token/t-1', 'token-created', { token: 't-1', name: 'first admin', role: 'admin', secretHash }],
    ['token/t-2', 'token-created', { token: 't-2', name: 'old', role: 'viewer', secretHash: sha256('other') }],
    ['token/t-2', 'token-revoked', { token: 't-2' }],
    ['deployment/d-1', 'deployment-accepted', accepted],
    ['deployment/d-1', 'deployment-started', { deployment: 'd-1', generation: 1 }],
    ['deployment/d-1', 'step-started', stepped],
    ['deployment/d-1', 'step-verified', stepped],
    ...grants.map((payload): Old => ['lease/drive', 'lease-granted', payload]),
  ];
}

/** A chain as version 1 made it; entry n is of the millisecond 1,000 + n. */
function chained(all: readonly Old[]): readonly LedgerEntry[] {
  let prev = firstPrevious;
  return all.map(([stream, kind, payload], index) => {
    const sequence = index + 1;
    const entry: LedgerEntry = { sequence, time: 1_000 + sequence, stream, kind, v: 1, actor: 'old', payload, prev };
    prev = leafHash(entry);
    return entry;
  });
}

/**
 * Makes the database of a data folder as version 1 left it: its schema, these entries, and rows that it had folded of
 * them. The mark says that all is folded, as it does at rest.
 */
function makeOldLedger(directory: string, entries: readonly LedgerEntry[]): void {
  tamper(directory, (database) => {
    database.exec('PRAGMA journal_mode = WAL; BEGIN');
    database.exec(readFileSync(join(migrations, '001-ledger.sql'), 'utf8'));
    const head = database.prepare(`INSERT INTO stream_head (stream, version) VALUES (?, 1)
      ON CONFLICT (stream) DO UPDATE SET version = version + 1`);
    for (const entry of entries) {
      insertEntry(database, entry);
      head.run(entry.stream);
    }
    database.exec(`INSERT INTO token (sequence, id, name, role, secret_hash, created_at)
      VALUES (1, 't-1', 'first admin', 'admin', '${secretHash}', 1001)`);
    database.exec(`INSERT INTO inventory VALUES ('dev', 'fe', 'cart', 'web', '${targetA}', 1, 'd-1')`);
    database.prepare('UPDATE projection_mark SET sequence = ?').run(entries.length);
    database.exec('PRAGMA user_version = 1; COMMIT');
  });
}

function insertEntry(database: DatabaseSync, entry: LedgerEntry): void {
  const { sequence, time, stream, kind, v, actor, payload, prev } = entry;
  database
    .prepare(
      `INSERT INTO entry (sequence, time, stream, kind, v, actor, payload, prev, hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(sequence, time, stream, kind, v, actor, canonical(payload), prev, leafHash(entry));
}

/** The sequence up to which the projections are folded, by their mark. */
function foldedTo(directory: string): unknown {
  return tamper(directory, (database) => database.prepare('SELECT sequence FROM projection_mark').get()?.['sequence']);
}

async function verifyFile(directory: string): Promise<Verdict> {
  const file = openLedgerFile(join(directory, 'ledger.db'));
  try {
    return await verifyLedger(file, soon());
  } finally {
    file.close();
  }
}

/** Opens the ledger, checks that all of it is as version 1 meant it, and goes on with it. */
async function checkTakenOver(directory: string, entries: readonly LedgerEntry[]): Promise<void> {
  const store = await openStore(directory);
  const { length } = entries;
  assert.deepEqual(await store.head(soon()), { sequence: length, hash: leafHash(entries.at(-1) ?? assert.fail()) });
  assert.deepEqual(await store.stream('deployment/d-1', soon()), entries.slice(3, 7));
  assert.equal((await verifyLedger(storeSource(store), soon())).kind, 'whole');
  await checkRows(store, length - 7);
  const folded = await projections(store);
  await store.rebuild(soon());
  assert.deepEqual(await projections(store), folded);
  await record(store, 'token/t-3', tokenCreated('t-3', { role: 'operator' }));
  assert.equal((await store.token('t-3', soon()))?.role, 'operator');
  assert.equal((await verifyLedger(storeSource(store), soon())).kind, 'whole');
  await store.close();
}

async function checkRows(store: Store, leases: number): Promise<void> {
  const first = {
    id: 't-1',
    name: 'first admin',
    person: null,
    role: 'admin',
    scope: everywhere,
    use: 'api',
    parent: null,
    secretHash,
    createdAt: 1_001,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    sequence: 1,
  };
  assert.deepEqual(await store.tokenByHash(secretHash, soon()), first);
  assert.equal((await store.token('t-2', soon()))?.revokedAt, 1_003);
  const [row, ...others] = await store.inventory('dev', soon());
  assert.deepEqual([row?.target, row?.settled, row?.changedAt, others], [targetA, true, 1_007, []]);
  const { items } = await store.deployments({ service: 'catalog' }, { limit: 10 }, soon());
  assert.deepEqual(
    items.map(({ id, phase }) => [id, phase]),
    [['d-1', 'active']],
  );
  assert.equal(await store.version('lease/drive', soon()), leases);
  assert.equal(await store.version('token/t-2', soon()), 2);
}

test('a data folder of version 1 opens with all of its rows made anew, and still verifies', async (t) => {
  const directory = await folderFor(t);
  const entries = chained(oldEntries(3));
  makeOldLedger(directory, entries);
  await checkTakenOver(directory, entries);
});

test('taking over that is stopped in the middle goes on where it stood', async (t) => {
  const directory = await folderFor(t);
  const entries = chained(oldEntries(3_000));
  const missing = entries[2_499] ?? assert.fail();
  makeOldLedger(directory, entries);
  tamper(directory, (database) => database.exec(`DELETE FROM entry WHERE sequence = ${missing.sequence}`));
  await assert.rejects(openStore(directory), { code: 'store.broken', facts: { sequence: missing.sequence } });
  assert.equal(foldedTo(directory), 2_000);
  tamper(directory, (database) => insertEntry(database, missing));
  await checkTakenOver(directory, entries);
});

test('taking over that is stopped right after the new schema folds everything, once', async (t) => {
  const directory = await folderFor(t);
  const entries = chained(oldEntries(3));
  makeOldLedger(directory, entries);
  tamper(directory, (database) => {
    database.exec(readFileSync(join(migrations, '002-rights.sql'), 'utf8'));
    database.exec('PRAGMA user_version = 2');
  });
  assert.equal(foldedTo(directory), 0);
  await checkTakenOver(directory, entries);
});

test('an old ledger that has lost its end is refused, and left as it was', async (t) => {
  const directory = await folderFor(t);
  const entries = chained(oldEntries(3));
  makeOldLedger(directory, entries);
  tamper(directory, (database) => database.exec('DELETE FROM entry WHERE sequence > 8'));
  await assert.rejects(openStore(directory), { code: 'store.broken', facts: { sequence: 9 } });
  const left = tamper(directory, (database) => database.prepare('PRAGMA user_version').get());
  assert.deepEqual({ ...left }, { user_version: 1 });
  assert.deepEqual(await verifyFile(directory), {
    kind: 'broken',
    break: { sequence: 9, problem: 'entries 9 to 10 are missing at the end' },
  });
});

test('the file of an old ledger is verified as it is', async (t) => {
  const directory = await folderFor(t);
  const entries = chained(oldEntries(3));
  makeOldLedger(directory, entries);
  const head = leafHash(entries.at(-1) ?? assert.fail());
  assert.deepEqual(await verifyFile(directory), { kind: 'whole', entries: 10, head });
});

test('what was noted beside the ledger outlives the folding of everything', async (t) => {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  await record(store, 'token/t-1', tokenCreated('t-1'));
  await record(store, 's', lease('a'));
  await store.noteTokenUse(new Map([['t-1', 5_000]]), soon());
  const before = await projections(store);
  await store.close();
  tamper(directory, (database) => database.exec('UPDATE projection_mark SET sequence = 0'));
  const again = await openStore(directory);
  assert.deepEqual(await projections(again), before);
  await again.close();
});
