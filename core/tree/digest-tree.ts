import { hash } from 'node:crypto';
import type { Digest } from '../hash.ts';
import { tileHeight } from './tile.ts';

/** 0x01 || left || right, filled anew for each node. */
const node = Buffer.alloc(65, 1);

/** RFC 6962, section 2.1, over hashes as hexadecimal digits: several times as fast as over bytes. */
export function hashPair(left: Digest, right: Digest): Digest {
  node.write(left, 1, 32, 'hex');
  node.write(right, 33, 32, 'hex');
  return hash('sha256', node, 'hex');
}

/** A tree that grows leaf by leaf and remembers only what later roots need: at most 53 hashes. */
export interface DigestTree {
  size(): number;
  add(leaf: Digest): void;
  /** Of all leaves so far; `emptyDigest` before the first. */
  root(): Digest;
}

/** The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1). */
export const emptyDigest: Digest = hash('sha256', '', 'hex');

/** Called with the root of each complete subtree of 256^level leaves, from level 1 on; numbers count from 0. */
export type OnSubtree = (level: number, number: number, root: Digest) => void;

/** An empty tree for ledgers of millions of entries: what `createTreeBuilder` makes, over hexadecimal digits. */
export function createDigestTree(onSubtree: OnSubtree = () => undefined): DigestTree {
  /** At each height, the perfect subtree that waits for its right neighbour; valid where the size has a one. */
  const waiting: Digest[] = [];
  let size = 0;
  return {
    size: () => size,
    add(leaf) {
      let root = leaf;
      let height = 0;
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
        root = hashPair(waiting[height] ?? '', root);
        height += 1;
        if (height % tileHeight === 0) onSubtree(height / tileHeight, (rest - 1) / 2, root);
      }
      waiting[height] = root;
      size += 1;
    },
    root() {
      let root: Digest | null = null;
      let height = 0;
      for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) {
        const subtree = waiting[height] ?? '';
        if (rest % 2 === 1) root = root === null ? subtree : hashPair(subtree, root);
        height += 1;
      }
      return root ?? emptyDigest;
    },
  };
}

/** The root over the hashes of a perfect tree: their number is a power of two, at least 1. */
export function rootOfPerfect(hashes: readonly Digest[]): Digest {
  let level = hashes;
  while (level.length > 1) {
    const above: Digest[] = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(hashPair(level[at] ?? '', level[at + 1] ?? ''));
    level = above;
  }
  const [root] = level;
  if (root === undefined) throw new Error('a perfect tree has at least one leaf');
  return root;
}
