import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashLeaf, hashNode, subtreesOf, type TreeHash } from './merkle.ts';
import { parseTilePath, rangeOf, readBundle, tilePath, widthOfLevel, writeBundle, type Tile } from './tile.ts';

test("the address of tile 1234067 is the specification's own", () => {
  const tile: Tile = { level: 0, index: 1_234_067, width: 256 };
  assert.equal(tilePath(tile), 'tile/0/x001/x234/067');
  assert.deepEqual(parseTilePath('0/x001/x234/067'), tile);
  assert.equal(tilePath({ level: 'entries', index: 5, width: 7 }), 'tile/entries/005.p/7');
});

test("a tree of 70,000 leaves has the specification's own tiles", () => {
  const tilesOf = (level: number): readonly [full: number, partial: number] => {
    const width = widthOfLevel(level, 70_000);
    return [Math.floor(width / 256), width % 256];
  };
  assert.deepEqual([0, 1, 2, 3].map(tilesOf), [
    [273, 112],
    [1, 17],
    [0, 1],
    [0, 0],
  ]);
  assert.deepEqual(
    [0, 1].map((level) => widthOfLevel(level, 256)),
    [256, 1],
  );
});

test('every tile has one address, which is read as the tile (property)', () => {
  const tile = fc.record({
    level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
    index: fc.nat(2 ** 40),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(
    fc.property(tile, (each) => {
      const path = tilePath(each);
      assert.match(path, /^tile\/(?:\d{1,2}|entries)\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d{1,3})?$/);
      assert.deepEqual(parseTilePath(path.slice('tile/'.length)), { ...each });
    }),
    { numRuns: 300 },
  );
});

test('what is no address of a tile is refused', () => {
  const wrong = ['', '0', '0/', '0/1', '0/0001', '00/001', '64/001', '-1/001', '0/x000/001', '0/x001', '0/001/002'];
  const widths = ['0/001.p/0', '0/001.p/256', '0/001.p/01', '0/001.p/', '0/001.p/1/2', 'data/001', '0/001.p/-1'];
  for (const path of [...wrong, ...widths, '../0/001', '0/001\n']) assert.equal(parseTilePath(path), null, path);
});

test('perfect subtrees are computed of a bounded range of one stored level (property)', () => {
  const leaves = Array.from({ length: 1_000 }, (_, index) => hashLeaf(Uint8Array.of(index % 256, index >> 8)));
  const fold = (of: readonly TreeHash[]): TreeHash =>
    of.length === 1
      ? (of[0] ?? assert.fail())
      : hashNode(fold(of.slice(0, of.length / 2)), fold(of.slice(of.length / 2)));
  const stored = [leaves, [0, 1, 2].map((at) => fold(leaves.slice(at * 256, (at + 1) * 256)))];
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (end) => {
      for (const subtree of subtreesOf({ begin: 0, end })) {
        const { level, from, count } = rangeOf(subtree);
        assert.ok(count <= 128);
        const width = 2 ** subtree.height;
        const expected = fold(leaves.slice(subtree.index * width, (subtree.index + 1) * width));
        assert.deepEqual(fold(stored[level]?.slice(from, from + count) ?? []), expected);
      }
    }),
    { numRuns: 100 },
  );
});

test('a bundle gives its entries back, and a cut one gives none (property)', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
  fc.assert(
    fc.property(entries, fc.nat(10_000), (each, cut) => {
      const bundle = writeBundle(each);
      assert.deepEqual(
        readBundle(bundle)?.map((entry) => [...entry]),
        each.map((entry) => [...entry]),
      );
      if (bundle.length === 0) return;
      const read = readBundle(bundle.subarray(0, cut % bundle.length));
      assert.ok(read === null || read.length < each.length);
    }),
  );
  assert.throws(() => writeBundle([new Uint8Array(65_536)]));
});
