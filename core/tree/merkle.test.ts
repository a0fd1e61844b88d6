import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createDigestTree, emptyDigest, rootOfPerfect } from './digest-tree.ts';
import {
  consistencySpans,
  createTreeBuilder,
  emptyRoot,
  hashLeaf,
  hashNode,
  inclusionSpans,
  subtreesOf,
  type Span,
  type TreeHash,
} from './merkle.ts';
import { isConsistent, isIncluded } from './proof.ts';

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

/** The tree that the reference implementation of Certificate Transparency is tested with: leaves, and roots by size. */
const reference = [
  ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
  ['3031', '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  ['40414243', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
  ['5051525354555657', 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  ['606162636465666768696a6b6c6d6e6f', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
] as const;
const leaves = reference.map(([leaf]) => hashLeaf(fromHex(leaf)));

const pairOf0 = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';
const pairOf01 = 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125';
const pairOf1 = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const pairOf23 = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const pairOf47 = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';
const pairOf4 = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const pairOf67 = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const pairOf45 = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';

/** The reference's own proofs: index (from 0) and size. */
const inclusionProofs: readonly (readonly [number, number, readonly string[]])[] = [
  [0, 1, []],
  [0, 8, [pairOf1, pairOf23, pairOf47]],
  [5, 8, [pairOf4, pairOf67, reference[3][1]]],
  [2, 3, [pairOf01]],
  [1, 5, [pairOf0, pairOf23, pairOf4]],
];
const consistencyProofs: readonly (readonly [number, number, readonly string[]])[] = [
  [1, 1, []],
  [1, 8, [pairOf1, pairOf23, pairOf47]],
  [6, 8, [pairOf45, pairOf67, reference[3][1]]],
  [2, 5, [pairOf23, pairOf4]],
];

/** The root by the recursive definition (RFC 6962, section 2.1). */
function rootOf(of: readonly TreeHash[]): TreeHash {
  const [only] = of;
  if (only === undefined) return emptyRoot;
  if (of.length === 1) return only;
  let left = 1;
  while (left * 2 < of.length) left *= 2;
  return hashNode(rootOf(of.slice(0, left)), rootOf(of.slice(left)));
}

const spansOf = (of: readonly TreeHash[], spans: readonly Span[]): readonly TreeHash[] =>
  spans.map(({ begin, end }) => rootOf(of.slice(begin, end)));

test('roots of the reference tree are the published ones, by bytes and by digits', () => {
  const tree = createTreeBuilder();
  const digits = createDigestTree();
  assert.equal(toHex(tree.root()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.deepEqual([digits.root(), emptyDigest], [toHex(emptyRoot), toHex(emptyRoot)]);
  for (const [index, [, root]] of reference.entries()) {
    const leaf = leaves[index] ?? assert.fail();
    tree.add(leaf);
    digits.add(toHex(leaf));
    assert.deepEqual([toHex(tree.root()), digits.root(), digits.size()], [root, root, index + 1]);
  }
});

test('proofs over the reference tree are the published ones', () => {
  for (const [index, size, proof] of inclusionProofs)
    assert.deepEqual(spansOf(leaves, inclusionSpans(index, size)).map(toHex), proof, `leaf ${index} of ${size}`);
  for (const [from, size, proof] of consistencyProofs)
    assert.deepEqual(spansOf(leaves, consistencySpans(from, size)).map(toHex), proof, `${from} to ${size}`);
});

test('the published proofs verify, and no other leaf, size or root passes with them', () => {
  const roots = reference.map(([, root]) => fromHex(root));
  for (const [index, size, hex] of inclusionProofs) {
    const proof = hex.map(fromHex);
    const passing = roots.flatMap((root, at) =>
      leaves.flatMap((leaf, other) => (isIncluded({ leaf, index, size, root, proof }) ? [[at + 1, other]] : [])),
    );
    assert.deepEqual(passing, [[size, index]]);
  }
  for (const [from, size, hex] of consistencyProofs) {
    const head = (of: number) => ({ size: of, root: roots[of - 1] ?? assert.fail() });
    assert.equal(isConsistent(head(from), head(size), hex.map(fromHex)), true);
    const other = { size: from, root: emptyRoot };
    assert.equal(isConsistent(other, head(size), hex.map(fromHex)), false);
  }
});

const many = Array.from({ length: 300 }, (_, index) => hashLeaf(Uint8Array.of(index % 256, index >> 8)));

/** One bit of one hash turned over. */
function spoil(hash: TreeHash, bit: number): TreeHash {
  return hash.map((byte, at) => (at === (bit >> 3) % 32 ? byte ^ (1 << (bit % 8)) : byte));
}

test('every inclusion proof verifies, and none when a bit, a hash, the index or the size is another (property)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(299), fc.nat(255), fc.nat(8), (size, which, bit, at) => {
      const index = which % size;
      const root = rootOf(many.slice(0, size));
      const proof = spansOf(many, inclusionSpans(index, size));
      const whole = { leaf: many[index] ?? assert.fail(), index, size, root, proof };
      assert.equal(isIncluded(whole), true);
      const wrong = [
        { ...whole, leaf: spoil(whole.leaf, bit) },
        { ...whole, root: spoil(root, bit) },
        { ...whole, proof: [...proof, root] },
        { ...whole, index: index + 1 },
        { ...whole, index: -1 },
        { ...whole, size: index },
        { ...whole, index: Number.NaN },
        ...(proof.length === 0
          ? []
          : [
              { ...whole, proof: proof.slice(1) },
              { ...whole, proof: proof.with(at % proof.length, spoil(proof[at % proof.length] ?? root, bit)) },
            ]),
      ];
      for (const [number, other] of wrong.entries())
        assert.equal(isIncluded(other), false, `wrong in way ${number}: leaf ${index} of ${size}`);
    }),
    { numRuns: 150 },
  );
});

test('every consistency proof verifies, and none when a bit, a hash or a size is another (property)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(299), fc.nat(255), fc.nat(8), (size, which, bit, at) => {
      const from = 1 + (which % size);
      const earlier = { size: from, root: rootOf(many.slice(0, from)) };
      const later = { size, root: rootOf(many.slice(0, size)) };
      const proof = spansOf(many, consistencySpans(from, size));
      assert.equal(isConsistent(earlier, later, proof), true);
      assert.equal(isConsistent({ ...earlier, root: spoil(earlier.root, bit) }, later, proof), false);
      assert.equal(isConsistent(earlier, { ...later, root: spoil(later.root, bit) }, proof), false);
      assert.equal(isConsistent(earlier, later, [...proof, later.root]), false);
      assert.equal(isConsistent({ ...earlier, size: size + 1 }, later, proof), false);
      if (proof.length === 0) return;
      const other = proof.with(at % proof.length, spoil(proof[at % proof.length] ?? later.root, bit));
      assert.equal(isConsistent(earlier, later, other), false);
      assert.equal(isConsistent(earlier, later, proof.slice(1)), false);
    }),
    { numRuns: 150 },
  );
});

