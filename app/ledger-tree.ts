import { Fault } from '../core/fault.ts';
import { hashNode, inclusionSpans, joinSubtrees, subtreesOf, type Span, type TreeHash } from '../core/tree/merkle.ts';
import { rangeOf, tileHeight, tileWidth } from '../core/tree/tile.ts';
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

/**
 * Nodes that are remembered at least, those within tiles of entries apart from those above: reading the many of a tile must
 * not push out the few that every proof needs, which are all there for 4 million entries. Some 24 MiB.
 */
const lowNodesMost = 16_384;
const highNodesMost = 32_768;

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
  const low = createRecent<number, TreeHash>(lowNodesMost);
  const high = createRecent<number, TreeHash>(highNodesMost);
  const keyOf = (height: number, index: number) => height * heightStride + index;
  const memoryOf = (height: number) => (height < tileHeight ? low : high);
  function keep(height: number, index: number, node: TreeHash): void {
    memoryOf(height).keep(keyOf(height, index), node);
  }
  function recall(height: number, index: number): TreeHash | undefined {
    return memoryOf(height).get(keyOf(height, index));
  }
  /** Reads the whole tile that the node is made of: a proof needs a node of each of its heights. */
  async function read(height: number, index: number, signal: AbortSignal): Promise<TreeHash> {
    const { level, from, count } = rangeOf({ height, index });
    const begin = from - (from % tileWidth);
    let row = await store.treeHashes(level, begin, tileWidth, signal);
    if (begin + row.length < from + count) throw missing(level, begin + row.length);
    let found: TreeHash | undefined;
    for (let [at, first] = [level * tileHeight, begin]; row.length > 0; [at, first] = [at + 1, first / 2]) {
      for (const [offset, node] of row.entries()) keep(at, first + offset, node);
      if (at === height) found = row[index - first];
      row = at < (level + 1) * tileHeight ? joinPairs(row) : [];
    }
    if (found === undefined) throw new Error(`node ${index} of height ${height} is not in its own tile`);
    return found;
  }
  async function node(height: number, index: number, signal: AbortSignal): Promise<TreeHash> {
    return recall(height, index) ?? (await read(height, index, signal));
  }
  return {
    keep,
    node,
    /** The perfect subtrees that a span is made of; null when not all are remembered. */
    known(span: Span): readonly TreeHash[] | null {
      const found: TreeHash[] = [];
      for (const { height, index } of subtreesOf(span)) {
        const hash = recall(height, index);
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
