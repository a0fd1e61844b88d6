import { canonical } from '../core/canonical.ts';
import { Fault } from '../core/fault.ts';
import { parseTilePath, tileWidth, widthOfLevel, writeBundle } from '../core/tree/tile.ts';
import type { Store } from '../port/store.ts';
import type { Checkpoints } from './checkpoints.ts';
import { unsigned } from './receipts.ts';

/** The ledger as C2SP tlog-tiles has it: only what a signed checkpoint covers. */
export interface Tiles {
  /** The newest signed checkpoint; `ledger.unsigned`, `ledger.behind`. */
  checkpoint(): string;
  /** By what follows `tile/` in its address: hashes of 32 bytes each, or an entry bundle. `ledger.tile-unknown`. */
  tile(path: string, signal: AbortSignal): Promise<Uint8Array>;
}

export function createTiles(of: { readonly store: Store; readonly checkpoints: Checkpoints }): Tiles {
  const { store, checkpoints } = of;
  return {
    checkpoint() {
      const newest = checkpoints.newest();
      if (newest === null) throw unsigned(checkpoints, 1);
      return newest.note;
    },
    async tile(path, signal) {
      const tile = parseTilePath(path);
      const newest = checkpoints.newest();
      if (newest === null) throw unsigned(checkpoints, 1);
      const { size } = newest;
      if (tile === null) throw noTile(path, size);
      const { index, width } = tile;
      const level = tile.level === 'entries' ? 0 : tile.level;
      const from = index * tileWidth;
      if (from + width > widthOfLevel(level, size)) throw noTile(path, size);
      if (tile.level !== 'entries') return Buffer.concat(await store.treeHashes(level, from, width, signal));
      const entries = await store.entries(from, width, signal);
      return writeBundle(entries.map((entry) => Buffer.from(canonical(entry))));
    },
  };
}

function noTile(path: string, size: number): Fault {
  return new Fault('ledger.tile-unknown', `The tree of ${size} entries has no tile ${path.slice(0, 100)}.`, {
    facts: { tile: path.slice(0, 100), size },
  });
}
