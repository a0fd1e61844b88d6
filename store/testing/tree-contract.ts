import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { leafHash } from '../../core/ledger.ts';
import { hashNode, type TreeHash } from '../../core/tree/merkle.ts';
import type { Store } from '../../port/store.ts';
import type { OpenForTest } from './opened-store.ts';
import { allEntries, byTester, lease, soon } from './samples.ts';

/** The root over some leaves by the recursive definition (RFC 6962, section 2.1), the leaves at least one. */
export function rootByDefinition(leaves: readonly TreeHash[]): TreeHash {
  const [only] = leaves;
  assert(only !== undefined);
  if (leaves.length === 1) return only;
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return hashNode(rootByDefinition(leaves.slice(0, left)), rootByDefinition(leaves.slice(left)));
}

/** All hashes of a level, page by page. */
export async function readLevel(store: Store, level: number): Promise<readonly TreeHash[]> {
  const hashes: TreeHash[] = [];
  for (let page: readonly TreeHash[] = [], read = -1; read !== 0; read = page.length) {
    page = await store.treeHashes(level, hashes.length, 1_000, soon());
    hashes.push(...page);
  }
  return hashes;
}

/** Holds the levels above the leaves against the recursive definition over these leaves. */
export async function checkLevels(store: Store, leaves: readonly TreeHash[]): Promise<void> {
  for (let level = 1; ; level += 1) {
    const width = 256 ** level;
    const complete = Math.floor(leaves.length / width);
    const expected = Array.from({ length: complete }, (_, at) =>
      rootByDefinition(leaves.slice(at * width, (at + 1) * width)),
    );
    assert.deepEqual((await readLevel(store, level)).map(toHex), expected.map(toHex), `level ${level}`);
    if (complete === 0) return;
  }
}

function toHex(node: TreeHash): string {
  return Buffer.from(node).toString('hex');
}

export function treeContract(open: OpenForTest): void {
  test('the hashes of every level are those of the recursive definition, however the entries came (property)', async (t) => {
    const { store, reopen } = await open(t);
    const counts = fc.sample(fc.constantFrom(1, 2, 3, 250, 255, 256, 257), { numRuns: 6, seed: 7 });
    let version = 0;
    for (const count of [...counts, 256, 600]) {
      const entries = byTester(...Array.from({ length: count }, (_, at) => lease(`${version + at}`)));
      await store.append({ appends: [{ stream: 's', expectedVersion: version, entries }] }, soon());
      version += count;
      const leaves = (await allEntries(store)).map((entry) => Buffer.from(leafHash(entry), 'hex'));
      assert.deepEqual((await readLevel(store, 0)).map(toHex), leaves.map(toHex));
      await checkLevels(store, leaves);
    }
    const before = await readLevel(store, 1);
    assert.ok(before.length >= 3);
    await store.rebuild(soon());
    assert.deepEqual(await readLevel(store, 1), before);
    assert.deepEqual(await readLevel(await reopen(), 1), before);
  });

  test('a request that is refused leaves no hash behind', async (t) => {
    const { store } = await open(t);
    const append = (expectedVersion: number, count: number) => {
      const entries = byTester(...Array.from({ length: count }, (_, at) => lease(`${at}`)));
      return store.append({ appends: [{ stream: 's', expectedVersion, entries }] }, soon());
    };
    await append(0, 250);
    await assert.rejects(append(1, 500), { code: 'store.conflict' });
    assert.deepEqual(await readLevel(store, 1), []);
    await append(250, 10);
    await checkLevels(
      store,
      (await allEntries(store)).map((entry) => Buffer.from(leafHash(entry), 'hex')),
    );
  });

  test('hashes are asked for by level and number, and fewer come where the tree ends', async (t) => {
    const { store } = await open(t);
    const entries = byTester(...Array.from({ length: 300 }, (_, at) => lease(`${at}`)));
    await store.append({ appends: [{ stream: 's', expectedVersion: 0, entries }] }, soon());
    assert.equal((await store.treeHashes(0, 290, 100, soon())).length, 10);
    assert.equal((await store.treeHashes(1, 0, 2, soon())).length, 1);
    assert.deepEqual(await store.treeHashes(1, 1, 2, soon()), []);
    assert.deepEqual(await store.treeHashes(7, 0, 2, soon()), []);
    await assert.rejects(store.treeHashes(0, 0, 1_025, soon()), { code: 'request.invalid' });
    await assert.rejects(store.treeHashes(0, -1, 1, soon()), { code: 'request.invalid' });
  });
}
