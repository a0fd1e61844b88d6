/** The hashes of the newest entries, remembered by whoever appends them: reading them again is what makes a subtree slow. */
export interface LeafTail {
  /** An entry was appended; after a gap, what came before it is forgotten. */
  add(sequence: number, hash: string): void;
  /** The ledger ends here: what came after it was taken back. */
  cutBack(sequence: number): void;
  /** Hashes of `count` entries after `from`; null when not all are remembered. */
  of(from: number, count: number): readonly string[] | null;
}

/** Remembers at least so many, as long as they come one after the other. */
export function createLeafTail(least: number): LeafTail {
  let hashes: string[] = [];
  /** Sequence of the last one. */
  let last = 0;
  return {
    add(sequence, hash) {
      if (sequence !== last + 1) hashes = [];
      hashes.push(hash);
      last = sequence;
      if (hashes.length >= 2 * least) hashes = hashes.slice(-least);
    },
    cutBack(sequence) {
      if (sequence >= last) return;
      hashes = hashes.slice(0, Math.max(hashes.length - (last - sequence), 0));
      last = sequence;
    },
    of(from, count) {
      const begin = hashes.length - (last - from);
      return begin < 0 || from + count > last ? null : hashes.slice(begin, begin + count);
    },
  };
}
