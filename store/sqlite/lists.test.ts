import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Store } from '../../port/store.ts';
import { accepted, byTester, soon } from '../testing/samples.ts';
import { createReader } from './reader.ts';
import { openForWriting } from './schema.ts';
import { folderFor, openStore } from './testing/folder.ts';

/** A connection that keeps the text of all that is prepared on it. */
class NotingDatabase extends DatabaseSync {
  readonly texts: string[] = [];

  override prepare(text: string): StatementSync {
    this.texts.push(text);
    return super.prepare(text);
  }
}

test('no list is sorted when it is read, and none is read but through its index', async (t) => {
  const path = join(await folderFor(t), 'ledger.db');
  openForWriting(path).close();
  const database = new NotingDatabase(path, { readOnly: true });
  t.after(() => database.close());
  createReader(database);
  const lists = database.texts.filter((text) => /\bLIMIT (\?|\$limit|1 OFFSET)/.test(text));
  assert.ok(lists.length >= 20, `${lists.length} statements read lists`);
  for (const text of lists) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all();
    for (const { detail } of plan) {
      assert.doesNotMatch(
        String(detail),
        /TEMP B-TREE|AUTOMATIC|SCAN (?!json_each|\w+ USING INDEX)/,
        `${String(detail)}: ${text}`,
      );
    }
  }
});

/** A store with more deployments than a page looks through. */
async function filledStore(t: TestContext): Promise<Store> {
  const store = await openStore(await folderFor(t));
  t.after(() => store.close());
  for (let from = 0; from < 20_000; from += 1_000) {
    const entries = byTester(...Array.from({ length: 1_000 }, (_, index) => accepted(`d-${from + index}`)));
    await store.append({ appends: [{ stream: 'deployments', expectedVersion: from, entries }] }, soon());
  }
  return store;
}

test('a long search lets others go on, and ends when nobody waits for it or the store closes', async (t) => {
  const store = await filledStore(t);
  const page = { limit: 10 };
  let isDone = false;
  const search = store.deployments({ search: 'nowhere' }, page, soon()).finally(() => (isDone = true));
  let turns = 0;
  for (; !isDone; turns += 1) await setImmediate();
  assert.deepEqual((await search).items, []);
  assert.ok(turns >= 19, `others had ${turns} turns`);

  const abort = new AbortController();
  const abandoned = store.deployments({ search: 'nowhere' }, page, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(abandoned, { message: 'enough' });

  const cutOff = store.deployments({ search: 'nowhere' }, page, soon());
  const closed = store.close();
  await assert.rejects(cutOff, { code: 'store.failed' });
  await closed;
});
