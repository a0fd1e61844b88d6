import type { Subtree } from './merkle.ts';

/** C2SP tlog-tiles: a full tile holds so many hashes, and an entry bundle so many entries. */
export const tileWidth = 256;

/** Levels of the tree within one tile. */
export const tileHeight = 8;

/** A tile of hashes of a level, or a bundle of entries; `width` 256 is a full one. */
export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256. */
  readonly width: number;
}

/** Hashes of a tile level, from `from` on: what a perfect subtree is computed of. */
export interface TileRange {
  readonly level: number;
  readonly from: number;
  readonly count: number;
}

/** The range of a stored level that a perfect subtree lies in: one hash, or up to 128 that are joined. */
export function rangeOf({ height, index }: Subtree): TileRange {
  const level = Math.floor(height / tileHeight);
  const count = 2 ** (height % tileHeight);
  return { level, from: index * count, count };
}

/** How many complete subtrees of 256^level leaves a tree of `size` has: the hashes of that level. */
export function widthOfLevel(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

const path = /^(0|[1-9]\d?|entries)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Reads what follows `tile/` in an address; null for what C2SP tlog-tiles knows no tile by. */
export function parseTilePath(text: string): Tile | null {
  const [, level = '', index = '', width] = path.exec(text) ?? [];
  if (index === '') return null;
  const groups = index.split('/').map((group) => group.slice(-3));
  if (groups.length > 1 && groups[0] === '000') return null;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.join('')),
    width: width === undefined ? tileWidth : Number(width),
  };
  const isKnown = tile.level === 'entries' || tile.level <= 63;
  return isKnown && (width === undefined || tile.width < tileWidth) ? tile : null;
}

/** The address of a tile below the log's own, such as `tile/0/x001/234.p/7`. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const elements = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group));
  return `tile/${level}/${elements.join('/')}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** An entry bundle: each entry behind its length in two bytes, big-endian. Throws above 65,535 bytes. */
export function writeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > 65_535) throw new Error(`an entry of ${entry.length} bytes fits no bundle`);
    view.setUint16(at, entry.length);
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** The entries of a bundle; null when it is cut or longer than its entries. */
export function readBundle(bundle: Uint8Array): readonly Uint8Array[] | null {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length;) {
    if (at + 2 > bundle.length) return null;
    const length = view.getUint16(at);
    if (at + 2 + length > bundle.length) return null;
    entries.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}
