import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../../core/canonical.ts';
import { isFault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import { chainStart, entryBytesMost, follow, leafHash, type LedgerEntry } from '../../core/ledger.ts';
import type { AppendRequest, Store, StreamAppend } from '../../port/store.ts';
import { storeSource, verifyLedger } from '../verify.ts';
import type { OpenForTest } from './opened-store.ts';
import { allEntries, byTester, lease, record, soon } from './samples.ts';

function append(stream: string, expectedVersion: number, ...drivers: readonly string[]): StreamAppend {
  return { stream, expectedVersion, entries: byTester(...drivers.map(lease)) };
}

async function verifyChain(store: Store): Promise<void> {
  const verdict = await verifyLedger(storeSource(store), soon());
  const head = await store.head(soon());
  assert.deepEqual(verdict, { kind: 'whole', entries: head.sequence, head: head.hash });
}

/** How each of many requests, handed over at once, ended. */
async function settleAll(store: Store, requests: readonly AppendRequest[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(requests.map((request) => store.append(request, soon())));
  return settled.map((result) => {
    if (result.status === 'fulfilled') return 'appended';
    assert.ok(isFault(result.reason), String(result.reason));
    return result.reason.code;
  });
}

export function appendContract(open: OpenForTest): void {
  chainTests(open);
  atomicityTests(open);
  boundTests(open);
  concurrencyTests(open);
}

function chainTests(open: OpenForTest): void {
  test('an empty ledger has sequence 0 and the hash of nothing as its head', async (t) => {
    const { store } = await open(t);
    assert.deepEqual(await store.head(soon()), { sequence: 0, hash: sha256('') });
    await verifyChain(store);
  });

  test('entries are numbered without a gap and each names the hash of the one before', async (t) => {
    const { store } = await open(t);
    const { entries } = await record(store, 's', lease('a'), lease('b'), lease('c'));
    let state = chainStart;
    for (const entry of entries) {
      const next = follow(state, entry);
      assert.ok(!('problem' in next), JSON.stringify(next));
      state = next;
    }
    assert.deepEqual(await store.head(soon()), { sequence: 3, hash: state.prev });
    await verifyChain(store);
  });

  test('what append returns is what is read, whatever the text', async (t) => {
    const { store } = await open(t);
    const texts = ['', 'plain', '"quoted"\\', 'ünï', '👩‍🚀', '\u0000\u001f', '\u2028', '</script>'];
    const { entries } = await record(store, 'deployment/ü', ...texts.map(lease));
    assert.deepEqual(await store.stream('deployment/ü', soon()), entries);
    assert.equal(await store.version('deployment/ü', soon()), entries.length);
    assert.equal(await store.version('nothing', soon()), 0);
    assert.deepEqual(
      entries.map((entry) => entry.payload),
      texts.map((driver) => ({ driver })),
    );
    await verifyChain(store);
  });

  test('entries are read in order, after a sequence, at most so many', async (t) => {
    const { store } = await open(t);
    await record(store, 's', ...['1', '2', '3', '4', '5'].map(lease));
    const sequences = async (after: number, limit: number): Promise<readonly number[]> =>
      (await store.entries(after, limit, soon())).map((entry) => entry.sequence);
    assert.deepEqual(await sequences(0, 10_000), [1, 2, 3, 4, 5]);
    assert.deepEqual(await sequences(2, 2), [3, 4]);
    assert.deepEqual(await sequences(5, 1), []);
    for (const limit of [0, 10_001, 1.5, Number.NaN]) {
      await assert.rejects(store.entries(0, limit, soon()), { code: 'request.invalid' });
    }
    await assert.rejects(store.entries(-1, 1, soon()), { code: 'request.invalid' });
  });
}

function atomicityTests(open: OpenForTest): void {
  test('a request over several streams is written whole, in its order', async (t) => {
    const { store } = await open(t);
    const request = { appends: [append('a', 0, '1', '2'), append('b', 0, '3'), append('a', 2, '4')] };
    const { entries } = await store.append(request, soon());
    assert.deepEqual(
      entries.map((entry) => [entry.sequence, entry.stream, entry.payload.driver]),
      [
        [1, 'a', '1'],
        [2, 'a', '2'],
        [3, 'b', '3'],
        [4, 'a', '4'],
      ],
    );
    assert.deepEqual(await allEntries(store), entries);
  });

  test('a conflict on one stream leaves nothing of the request, and names the versions', async (t) => {
    const { store } = await open(t);
    await record(store, 'b', lease('x'));
    const blob = Buffer.from('must not stay');
    const request = { appends: [append('a', 0, '1'), append('b', 5, '2')], blobs: [blob] };
    await assert.rejects(store.append(request, soon()), {
      code: 'store.conflict',
      facts: { stream: 'b', expected: 5, actual: 1 },
    });
    assert.equal((await allEntries(store)).length, 1);
    assert.equal(await store.blob(sha256(blob), soon()), null);
    await store.append({ appends: [append('a', 0, '1'), append('b', 1, '2')] }, soon());
    await verifyChain(store);
  });

  test('a refused request touches no other of its batch', async (t) => {
    const { store } = await open(t);
    const huge = 'x'.repeat(entryBytesMost);
    const ends = await settleAll(store, [
      { appends: [append('a', 0, '1')] },
      { appends: [append('a', 0, 'late')] },
      { appends: [append('b', 0, 'small'), append('c', 0, huge)] },
      { appends: [append('a', 1, '2'), append('b', 0, '3')] },
    ]);
    assert.deepEqual(ends, ['appended', 'store.conflict', 'request.too-large', 'appended']);
    const drivers = (await allEntries(store)).map((entry) => entry.payload.driver);
    assert.deepEqual(drivers, ['1', '2', '3']);
    await verifyChain(store);
  });

  test('a request without entries checks the version and writes nothing', async (t) => {
    const { store } = await open(t);
    await record(store, 'a', lease('1'));
    assert.deepEqual(await store.append({ appends: [append('a', 1)] }, soon()), { entries: [] });
    await assert.rejects(store.append({ appends: [append('a', 0)] }, soon()), { code: 'store.conflict' });
    assert.equal((await store.head(soon())).sequence, 1);
  });

  test('blobs are kept under their SHA-256, and storing one again changes nothing', async (t) => {
    const { store } = await open(t);
    const blobs = [Buffer.from('spec'), Buffer.from([0, 255, 10, 13]), Buffer.alloc(0)];
    await store.append({ appends: [append('a', 0, '1')], blobs }, soon());
    await store.append({ appends: [], blobs: [...blobs, ...blobs] }, soon());
    for (const blob of blobs) {
      const stored = await store.blob(sha256(blob), soon());
      assert.ok(stored !== null && blob.equals(stored));
    }
    assert.equal(await store.blob(sha256('never stored'), soon()), null);
  });
}

function boundTests(open: OpenForTest): void {
  test('an entry of 65,535 bytes is taken, one byte more is refused', async (t) => {
    const { store } = await open(t);
    const { entries } = await record(store, 's', lease(''));
    const bare = Buffer.byteLength(canonical(entries[0]));
    const fitting = 'é'.repeat(Math.floor((entryBytesMost - bare) / 2)) + 'x'.repeat((entryBytesMost - bare) % 2);
    await assert.rejects(store.append({ appends: [append('s', 1, `${fitting}x`)] }, soon()), {
      code: 'request.too-large',
    });
    const taken = await store.append({ appends: [append('s', 1, fitting)] }, soon());
    assert.equal(Buffer.byteLength(canonical(taken.entries[0])), entryBytesMost);
    await verifyChain(store);
  });

  test('more than 1,000 entries or 16 MiB at once are refused, and nothing is written', async (t) => {
    const { store } = await open(t);
    const many = Array.from({ length: 1_001 }, (_, index) => String(index));
    await assert.rejects(store.append({ appends: [append('s', 0, ...many)] }, soon()), { code: 'request.too-large' });
    const blobs = [Buffer.alloc(16 * 1024 * 1024 + 1)];
    await assert.rejects(store.append({ appends: [], blobs }, soon()), { code: 'request.too-large' });
    await store.append({ appends: [append('s', 0, ...many.slice(1))] }, soon());
    assert.equal((await store.stream('s', soon())).length, 1_000);
  });

  test('names that cannot be recorded and text that JSON cannot say are refused', async (t) => {
    const { store } = await open(t);
    for (const stream of ['', 'a\nb', 'x'.repeat(513), '\ud800']) {
      await assert.rejects(store.append({ appends: [append(stream, 0, '1')] }, soon()), { code: 'request.invalid' });
    }
    for (const version of [-1, 0.5, Number.NaN]) {
      await assert.rejects(store.append({ appends: [append('s', version, '1')] }, soon()), { code: 'request.invalid' });
    }
    await assert.rejects(store.append({ appends: [append('s', 0, '\udfff')] }, soon()), { code: 'request.invalid' });
    assert.deepEqual(await allEntries(store), []);
  });

  test('when the queue is full the rest is refused as busy, and all that was accepted is written', async (t) => {
    const { store } = await open(t);
    const requests = Array.from({ length: 3_000 }, (_, index) => ({ appends: [append(`s/${index}`, 0, 'a')] }));
    const settled = await Promise.allSettled(requests.map((request) => store.append(request, soon())));
    const refused = settled.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    assert.ok(refused.length > 0 && refused.length < 3_000, `${refused.length} were refused`);
    for (const reason of refused) {
      assert.ok(isFault(reason, 'store.busy'), String(reason));
      assert.ok(Number(reason.facts.retryAfterSeconds) >= 1);
    }
    assert.equal((await allEntries(store)).length, 3_000 - refused.length);
    await record(store, 's', lease('afterwards'));
    await verifyChain(store);
  });
}

function concurrencyTests(open: OpenForTest): void {
  test('64 callers at once lose nothing, and each stream holds what its callers were told', async (t) => {
    const { store } = await open(t);
    const told = new Map<string, LedgerEntry[]>();
    await Promise.all(
      Array.from({ length: 64 }, async (_, caller) => {
        const stream = `s/${caller % 16}`;
        for (let number = 0; number < 10; number += 1) {
          const entries = await appendUntilTaken(store, stream, `${caller}.${number}`);
          told.set(stream, [...(told.get(stream) ?? []), ...entries]);
        }
      }),
    );
    for (const [stream, entries] of told) {
      const inOrder = entries.toSorted((a, b) => a.sequence - b.sequence);
      assert.deepEqual(await store.stream(stream, soon()), inOrder);
      assert.equal(inOrder.length, 40);
    }
    await verifyChain(store);
  });

  test('every read sees every append that was acknowledged before it', async (t) => {
    const { store } = await open(t);
    for (let version = 0; version < 100; version += 1) {
      const { entries } = await store.append({ appends: [append('s', version, 'a')] }, soon());
      const [entry] = entries;
      assert.ok(entry !== undefined);
      assert.deepEqual(await store.head(soon()), { sequence: version + 1, hash: leafHash(entry) });
      assert.equal((await store.stream('s', soon())).length, version + 1);
    }
  });

  test('requests handed over at once end as if one came after the other (property)', async (t) => {
    const { store } = await open(t);
    const reached = { appended: 0, conflict: 0, partial: 0 };
    let run = 0;
    const property = fc.asyncProperty(interleavings, async (moves) => {
      run += 1;
      const model = predict(`r${run}`, moves, reached);
      const ends = await settleAll(store, model.requests);
      assert.deepEqual(ends, model.ends);
      for (const [stream, drivers] of model.streams) {
        const entries = await store.stream(stream, soon());
        assert.deepEqual(
          entries.map((entry) => entry.payload.driver),
          drivers,
        );
      }
    });
    await fc.assert(property, { numRuns: 60 });
    await verifyChain(store);
    assert.ok(reached.appended > 50 && reached.conflict > 50 && reached.partial > 10, JSON.stringify(reached));
  });
}

async function appendUntilTaken(store: Store, stream: string, driver: string): Promise<readonly LedgerEntry[]> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    try {
      return (await record(store, stream, lease(driver))).entries;
    } catch (error) {
      if (!isFault(error, 'store.conflict')) throw error;
    }
  }
  throw new Error(`${driver} was never taken`);
}

