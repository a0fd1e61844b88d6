import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonical } from '../../core/canonical.ts';
import { eventKinds } from '../../core/event.ts';
import { sha256 } from '../../core/hash.ts';
import type { Store } from '../../port/store.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { clock } from '../../store/sqlite/testing/folder.ts';
import { eraseIn, failure, recordWith } from '../../store/testing/erasure-contract.ts';
import {
  accepted,
  allEntries,
  record,
  recordEverything,
  soon,
  started,
  step,
  targetA,
  tokenCreated,
} from '../../store/testing/samples.ts';
import { foldedState, readGolden, replay } from './replay.ts';

/**
 * `node test/golden/make.ts NAME`: writes a golden ledger of what is recorded now, with every kind of event, into the
 * folder NAME beside this file, and what is folded of it. What is there already is never written again.
 */
async function make(name: string): Promise<void> {
  const folder = join(import.meta.dirname, name);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'ledger.jsonl'))) await makeLedger(folder);
  const expected = join(folder, 'expected.json');
  if (existsSync(expected)) return;
  const state = await replay(readGolden(folder), foldedState);
  writeFileSync(expected, `${JSON.stringify(state, null, 2)}\n`);
}

async function makeLedger(folder: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'drayage-golden-'));
  let now = 1_790_000_000_000;
  const ticking = { ...clock, now: () => (now += 1_000) };
  const store = await openSqliteStore({ directory, clock: ticking, signal: soon() });
  try {
    await recordEverything(store);
    const contents = await recordUpkeep(store);
    const entries = await allEntries(store);
    const missing = eventKinds.filter((kind) => entries.every((entry) => entry.kind !== kind));
    if (missing.length > 0)
      throw new Error(`a golden ledger has all kinds of events; this one lacks ${missing.join(', ')}`);
    writeFileSync(join(folder, 'ledger.jsonl'), entries.map((entry) => `${canonical(entry)}\n`).join(''));
    const texts = contents.map((bytes) => Buffer.from(bytes).toString('base64'));
    writeFileSync(join(folder, 'contents.json'), `${JSON.stringify(texts, null, 2)}\n`);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What is about the ledger itself, and contents of which some are erased. The contents that are left. */
async function recordUpkeep(store: Store): Promise<readonly Uint8Array[]> {
  const key = (letter: string) => `drayage/${'0'.repeat(16)}+${letter.repeat(8)}+${'A'.repeat(44)}`;
  await record(store, 'ledger', { kind: 'signing-key-changed', key: key('a'), previous: null, handover: null });
  const change = { kind: 'signing-key-changed', key: key('b'), previous: key('a'), handover: 'handed over' } as const;
  await record(store, 'ledger', change);
  const [kept, gone] = [failure('d-4', 'kept'), failure('d-5', 'gone')];
  for (const [id, { event, blob }] of [
    ['d-4', kept],
    ['d-5', gone],
  ] as const) {
    await record(store, `deployment/${id}`, accepted(id), started(id), step('step-started', id, targetA));
    await recordWith(store, `deployment/${id}`, event, blob);
  }
  const [ada, bob] = ['Ada', 'Bob'].map((name) => Buffer.from(canonical({ salt: '0'.repeat(32), name })));
  if (ada === undefined || bob === undefined) throw new Error('two names are two contents');
  await recordWith(store, 'token/t-4', tokenCreated('t-4', { name: { kind: 'person', digest: sha256(ada) } }), ada);
  await recordWith(store, 'token/t-5', tokenCreated('t-5', { name: { kind: 'person', digest: sha256(bob) } }), bob);
  await eraseIn(store, 'logs', sha256(gone.blob));
  await eraseIn(store, 'person', sha256(bob));
  await record(store, 'ledger', { kind: 'ledger-recovered', generationBase: 1_000, lost: null, highestSeen: 900 });
  return [kept.blob, ada];
}

const [, , name] = process.argv;
if (name === undefined || !/^[0-9]+$/.test(name)) throw new Error('usage: node test/golden/make.ts NUMBER');
await make(name);