test('a tree that grows, one that goes on from its subtrees, and one over digits have the roots of the definition (property)', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), (a, b) => {
      const [from, size] = [Math.min(a, b), Math.max(a, b)];
      const begun = subtreesOf({ begin: 0, end: from }).map(({ height, index }) =>
        rootOf(many.slice(index * 2 ** height, (index + 1) * 2 ** height)),
      );
      const tree = createTreeBuilder(from, begun);
      const digits = createDigestTree();
      for (const leaf of many.slice(from, size)) tree.add(leaf);
      for (const leaf of many.slice(0, size)) digits.add(toHex(leaf));
      const root = toHex(rootOf(many.slice(0, size)));
      assert.deepEqual([tree.size(), toHex(tree.root()), digits.root()], [size, root, root]);
    }),
    { numRuns: 60 },
  );
});

test('a tree over digits tells of each subtree of 256^level leaves as it becomes complete', () => {
  const told: string[] = [];
  const tree = createDigestTree((level, number, root) => told.push(`${level} ${number} ${root}`));
  for (let index = 0; index < 65_536 + 300; index += 1) tree.add(toHex(many[index % 256] ?? emptyRoot));
  const block = rootOfPerfect(many.slice(0, 256).map(toHex));
  const level1 = Array.from({ length: 257 }, (_, number) => `1 ${number} ${block}`);
  const level2 = `2 0 ${rootOfPerfect(Array.from({ length: 256 }, () => block))}`;
  assert.deepEqual(told, [...level1.slice(0, 256), level2, ...level1.slice(256)]);
  assert.equal(toHex(rootOf(many.slice(0, 256))), block);
});
