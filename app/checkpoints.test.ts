import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { openSigningKey } from '../adapter/signing-key.ts';
import { systemClock } from '../adapter/system-clock.ts';
import type { LedgerEvent } from '../core/event.ts';
import { Fault } from '../core/fault.ts';
import { leafHash, readEvent, type LedgerEntry } from '../core/ledger.ts';
import { openCheckpoint } from '../core/tree/checkpoint.ts';
import { isKeyChange } from '../core/tree/key-change.ts';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../core/tree/note.ts';
import { isIncluded } from '../core/tree/proof.ts';
import { parseReceipt } from '../core/tree/receipt.ts';
import type { Signer } from '../port/signer.ts';
import type { Store } from '../port/store.ts';
import { folderFor, openStore } from '../store/sqlite/testing/folder.ts';
import { by, streams } from './append.ts';
import { startCheckpoints, type Checkpoints } from './checkpoints.ts';
import { openLedgerTree } from './ledger-tree.ts';
import { createReceipts } from './receipts.ts';
import { guardStore } from './guarded-store.ts';
import { listeningLogger } from './testing/fakes.ts';

const signal = AbortSignal.timeout(120_000);
const name = 'drayage/0123456789abcdef';

/** The folder of a server with its ledger, open until the test is over. */
interface Ground {
  readonly directory: string;
  readonly store: Store;
  readonly signer: Signer;
  readonly checkpoints: Checkpoints;
  close(): Promise<void>;
}

type Change = (parts: { readonly store: Store; readonly signer: Signer }) => Pick<Ground, 'store' | 'signer'>;

async function open(t: TestContext, directory: string, change: Change = (parts) => parts): Promise<Ground> {
  const opened = await openStore(directory);
  const keyFile = join(directory, 'signing.key');
  const { store, signer } = change({
    store: opened,
    signer: await openSigningKey({ directory, keyFile, name, signal }),
  });
  const checkpoints = await startCheckpoints({ store, signer, clock: systemClock, logger: listeningLogger() }, signal);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await checkpoints.stop();
    await opened.close();
  };
  t.after(close);
  return { directory, store, signer, checkpoints, close };
}

let tokens = 0;

async function append(store: Store, count = 1): Promise<readonly LedgerEntry[]> {
  const appends = Array.from({ length: count }, () => {
    const token = `t-${(tokens += 1)}`;
    const event: LedgerEvent = { kind: 'token-revoked', token };
    return { stream: streams.token(token), expectedVersion: 0, entries: by('t-test', [event]) };
  });
  return (await store.append({ appends }, signal)).entries;
}

async function allEntries(store: Store): Promise<readonly LedgerEntry[]> {
  return await store.entries(0, 10_000, signal);
}

async function covered(checkpoints: Checkpoints, sequence: number) {
  const checkpoint = await checkpoints.covering(sequence);
  assert.ok(checkpoint !== null, `a checkpoint over entry ${sequence}`);
  return checkpoint;
}

function keysOf(entries: readonly LedgerEntry[]) {
  return entries.map(readEvent).filter((event) => event.kind === 'signing-key-changed');
}

function keyOf(text: string): VerifierKey {
  const key = parseVerifierKey(text);
  assert.ok(key !== null);
  return key;
}

test('the first start records its key, and signs a checkpoint over it that stands in the folder', async (t) => {
  const { directory, store, signer, checkpoints } = await open(t, await folderFor(t));
  const [entry] = await allEntries(store);
  assert.ok(entry !== undefined);
  const key = formatVerifierKey(signer.key());
  assert.deepEqual(readEvent(entry), { kind: 'signing-key-changed', key, previous: null, handover: null });
  assert.equal(entry.stream, 'ledger');
  const opened = openCheckpoint(await readFile(join(directory, 'checkpoint'), 'utf8'), [signer.key()]);
  assert.ok(opened.kind === 'signed');
  assert.deepEqual([opened.checkpoint.origin, opened.checkpoint.size], [name, 1]);
  assert.deepEqual(checkpoints.state(), { kind: 'signing' });
});

