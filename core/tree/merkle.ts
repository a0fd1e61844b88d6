import { hash } from 'node:crypto';

/** A node of the tree: 32 bytes of SHA-256. */
export type TreeHash = Uint8Array;

/** Leaves from `begin` (inclusive, from 0) to `end` (exclusive). */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** A perfect subtree: 2^height leaves from leaf `index * 2^height` on. */
export interface Subtree {
  readonly height: number;
  readonly index: number;
}

/** The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1). */
export const emptyRoot: TreeHash = hash('sha256', '', 'buffer');

/** RFC 6962, section 2.1: SHA-256(0x00 || entry). */
export function hashLeaf(entry: Uint8Array): TreeHash {
  const text = new Uint8Array(entry.length + 1);
  text.set(entry, 1);
  return hash('sha256', text, 'buffer');
}

/** RFC 6962, section 2.1: SHA-256(0x01 || left || right). */
export function hashNode(left: TreeHash, right: TreeHash): TreeHash {
  const text = new Uint8Array(65);
  text[0] = 1;
  text.set(left, 1);
  text.set(right, 33);
  return hash('sha256', text, 'buffer');
}

/** A tree that grows leaf by leaf and remembers only what later roots need: at most 53 hashes. */
export interface TreeBuilder {
  size(): number;
  add(leaf: TreeHash): void;
  root(): TreeHash;
}

/** Begins empty, or where a tree of `size` leaves with these perfect subtrees (the largest first) stands. */
export function createTreeBuilder(size = 0, subtrees: readonly TreeHash[] = []): TreeBuilder {
  const stack = [...subtrees];
  let leaves = size;
  return {
    size: () => leaves,
    add(leaf) {
      let node = leaf;
      // As many subtrees end here as the old size has ones at its end.
      for (let rest = leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
        const left = stack.pop();
        if (left === undefined) throw new Error('a tree of this size has more subtrees than were given');
        node = hashNode(left, node);
      }
      stack.push(node);
      leaves += 1;
    },
    root: () => joinSubtrees(stack),
  };
}

/** The root over perfect subtrees that lie side by side, the largest first; over none, that of the empty tree. */
export function joinSubtrees(subtrees: readonly TreeHash[]): TreeHash {
  const last = subtrees.at(-1);
  if (last === undefined) return emptyRoot;
  return subtrees.slice(0, -1).reduceRight((right, left) => hashNode(left, right), last);
}

/**
 * The perfect subtrees that a span is made of, from left to right. The span must be one that the tree's recursive
 * definition makes: its begin is a multiple of the largest power of two that is not larger than its length.
 */
export function subtreesOf({ begin, end }: Span): readonly Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = begin; at < end;) {
    const height = Math.floor(Math.log2(end - at));
    const width = 2 ** height;
    if (at % width !== 0) throw new Error(`leaves ${begin} to ${end} are no span of a tree`);
    subtrees.push({ height, index: at / width });
    at += width;
  }
  return subtrees;
}

/** The spans whose roots prove that leaf `index` is in a tree of `size`, the leaf's sibling first (RFC 6962, 2.1.1). */
export function inclusionSpans(index: number, size: number): readonly Span[] {
  if (index < 0 || index >= size) throw new Error(`a tree of ${size} leaves has no leaf ${index}`);
  const spans: Span[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + split(end - begin);
    spans.push(index < middle ? { begin: middle, end } : { begin, end: middle });
    [begin, end] = index < middle ? [begin, middle] : [middle, end];
  }
  return spans.toReversed();
}

/** The spans whose roots prove that a tree of `size` begins with one of `from` leaves (RFC 6962, section 2.1.2). */
export function consistencySpans(from: number, size: number): readonly Span[] {
  if (from < 0 || from > size) throw new Error(`a tree of ${size} leaves does not begin with one of ${from}`);
  if (from === 0 || from === size) return [];
  const spans: Span[] = [];
  let [begin, end] = [0, size];
  while (end !== from) {
    const middle = begin + split(end - begin);
    spans.push(from <= middle ? { begin: middle, end } : { begin, end: middle });
    [begin, end] = from <= middle ? [begin, middle] : [middle, end];
  }
  // The old root itself is known to whoever asks; a subtree of it is not.
  if (begin > 0) spans.push({ begin, end });
  return spans.toReversed();
}

/** The largest power of two below `length`, which is at least 2. */
function split(length: number): number {
  const power = 2 ** Math.floor(Math.log2(length));
  return power === length ? power / 2 : power;
}
