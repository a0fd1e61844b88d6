import { Fault } from '../core/fault.ts';
import { hashNode, inclusionSpans, joinSubtrees, subtreesOf, type Span, type TreeHash } from '../core/tree/merkle.ts';
import { rangeOf } from '../core/tree/tile.ts';
import type { Store } from '../port/store.ts';
import { createRecent } from './recent.ts';

/** The Merkle tree over the ledger's entries, as far as it was taken in. */
export interface LedgerTree {
  /** How many entries were taken in. */
  size(): number;
  /** Over all that were taken in. */
  root(): TreeHash;
  /** Takes in entries that the ledger has beyond, at most 1,024; how many. */
  grow(signal: AbortSignal): Promise<number>;
  /** The root over the first entries; the ledger must have so many. */
  rootAt(size: number, signal: AbortSignal): Promise<TreeHash>;
  /** The leaf of the entry at this index, which counts from 0. */
  leaf(index: number, signal: AbortSignal): Promise<TreeHash>;
  /** The hashes that prove the leaf to be in the tree over the first `size` entries (RFC 6962, section 2.1.1). */
  inclusionProof(index: number, size: number, signal: AbortSignal): Promise<readonly TreeHash[]>;
}

/** How many entries are taken in at a time at most. */
export const treePage = 1_024;

/** Nodes that are remembered at least: those over the last 8,000 entries, and what was read beside them; some 8 MiB. */
const nodesMost = 16_384;

/** Higher than any node's index. */
const heightStride = 2 ** 46;

/**
 * Opens the tree where the ledger ends now. Reads only the subtrees on its right edge, whatever its size; nodes that
 * are not remembered are made of stored ones when they are asked for. Rejects with the store's Fault.
 */
export async function openLedgerTree(store: Store, signal: AbortSignal): Promise<LedgerTree> {
  const nodes = createNodes(store);
  let { sequence: size } = await store.head(signal);
  const edge: TreeHash[] = [...(await nodes.over({ begin: 0, end: size }, signal))];
  function add(leaf: TreeHash): void {
    nodes.keep(0, size, leaf);
    let node = leaf;
    let [height, index] = [0, size];
    for (; index % 2 === 1; height += 1, index = (index - 1) / 2) {
      const left = edge.pop();
      if (left === undefined) throw new Error('the edge of the tree has fewer subtrees than its size');
      node = hashNode(left, node);
      nodes.keep(height + 1, (index - 1) / 2, node);
    }
    edge.push(node);
    size += 1;
  }
  return {
    size: () => size,
    root: () => joinSubtrees(edge),
    async grow(at) {
      const leaves = await store.treeHashes(0, size, treePage, at);
      for (const leaf of leaves) add(leaf);
      return leaves.length;
    },
    rootAt: async (until, at) => joinSubtrees(await nodes.over({ begin: 0, end: until }, at)),
    leaf: async (index, at) => await nodes.node(0, index, at),
    async inclusionProof(index, until, at) {
      const proof: TreeHash[] = [];
      for (const span of inclusionSpans(index, until)) {
        const known = nodes.known(span);
        proof.push(joinSubtrees(known ?? (await nodes.over(span, at))));
      }
      return proof;
    },
  };
}

/** Nodes of the tree by height and index: the newest are remembered, the others made of what is stored. */
function createNodes(store: Store) {
  const remembered = createRecent<number, TreeHash>(nodesMost);
  const keyOf = (height: number, index: number) => height * heightStride + index;
  function keep(height: number, index: number, node: TreeHash): void {
    remembered.keep(keyOf(height, index), node);
  }
  async function read(height: number, index: number, signal: AbortSignal): Promise<TreeHash> {
    const { level, from, count } = rangeOf({ height, index });
    let row = await store.treeHashes(level, from, count, signal);
    if (row.length < count) throw missing(level, from + row.length);
    let [at, first] = [level * 8, from];
    for (;;) {
      for (const [offset, node] of row.entries()) keep(at, first + offset, node);
      const [only] = row;
      if (row.length === 1 && only !== undefined) return only;
      row = joinPairs(row);
      [at, first] = [at + 1, first / 2];
    }
  }
  async function node(height: number, index: number, signal: AbortSignal): Promise<TreeHash> {
    return remembered.get(keyOf(height, index)) ?? (await read(height, index, signal));
  }
  return {
    keep,
    node,
    /** The perfect subtrees that a span is made of; null when not all are remembered. */
    known(span: Span): readonly TreeHash[] | null {
      const found: TreeHash[] = [];
      for (const { height, index } of subtreesOf(span)) {
        const hash = remembered.get(keyOf(height, index));
        if (hash === undefined) return null;
        found.push(hash);
      }
      return found;
    },
    async over(span: Span, signal: AbortSignal): Promise<readonly TreeHash[]> {
      const found: TreeHash[] = [];
      for (const { height, index } of subtreesOf(span)) found.push(await node(height, index, signal));
      return found;
    },
  };
}

function joinPairs(row: readonly TreeHash[]): readonly TreeHash[] {
  const joined: TreeHash[] = [];
  for (let at = 0; at + 1 < row.length; at += 2) {
    const [left, right] = [row[at], row[at + 1]];
    if (left !== undefined && right !== undefined) joined.push(hashNode(left, right));
  }
  return joined;
}

function missing(level: number, number: number): Fault {
  return new Fault('store.broken', `Hash ${number} of level ${level} of the ledger's tree is missing.`, {
    facts: { level, number },
    next: 'Stop the server, and make the tree anew: dray ledger rebuild.',
  });
}
