import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { sha256 } from '../../core/hash.ts';
import type { Store } from '../../port/store.ts';
import type { OpenForTest } from './opened-store.ts';
import { lease, projections, record, recordEverything, soon, tokenCreated } from './samples.ts';

export function tokenContract(open: OpenForTest): void {
  tokenTests(open);
  useTests(open);
  listenerTests(open);
}

function tokenTests(open: OpenForTest): void {
  test('a token is found by id and by the hash of its secret, and stays listed when it was revoked', async (t) => {
    const { store } = await open(t);
    const scope = { environments: ['dev', 'pr-*'], services: null };
    const created = tokenCreated('t-1', { role: 'developer', scope, expiresAt: 1_000, use: 'session', parent: 't-0' });
    const first = await record(store, 'token/t-1', created);
    const row = {
      id: 't-1',
      name: 'name of t-1',
      person: null,
      role: 'developer',
      scope,
      use: 'session',
      parent: 't-0',
      secretHash: sha256('secret of t-1'),
      createdAt: first.entries[0]?.time,
      expiresAt: 1_000,
      revokedAt: null,
      lastUsedAt: null,
      sequence: 1,
    };
    assert.deepEqual(await store.token('t-1', soon()), row);
    assert.deepEqual(await store.tokenByHash(row.secretHash, soon()), row);
    assert.equal(await store.token('t-2', soon()), null);
    assert.equal(await store.tokenByHash(sha256('secret of t-2'), soon()), null);
    const last = await record(store, 'token/t-1', { kind: 'token-revoked', token: 't-1' });
    const revoked = { ...row, revokedAt: last.entries[0]?.time };
    assert.deepEqual(await store.token('t-1', soon()), revoked);
    assert.deepEqual(await store.tokens({}, { limit: 10 }, soon()), { items: [revoked], next: null });
  });

  test('of two tokens with one secret the first counts', async (t) => {
    const { store } = await open(t);
    const secretHash = sha256('the same');
    await record(store, 'token/t-1', tokenCreated('t-1', { role: 'viewer', secretHash }));
    await record(store, 'token/t-2', tokenCreated('t-2', { role: 'admin', secretHash }));
    assert.equal((await store.tokenByHash(secretHash, soon()))?.id, 't-1');
    assert.equal(await store.token('t-2', soon()), null);
  });
}

