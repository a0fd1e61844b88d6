import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonical } from '../core/canonical.ts';
import { sha256 } from '../core/hash.ts';
import { verifyContent, storeContents } from './content-check.ts';
import { openLedgerFile } from './sqlite/file.ts';
import { folderFor, openStore, tamper } from './sqlite/testing/folder.ts';
import { eraseIn, failure, recordWith } from './testing/erasure-contract.ts';
import { accepted, record, soon, tokenCreated } from './testing/samples.ts';

const file = Buffer.from('listen 80;');
const manifest = Buffer.from(
  canonical({
    identity: { service: 'cart', version: '1', definition: {}, images: {}, files: { 'a.conf': sha256(file) } },
  }),
);
const [kept, gone] = [failure('d-1', 'kept'), failure('d-1', 'gone')];

/** A ledger that names a manifest with a file, two excerpts of which one is erased, and a name. */
async function makeLedger(directory: string): Promise<void> {
  const store = await openStore(directory);
  const identity = sha256('identity');
  const release = {
    kind: 'release-registered',
    service: 'cart',
    version: '1',
    identity,
    manifest: sha256(manifest),
  } as const;
  await recordWith(store, 'release/cart/1', release, manifest);
  await store.append({ appends: [], blobs: [file] }, soon());
  await recordWith(store, 'deployment/d-1', kept.event, kept.blob);
  await recordWith(store, 'deployment/d-1', gone.event, gone.blob);
  const name = Buffer.from(canonical({ salt: 's', name: 'Ada' }));
  await recordWith(store, 'token/t-1', tokenCreated('t-1', { name: { kind: 'person', digest: sha256(name) } }), name);
  await eraseIn(store, 'logs', sha256(gone.blob));
  await record(store, 'deployment/d-1', gone.event);
  assert.deepEqual(await verifyContent(storeContents(store), soon()), whole);
  await store.close();
}

const whole = { present: 4, erased: 1, missing: 0, altered: 0, wrong: [] };

async function checkFile(directory: string) {
  const ledger = openLedgerFile(join(directory, 'ledger.db'));
  try {
    return await verifyContent(ledger, soon());
  } finally {
    ledger.close();
  }
}

test('what was erased is told as erased, and nothing is wrong with it', async (t) => {
  const directory = await folderFor(t);
  await makeLedger(directory);
  assert.deepEqual(await checkFile(directory), whole);
});

test('content that is missing or altered is named with the entry that names it, also in content that names it', async (t) => {
  const directory = await folderFor(t);
  await makeLedger(directory);
  tamper(directory, (database) => {
    database.prepare('DELETE FROM blob WHERE digest = ?').run(sha256(file));
    database.prepare(`UPDATE erasable_blob SET bytes = x'00' WHERE digest = ?`).run(sha256(kept.blob));
  });
  const wrong = [
    { digest: sha256(file), kind: 'file', problem: 'missing', sequence: 1 },
    { digest: sha256(kept.blob), kind: 'logs', problem: 'altered', sequence: 2 },
  ];
  assert.deepEqual(await checkFile(directory), { present: 2, erased: 1, missing: 1, altered: 1, wrong });
  const store = await openStore(directory);
  assert.deepEqual((await verifyContent(storeContents(store), soon())).wrong, wrong);
  await store.close();
});

test('what is named as a plan or a manifest and is none is there as it was, and names nothing', async (t) => {
  const store = await openStore(await folderFor(t));
  for (const [at, text] of ['no JSON', '3', '{"waves":7}', '{"identity":null}'].entries()) {
    const bytes = Buffer.from(text);
    const release = { kind: 'release-registered', service: 'cart', version: `${at}`, identity: sha256('i') } as const;
    await recordWith(store, `release/cart/${at}`, { ...release, manifest: sha256(bytes) }, bytes);
    const event = accepted(`d-${at}`);
    assert.ok(event.kind === 'deployment-accepted');
    await recordWith(store, `deployment/d-${at}`, { ...event, plan: sha256(bytes) }, bytes);
  }
  assert.deepEqual(await verifyContent(storeContents(store), soon()), { ...whole, erased: 0 });
  await store.close();
});

test('content that is gone without an entry that erased it is missing, whatever the database says', async (t) => {
  const directory = await folderFor(t);
  await makeLedger(directory);
  tamper(directory, (database) => {
    const digest = sha256(kept.blob);
    database.prepare('UPDATE erasable_blob SET erased = 1 WHERE digest = ?').run(digest);
    database.prepare('UPDATE erasable_content SET erased_by = 5 WHERE digest = ?').run(digest);
  });
  assert.partialDeepStrictEqual(await checkFile(directory), {
    missing: 1,
    wrong: [{ sequence: 2, problem: 'missing' }],
  });
});