interface Move {
  readonly stream: number;
  /** How far the caller's idea of the version is off. */
  readonly off: number;
  readonly count: number;
}

const move: fc.Arbitrary<Move> = fc.record({
  stream: fc.nat({ max: 3 }),
  off: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1, 7) }),
  count: fc.nat({ max: 3 }),
});

const interleavings = fc.array(fc.array(move, { minLength: 1, maxLength: 3, size: 'max' }), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});

interface Prediction {
  readonly requests: readonly AppendRequest[];
  readonly ends: readonly string[];
  readonly streams: ReadonlyMap<string, readonly string[]>;
}

interface Reached {
  appended: number;
  conflict: number;
  partial: number;
}

/** The same requests on plain lists, one after the other. */
function predict(run: string, all: readonly (readonly Move[])[], reached: Reached): Prediction {
  let streams = new Map<string, readonly string[]>();
  const requests: AppendRequest[] = [];
  const ends: string[] = [];
  for (const [number, moves] of all.entries()) {
    const after = new Map(streams);
    const appends: StreamAppend[] = [];
    let failedAt = -1;
    for (const [index, { stream, off, count }] of moves.entries()) {
      const name = `${run}/${stream}`;
      const held = after.get(name) ?? [];
      const expected = Math.max(0, held.length + off);
      const drivers = Array.from({ length: count }, (_, each) => `${number}.${index}.${each}`);
      appends.push(append(name, expected, ...drivers));
      if (expected !== held.length && failedAt < 0) failedAt = index;
      after.set(name, [...held, ...drivers]);
    }
    requests.push({ appends });
    ends.push(failedAt < 0 ? 'appended' : 'store.conflict');
    if (failedAt < 0) streams = after;
    reached.appended += failedAt < 0 ? 1 : 0;
    reached.conflict += failedAt < 0 ? 0 : 1;
    reached.partial += failedAt > 0 ? 1 : 0;
  }
  return { requests, ends, streams };
}
