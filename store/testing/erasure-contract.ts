import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical } from '../../core/canonical.ts';
import type { ErasableKind, LedgerEvent } from '../../core/event.ts';
import { sha256, type Digest } from '../../core/hash.ts';
import type { LogExcerpt } from '../../core/outcome.ts';
import type { Store } from '../../port/store.ts';
import type { OpenForTest } from './opened-store.ts';
import {
  accepted,
  byTester,
  ended,
  lease,
  projections,
  record,
  soon,
  spot,
  started,
  step,
  targetA,
  tokenCreated,
} from './samples.ts';

/** A stored excerpt of one line, and the failure that names it. */
export function failure(deployment: string, line: string): { readonly blob: Uint8Array; readonly event: LedgerEvent } {
  const excerpt: LogExcerpt = { salt: sha256(line).slice(0, 32), task: 't', lines: [{ stream: 'stdout', text: line }] };
  const blob = Buffer.from(canonical(excerpt));
  const cause = {
    kind: 'task-failed',
    step: 'fe/cart/web',
    task: 't',
    node: null,
    message: 'it ended',
    exitCode: 1,
    logs: sha256(blob),
    hint: null,
  } as const;
  return { blob, event: { kind: 'step-failed', deployment, step: 'fe/cart/web', spot, cause } };
}

/** Appends one event with its blob. */
export async function recordWith(store: Store, stream: string, event: LedgerEvent, blob: Uint8Array): Promise<void> {
  const expectedVersion = await store.version(stream, soon());
  await store.append({ appends: [{ stream, expectedVersion, entries: byTester(event) }], blobs: [blob] }, soon());
}

export async function eraseIn(store: Store, kind: ErasableKind, ...digests: readonly Digest[]): Promise<void> {
  const contents = digests.map((digest) => ({ digest, kind }));
  await record(store, 'ledger', { kind: 'content-erased', contents, reason: 'request' });
}

export function erasureContract(open: OpenForTest): void {
  test('an erased excerpt is gone for ever, and the store tells it from one that never was', async (t) => {
    const { store, reopen } = await open(t);
    const [one, other] = [failure('d-1', 'one'), failure('d-2', 'other')];
    await recordWith(store, 'deployment/d-1', one.event, one.blob);
    await recordWith(store, 'deployment/d-2', other.event, other.blob);
    const digest = sha256(one.blob);
    assert.deepEqual(await store.blob(digest, soon()), new Uint8Array(one.blob));
    assert.partialDeepStrictEqual(await store.erasable(digest, soon()), { kind: 'logs', sequence: 1, erasedBy: null });
    await eraseIn(store, 'logs', digest);
    for (const take of [async () => await Promise.resolve(store), reopen]) {
      const now = await take();
      assert.equal(await now.blob(digest, soon()), null);
      assert.partialDeepStrictEqual(await now.erasable(digest, soon()), { kind: 'logs', sequence: 1, erasedBy: 3 });
      assert.deepEqual(await now.blob(sha256(other.blob), soon()), new Uint8Array(other.blob));
      assert.equal(await now.erasable(sha256('never'), soon()), null);
    }
  });

  test('what is erased stays so when it is stored again, erased again, and when all is made anew', async (t) => {
    const { store, reopen } = await open(t);
    const { event, blob } = failure('d-1', 'line');
    const digest = sha256(blob);
    await recordWith(store, 'deployment/d-1', event, blob);
    await eraseIn(store, 'logs', digest);
    await recordWith(store, 'deployment/d-1', event, blob);
    await eraseIn(store, 'logs', digest);
    assert.equal(await store.blob(digest, soon()), null);
    await store.rebuild(soon());
    for (const take of [async () => await Promise.resolve(store), reopen]) {
      const now = await take();
      assert.equal(await now.blob(digest, soon()), null);
      assert.partialDeepStrictEqual(await now.erasable(digest, soon()), { sequence: 1, erasedBy: 2 });
    }
  });

  test('a request that is refused erases nothing', async (t) => {
    const { store } = await open(t);
    const { event, blob } = failure('d-1', 'line');
    await recordWith(store, 'deployment/d-1', event, blob);
    const contents = [{ digest: sha256(blob), kind: 'logs' }] as const;
    const entries = byTester({ kind: 'content-erased', contents, reason: 'request' });
    const wrong = { stream: 'other', expectedVersion: 7, entries: byTester(lease('a')) };
    const request = { appends: [{ stream: 'ledger', expectedVersion: 0, entries }, wrong] };
    await assert.rejects(store.append(request, soon()), { code: 'store.conflict' });
    assert.deepEqual(await store.blob(sha256(blob), soon()), new Uint8Array(blob));
    assert.equal((await store.erasable(sha256(blob), soon()))?.erasedBy, null);
  });

  test('what is not erased is listed by kind and age, oldest first', async (t) => {
    const { store } = await open(t);
    const failures = ['a', 'b', 'c'].map((line) => failure(`d-${line}`, line));
    for (const { event, blob } of failures) await recordWith(store, 'deployment/d', event, blob);
    const digests = failures.map(({ blob }) => sha256(blob));
    const listed = async (before: number, limit: number) =>
      (await store.unerased('logs', before, limit, soon())).map(({ digest }) => digest);
    assert.deepEqual(await listed(Infinity, 10), digests);
    assert.deepEqual(await listed(Infinity, 2), digests.slice(0, 2));
    assert.deepEqual(await listed(0, 10), []);
    await eraseIn(store, 'logs', digests[0] ?? '');
    assert.deepEqual(await listed(Infinity, 10), digests.slice(1));
    assert.deepEqual(await store.unerased('person', Infinity, 10, soon()), []);
    await assert.rejects(store.unerased('logs', 0, 0, soon()), { code: 'request.invalid' });
  });

  test('the name of a token is read from its content, and is null once that is erased', async (t) => {
    const { store, reopen } = await open(t);
    const blob = Buffer.from(canonical({ salt: 'salt', name: 'Ada' }));
    const name = { kind: 'person', digest: sha256(blob) } as const;
    await recordWith(store, 'token/t-1', tokenCreated('t-1', { name }), blob);
    await record(store, 'token/t-2', tokenCreated('t-2', { name, use: 'session', parent: 't-1' }));
    await record(store, 'token/t-3', tokenCreated('t-3'));
    const names = async (of: Store) =>
      (await of.tokens({}, { limit: 9 }, soon())).items.map((row) => [row.id, row.name, row.person]);
    const person = name.digest;
    const plain = ['t-3', 'name of t-3', null];
    assert.deepEqual(await names(store), [plain, ['t-2', 'Ada', person], ['t-1', 'Ada', person]]);
    await eraseIn(store, 'person', person);
    const after = [plain, ['t-2', null, person], ['t-1', null, person]];
    assert.deepEqual(await names(store), after);
    assert.equal((await store.tokenByHash(sha256('secret of t-1'), soon()))?.id, 't-1');
    await store.rebuild(soon());
    assert.deepEqual(await names(await reopen()), after);
  });

  test('erasing touches nothing that projections answer', async (t) => {
    const { store } = await open(t);
    const { event, blob } = failure('d-1', 'line');
    await record(store, 'deployment/d-1', accepted('d-1'), started('d-1'), step('step-started', 'd-1', targetA));
    await recordWith(store, 'deployment/d-1', event, blob);
    await record(store, 'deployment/d-1', ended('d-1', 'failed'));
    const before = await projections(store);
    await eraseIn(store, 'logs', sha256(blob));
    assert.deepEqual(await projections(store), before);
  });
}
