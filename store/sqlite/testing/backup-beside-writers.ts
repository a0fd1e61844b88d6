import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '../../../port/store.ts';
import { soon } from '../../testing/samples.ts';
import { backupLedger } from '../backup.ts';
import { openStore } from './folder.ts';

/** Appends on streams of its own until it is told to stop; how many entries it was answered for. */
async function writeUntil(store: Store, writer: number, isOver: () => boolean, signal: AbortSignal): Promise<number> {
  let version = 0;
  for (; !isOver(); version += 1) {
    const event = { kind: 'token-revoked', token: `t-${writer}-${version}` } as const;
    const entries = [{ actor: 'x', event }];
    await store.append({ appends: [{ stream: `token/${writer}`, expectedVersion: version, entries }] }, signal);
  }
  return version;
}

/** Entries, how far the projections are folded, and the sum of all streams' versions, in a database file. */
export function tables(path: string): readonly [entries: number, mark: number, versions: number] {
  const database = new DatabaseSync(path, { readOnly: true });
  const one = (sql: string) => Number(database.prepare(sql).get()?.['n']);
  const found = [
    one('SELECT count(*) AS n FROM entry'),
    one('SELECT sequence AS n FROM projection_mark'),
    one('SELECT coalesce(sum(version), 0) AS n FROM stream_head'),
  ] as const;
  database.close();
  return found;
}

/**
 * Makes so many backups of a ledger to which eight writers append all the while: each must verify, and hold all that was
 * answered before it began and nothing that was asked after it ended.
 */
export async function backUpBesideWriters(directory: string, rounds: number, signal: AbortSignal): Promise<void> {
  const store = await openStore(directory);
  let isOver = false;
  const writers = Array.from({ length: 8 }, async (_, index) => await writeUntil(store, index, () => isOver, signal));
  const sizes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { sequence: before } = await store.head(soon());
    const file = join(directory, `backup-${round}.db`);
    const { entries, head, notReplayed } = await backupLedger({ directory, file, replace: false, signal });
    const { sequence: after } = await store.head(soon());
    assert.ok(before <= entries && entries <= after, `${before} <= ${entries} <= ${after}`);
    assert.equal(notReplayed, null);
    assert.deepEqual(tables(file), [entries, entries, entries]);
    const [next] = await store.entries(entries, 1, soon());
    if (next !== undefined) assert.equal(next.prev, head);
    sizes.push(entries);
    rmSync(file);
  }
  isOver = true;
  const answered = (await Promise.all(writers)).reduce((sum, count) => sum + count, 0);
  assert.equal((await store.head(soon())).sequence, answered);
  assert.ok((sizes.at(-1) ?? 0) > (sizes[0] ?? 0), 'the writers wrote meanwhile');
  await store.close();
}
