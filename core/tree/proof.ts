import { hashNode, type TreeHash } from './merkle.ts';

/** Whether a leaf is in the tree of that size and root (RFC 9162, section 2.1.3.2). Never throws. */
export function isIncluded(of: {
  readonly leaf: TreeHash;
  readonly index: number;
  readonly size: number;
  readonly root: TreeHash;
  readonly proof: readonly TreeHash[];
}): boolean {
  const { leaf, index, size, root, proof } = of;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let [fn, sn, node] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      node = hashNode(sibling, node);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      node = hashNode(node, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && isSame(node, root);
}

/** A tree as a checkpoint names it. */
export interface TreeHead {
  readonly size: number;
  readonly root: TreeHash;
}

/** Whether the later tree begins with the whole of the earlier one (RFC 9162, section 2.1.4.2). Never throws. */
export function isConsistent(earlier: TreeHead, later: TreeHead, proof: readonly TreeHash[]): boolean {
  if (!isCount(earlier.size) || !isCount(later.size) || earlier.size > later.size) return false;
  if (earlier.size === later.size) return proof.length === 0 && isSame(earlier.root, later.root);
  if (earlier.size === 0) return proof.length === 0;
  const path = isPowerOfTwo(earlier.size) ? [earlier.root, ...proof] : proof;
  let [fn, sn] = [earlier.size - 1, later.size - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let [before, after] = [first, first];
  for (const node of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      before = hashNode(node, before);
      after = hashNode(node, after);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      after = hashNode(after, node);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && isSame(before, earlier.root) && isSame(after, later.root);
}

/** Whether two hashes are the same bytes. */
export function isSame(a: TreeHash, b: TreeHash): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