function useTests(open: OpenForTest): void {
  const lastUses = async (store: Store): Promise<Record<string, number | null>> =>
    Object.fromEntries(
      (await store.tokens({}, { limit: 500 }, soon())).items.map((row) => [row.id, row.lastUsedAt] as const),
    );

  test('the last use of a token is the latest that was noted, in whatever order (property)', async (t) => {
    const { store } = await open(t);
    const known = ['t-1', 't-2', 't-3'];
    for (const id of known) await record(store, `token/${id}`, tokenCreated(id));
    const latest = new Map<string, number>();
    const use = fc.tuple(fc.constantFrom(...known, 't-unknown'), fc.nat({ max: 1_000 }));
    const property = fc.asyncProperty(
      fc.array(fc.array(use, { maxLength: 5 }), { minLength: 1, maxLength: 5 }),
      async (all) => {
        const maps = all.map((uses) => new Map(uses));
        await Promise.all(maps.map((lastUsedAt) => store.noteTokenUse(lastUsedAt, soon())));
        for (const [id, time] of maps.flatMap((each) => [...each])) {
          latest.set(id, Math.max(time, latest.get(id) ?? 0));
        }
        assert.deepEqual(
          await lastUses(store),
          Object.fromEntries(known.toReversed().map((id) => [id, latest.get(id) ?? null])),
        );
      },
    );
    await fc.assert(property, { numRuns: 60 });
    assert.equal(latest.size, 4, 'every token was used, and one that nobody knows');
  });

  test('what was noted is kept by a rebuild and by closing, and is nothing on the ledger', async (t) => {
    const { store, reopen } = await open(t);
    await recordEverything(store);
    const head = await store.head(soon());
    await store.noteTokenUse(new Map([['t-1', 5_000]]), soon());
    assert.deepEqual(await store.head(soon()), head);
    const before = await projections(store);
    assert.equal((await lastUses(store))['t-1'], 5_000);
    await store.rebuild(soon());
    assert.deepEqual(await projections(store), before);
    assert.deepEqual(await projections(await reopen()), before);
  });

  test('noting goes on beside appends, and closing waits for it', async (t) => {
    const { store, reopen } = await open(t);
    await record(store, 'token/t-1', tokenCreated('t-1'));
    const noted = Array.from({ length: 200 }, async (_, index) => {
      const entries = [{ actor: 'tester', event: lease('a') }];
      await Promise.all([
        store.append({ appends: [{ stream: `s/${index}`, expectedVersion: 0, entries }] }, soon()),
        store.noteTokenUse(new Map([['t-1', index]]), soon()),
      ]);
    });
    await store.close();
    await Promise.all(noted);
    await assert.rejects(store.noteTokenUse(new Map([['t-1', 300]]), soon()), { code: 'store.failed' });
    const again = await reopen();
    assert.equal((await again.token('t-1', soon()))?.lastUsedAt, 199);
    assert.equal((await again.head(soon())).sequence, 201);
  });

  test('what is no time is refused, and so are more than 10,000 tokens at once', async (t) => {
    const { store } = await open(t);
    await record(store, 'token/t-1', tokenCreated('t-1'));
    for (const time of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(store.noteTokenUse(new Map([['t-1', time]]), soon()), { code: 'request.invalid' });
    }
    const many = new Map(Array.from({ length: 10_001 }, (_, index) => [`t-${index}`, 1] as const));
    await assert.rejects(store.noteTokenUse(many, soon()), { code: 'store.busy' });
    assert.deepEqual(await lastUses(store), { 't-1': null });
    many.delete('t-0');
    await store.noteTokenUse(many, soon());
    assert.deepEqual(await lastUses(store), { 't-1': 1 });
  });

  test('who stops waiting for a note is let go', async (t) => {
    const { store } = await open(t);
    const abort = new AbortController();
    const waiting = store.noteTokenUse(new Map([['t-1', 1]]), abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(waiting, { message: 'enough' });
  });
}

function listenerTests(open: OpenForTest): void {
  test('a listener is told of appends, reads what it was told of, and is told nothing once it has left', async (t) => {
    const { store } = await open(t);
    const told: number[] = [];
    const heads: Promise<number>[] = [];
    const leave = store.onAppended((sequence) => {
      told.push(sequence);
      heads.push(store.head(soon()).then((head) => head.sequence));
    });
    for (const stream of ['a', 'b', 'c']) await record(store, stream, lease('1'), lease('2'));
    await assert.rejects(store.append({ appends: [{ stream: 'a', expectedVersion: 9, entries: [] }] }, soon()), {
      code: 'store.conflict',
    });
    await store.append({ appends: [{ stream: 'a', expectedVersion: 2, entries: [] }] }, soon());
    await sleep(1);
    assert.deepEqual(told, [2, 4, 6]);
    for (const [index, head] of (await Promise.all(heads)).entries()) assert.ok(head >= (told[index] ?? 0));
    leave();
    leave();
    await record(store, 'd', lease('1'));
    await sleep(1);
    assert.equal(told.length, 3);
  });

  test('of many appends at once a listener hears at least the last, in rising order', async (t) => {
    const { store } = await open(t);
    const told: number[] = [];
    store.onAppended((sequence) => told.push(sequence));
    await Promise.all(Array.from({ length: 300 }, (_, index) => record(store, `s/${index}`, lease('a'))));
    await sleep(1);
    assert.equal(told.at(-1), 300);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
  });
}