test('every entry has a receipt that proves it, whatever the batches and however long it is ago', async (t) => {
  const { store, signer, checkpoints } = await open(t, await folderFor(t));
  const receipts = createReceipts({ store, checkpoints });
  const check = async (entry: LedgerEntry, text: string | null | undefined) => {
    const receipt = parseReceipt(text ?? '');
    assert.ok(receipt !== null);
    const opened = openCheckpoint(receipt.note, [signer.key()]);
    assert.ok(opened.kind === 'signed');
    const leaf = Buffer.from(leafHash(entry), 'hex');
    assert.deepEqual(Buffer.from(receipt.leaf), leaf);
    assert.equal(receipt.index, entry.sequence - 1);
    assert.ok(isIncluded({ ...opened.checkpoint, leaf, index: receipt.index, proof: receipt.proof }));
  };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
      const batches = await Promise.all(sizes.map(async (size) => await append(store, size)));
      for (const entry of batches.map((batch) => batch[0]).filter((one) => one !== undefined)) {
        await check(entry, await receipts.soon(entry.sequence, signal));
      }
    }),
    { numRuns: 5 },
  );
  // As after a start: nothing is remembered, all is made of what is stored.
  const all = await allEntries(store);
  const later = createReceipts({ store, checkpoints: { ...checkpoints, tree: await freshTree(store) } });
  for (const entry of all.filter((_, at) => at % 97 === 0 || at > all.length - 3)) {
    await check(entry, (await later.fresh(entry.sequence, signal)).proof);
  }
  const kept = await receipts.kept([1, 2], signal);
  await append(store, 3);
  await covered(checkpoints, all.length + 3);
  assert.deepEqual(await receipts.kept([1, 2], signal), kept);
  await assert.rejects(receipts.fresh(1_000_000, signal), { code: 'ledger.entry-unknown' });
});

async function freshTree(store: Store) {
  return await openLedgerTree(store, signal);
}

test('one checkpoint covers all that became durable while the one before was signed', async (t) => {
  let published = 0;
  const { store, checkpoints } = await open(t, await folderFor(t), ({ store: under, signer }) => ({
    store: under,
    signer: {
      ...signer,
      publish: async (note, at) => {
        published += 1;
        await signer.publish(note, at);
      },
    },
  }));
  const batches = await Promise.all(Array.from({ length: 400 }, async () => await append(store)));
  await Promise.all(batches.map(async ([entry]) => await covered(checkpoints, entry?.sequence ?? 0)));
  assert.equal(checkpoints.newest()?.size, (await store.head(signal)).sequence);
  assert.ok(published < 200, `${published} checkpoints for 400 appends`);
});

/** A copy of a server's folder, as a backup of its ledger and nothing else would be put back. */
async function putBack(from: string, to: string): Promise<void> {
  for (const file of ['ledger.db', 'ledger.db-wal']) {
    await rm(join(to, file), { force: true });
    await cp(join(from, file), join(to, file)).catch(() => undefined);
  }
}

test('a ledger that ends before its checkpoint is not signed, and says by how much', async (t) => {
  const directory = await folderFor(t);
  const backup = join(directory, 'backup');
  await mkdir(backup);
  const first = await open(t, directory);
  await append(first.store, 4);
  await first.close();
  await cp(join(directory, 'ledger.db'), join(backup, 'ledger.db'));
  const second = await open(t, directory);
  await append(second.store, 7);
  await covered(second.checkpoints, 12);
  await second.close();
  const note = await readFile(join(directory, 'checkpoint'), 'utf8');
  await putBack(backup, directory);
  const third = await open(t, directory);
  const state = third.checkpoints.state();
  assert.ok(state.kind === 'behind');
  assert.equal(state.fault.code, 'ledger.behind');
  assert.deepEqual(state.fault.facts, { ledger: 5, signed: 12 });
  assert.match(state.fault.next ?? '', /dray recover/);
  const receipts = createReceipts(third);
  assert.equal(await receipts.soon(5, signal), null);
  await assert.rejects(receipts.fresh(5, signal), { code: 'ledger.behind' });
  await assert.rejects(third.checkpoints.rotate('t-test', signal), { code: 'ledger.behind' });
  // Grown over the signed size it is another ledger still.
  await append(third.store, 20);
  await third.close();
  const fourth = await open(t, directory);
  const later = fourth.checkpoints.state();
  assert.ok(later.kind === 'behind');
  assert.match(later.fault.message, /entries 1 to 12 of the ledger are not those that were signed/);
  assert.equal(await readFile(join(directory, 'checkpoint'), 'utf8'), note);
});

