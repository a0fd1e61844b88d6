import type { DatabaseSync } from 'node:sqlite';
import { rootOfPerfect } from '../../core/tree/digest-tree.ts';
import { tileWidth } from '../../core/tree/tile.ts';
import { brokenAt } from './end.ts';
import type { LeafTail } from './leaf-tail.ts';
import { bytes, text } from './rows.ts';

/** The stored subtrees of the ledger's Merkle tree, in the caller's transaction. Made from the entries' hashes alone. */
export interface TreeKeeper {
  /** How many entries the stored subtrees cover: a multiple of 256. */
  covered(): number;
  /** Adds the subtrees that become complete when a ledger of `from` entries has grown to `to`; `tail` spares reading. */
  grow(from: number, to: number, tail?: LeafTail): void;
  clear(): void;
}

/** Makes the keeper of the table `tree_hash`. It remembers nothing: a transaction that fails takes its rows back. */
export function createTreeKeeper(database: DatabaseSync): TreeKeeper {
  const leaves = database.prepare('SELECT hash FROM entry WHERE sequence > ? AND sequence <= ? ORDER BY sequence');
  const nodes = database.prepare(
    'SELECT hash FROM tree_hash WHERE level = ? AND number >= ? AND number < ? ORDER BY number',
  );
  const insert = database.prepare('INSERT OR REPLACE INTO tree_hash (level, number, hash) VALUES (?, ?, ?)');
  const last = database.prepare(
    'SELECT number + 1 AS blocks FROM tree_hash WHERE level = 1 ORDER BY number DESC LIMIT 1',
  );

  function below(level: number, number: number, tail: LeafTail | undefined): readonly string[] {
    const from = number * tileWidth;
    const known = level === 1 ? (tail?.of(from, tileWidth) ?? null) : null;
    if (known !== null) return known;
    if (level === 1) return leaves.all(from, from + tileWidth).map((row) => text(row, 'hash'));
    const rows = nodes.all(level - 1, from, from + tileWidth);
    return rows.map((row) => Buffer.from(bytes(row, 'hash')).toString('hex'));
  }

  function add(level: number, number: number, tail: LeafTail | undefined): void {
    const hashes = below(level, number, tail);
    if (hashes.length < tileWidth) {
      const first = number * tileWidth ** level + 1;
      throw brokenAt(first, `an entry from here to ${first + tileWidth ** level - 1} is missing`);
    }
    insert.run(level, number, Buffer.from(rootOfPerfect(hashes), 'hex'));
  }
  return {
    covered: () => Number(last.get()?.['blocks'] ?? 0) * tileWidth,
    grow(from, to, tail) {
      for (let level = 1, width = tileWidth; Math.floor(to / width) > Math.floor(from / width); level += 1) {
        for (let number = Math.floor(from / width); number < Math.floor(to / width); number += 1)
          add(level, number, tail);
        width *= tileWidth;
      }
    },
    clear: () => database.exec('DELETE FROM tree_hash'),
  };
}