test('a recovery that names the lost checkpoint, with a key of another name, is signed again', async (t) => {
  const directory = await folderFor(t);
  const first = await open(t, directory);
  await append(first.store, 6);
  const { note: lost } = await covered(first.checkpoints, 7);
  const old = first.signer.key();
  await first.close();
  for (const file of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) await rm(join(directory, file), { force: true });
  const { store, signer, checkpoints } = await open(t, directory);
  assert.equal(checkpoints.state().kind, 'behind');
  const change = await checkpoints.prepareKeyChange(`${name}/1`, signal);
  const recovery: LedgerEvent = { kind: 'ledger-recovered', generationBase: 10, lost, highestSeen: 10 };
  const entries = by('t-test', [recovery, change]);
  await store.append({ appends: [{ stream: 'ledger', expectedVersion: 0, entries }] }, signal);
  assert.deepEqual(await checkpoints.reassess(signal), { kind: 'signing' });
  assert.equal(signer.key().name, `${name}/1`);
  const opened = openCheckpoint(checkpoints.newest()?.note ?? '', [signer.key()]);
  assert.ok(opened.kind === 'signed');
  assert.deepEqual([opened.checkpoint.origin, opened.checkpoint.size], [`${name}/1`, 2]);
  assert.notEqual(formatVerifierKey(old), formatVerifierKey(signer.key()));
});

test('the checkpoint of another ledger is none of this one; one that a power cut emptied is none at all', async (t) => {
  const directory = await folderFor(t);
  const first = await open(t, directory);
  await first.close();
  const other = await folderFor(t);
  const second = await open(t, other);
  await second.close();
  await cp(join(other, 'checkpoint'), join(directory, 'checkpoint'));
  const third = await open(t, directory);
  const state = third.checkpoints.state();
  assert.ok(state.kind === 'behind');
  assert.match(state.fault.message, /none of this ledger/);
  await third.close();
  await writeFile(join(directory, 'checkpoint'), '');
  assert.equal((await open(t, directory)).checkpoints.state().kind, 'signing');
});

test('a new key is recorded with the consent of the old, which signs the entry before the new one signs', async (t) => {
  const notes: string[] = [];
  const { store, signer, checkpoints } = await open(t, await folderFor(t), (parts) => keepingNotes(parts, notes));
  const old = signer.key();
  const change = await checkpoints.rotate('t-admin', signal);
  assert.deepEqual(change, { key: formatVerifierKey(signer.key()), previous: formatVerifierKey(old), sequence: 2 });
  const [, second] = keysOf(await allEntries(store));
  assert.ok(second !== undefined && isKeyChange(second.handover ?? '', old, signer.key()));
  assert.ok(notes.some((note) => signs(old, note, 2)));
  assert.ok(signs(signer.key(), checkpoints.newest()?.note ?? '', 2));
  assert.deepEqual(checkpoints.state(), { kind: 'signing' });
});

function keepingNotes({ store, signer }: { store: Store; signer: Signer }, notes: string[]) {
  const publish: Signer['publish'] = async (note, at) => {
    await signer.publish(note, at);
    notes.push(note);
  };
  return { store, signer: { ...signer, publish } };
}

function signs(key: VerifierKey, note: string, size: number): boolean {
  const opened = openCheckpoint(note, [key]);
  return opened.kind === 'signed' && opened.checkpoint.size >= size;
}

/** Once it is armed, so many changes are done; then nothing works any more, as when the process was killed. */
function mortal({ store, signer }: { store: Store; signer: Signer }) {
  let left = Infinity;
  const death = () => {
    left -= 1;
    return left < 0 ? new Fault('signing.failed', 'The process was killed.') : null;
  };
  const once = async <T>(work: () => Promise<T>): Promise<T> => {
    const fault = death();
    if (fault !== null) throw fault;
    return await work();
  };
  const parts: Pick<Ground, 'store' | 'signer'> = {
    store: guardStore(store, death),
    signer: {
      ...signer,
      publish: async (note, at) => await once(async () => await signer.publish(note, at)),
      prepareNext: async (next, at) => await once(async () => await signer.prepareNext(next, at)),
      useNext: async (at) => await once(async () => await signer.useNext(at)),
    },
  };
  const arm = (steps: number) => {
    left = steps;
  };
  return { parts, arm, isDead: () => left < 0 };
}

test('a change of the key that is killed between any two steps is finished or undone at the next start', async (t) => {
  const seen = new Set<string>();
  for (let steps = 0, isDead = true; isDead; steps += 1) {
    const directory = await folderFor(t);
    const notes: string[] = [];
    const life: Pick<ReturnType<typeof mortal>, 'arm' | 'isDead'> = { arm: () => {}, isDead: () => false };
    const killed = await open(t, directory, (parts) => {
      const { parts: mortals, ...rest } = mortal(keepingNotes(parts, notes));
      Object.assign(life, rest);
      return mortals;
    });
    const old = killed.signer.key();
    life.arm(steps);
    await killed.checkpoints.rotate('t-admin', signal).catch((error: unknown) => assert.ok(error instanceof Fault));
    isDead = life.isDead();
    await killed.close();
    const { store, signer, checkpoints } = await open(t, directory, (parts) => keepingNotes(parts, notes));
    const entries = await allEntries(store);
    const keys = keysOf(entries);
    assert.deepEqual(checkpoints.state(), { kind: 'signing' });
    assert.equal(keys.at(-1)?.key, formatVerifierKey(signer.key()), `after ${steps} steps`);
    assert.ok(signs(signer.key(), checkpoints.newest()?.note ?? '', entries.length));
    const isChanged = keys.length === 2;
    seen.add(isChanged ? 'finished' : 'undone');
    if (isChanged) {
      assert.ok(isKeyChange(keys[1]?.handover ?? '', old, signer.key()));
      assert.ok(
        notes.some((note) => signs(old, note, 2)),
        `the old key signed the change, after ${steps} steps`,
      );
    } else {
      assert.deepEqual(signer.key(), old);
      // Begun anew it comes to its end.
      await checkpoints.rotate('t-admin', signal);
      assert.notDeepEqual(signer.key(), old);
    }
  }
  assert.deepEqual([...seen].toSorted(), ['finished', 'undone']);
});

test('a key file that the ledger does not name signs nothing, until an admin says that the old one is lost', async (t) => {
  const directory = await folderFor(t);
  const first = await open(t, directory);
  const old = formatVerifierKey(first.signer.key());
  await first.close();
  await rm(join(directory, 'signing.key'));
  const { store, signer, checkpoints } = await open(t, directory);
  assert.equal(checkpoints.state().kind, 'key-changed');
  await append(store);
  assert.equal(await checkpoints.covering(2), null);
  const change = await checkpoints.rotate('t-admin', signal);
  assert.deepEqual([change.key, change.previous], [formatVerifierKey(signer.key()), old]);
  assert.equal(keysOf(await allEntries(store))[1]?.handover, null);
  await covered(checkpoints, 3);
  assert.equal(keyOf(change.key).id, signer.key().id);
});

test('while checkpoints cannot be kept that is told, answers go without, and it is tried again', async (t) => {
  let isFull = false;
  const { store, checkpoints } = await open(t, await folderFor(t), ({ store: under, signer }) => ({
    store: under,
    signer: {
      ...signer,
      publish: async (note, at) => {
        if (isFull) throw new Fault('signing.failed', 'The disk is full.');
        await signer.publish(note, at);
      },
    },
  }));
  isFull = true;
  const [entry] = await append(store);
  assert.ok(entry !== undefined);
  assert.equal(await checkpoints.covering(entry.sequence), null);
  const { state, failures } = checkpoints.figures();
  assert.deepEqual(state, { kind: 'failing', reason: 'The disk is full.' });
  assert.ok(failures > 0);
  isFull = false;
  while (checkpoints.state().kind !== 'signing') await systemClock.sleep(20, signal);
  await covered(checkpoints, entry.sequence);
});
