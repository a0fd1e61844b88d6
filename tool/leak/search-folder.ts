import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { findNeedle, overlapOf, type Needle } from './needle.ts';

/** What a search found, and how much it looked at. */
export interface FolderSearch {
  readonly leaks: readonly { readonly path: string; readonly form: string }[];
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
  readonly files: number;
  readonly bytes: number;
  /** Whether a file system is mounted somewhere below. */
  readonly hasMounts: boolean;
}

/** Of one folder, or of what one file unpacks to, in bytes; what is beyond is told as skipped. */
const folderMost = 4 * 1024 ** 3;
const unpackedMost = 256 * 1024 ** 2;
const pieceBytes = 4 * 1024 ** 2;
const skippedMost = 20;

/**
 * Searches names, links and contents below a path: SQLite files as they lie there, with their WAL and what their pages
 * still hold of deleted rows; gzip and zstd also unpacked. Follows no link and enters no mounted file system.
 */
export function searchFolder(
  root: string,
  needles: readonly Needle[],
  mayHold: (path: string) => boolean,
): FolderSearch {
  const leaks: { path: string; form: string }[] = [];
  const skipped: { path: string; why: string }[] = [];
  const seen = { files: 0, bytes: 0, hasMounts: false };
  const device = lstatIfAny(root)?.dev;
  const skip = (path: string, why: string) => {
    if (skipped.length < skippedMost) skipped.push({ path, why });
    else skipped[skippedMost] = { path: root, why: 'and more' };
  };
  const note = (path: string, found: Needle | null, within = '') => {
    if (found !== null) leaks.push({ path, form: `${found.form}${within}` });
  };
  const waiting = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const stats = lstatIfAny(path);
    if (stats === null) continue;
    note(path, findNeedle(Buffer.from(path.slice(root.length)), needles), ' in its name');
    if (stats.dev !== device) {
      seen.hasMounts = true;
      skip(path, 'another file system');
      continue;
    }
    try {
      if (stats.isSymbolicLink()) note(path, findNeedle(Buffer.from(readlinkSync(path)), needles), ' in its target');
      else if (stats.isDirectory()) waiting.push(...readdirSync(path).map((name) => join(path ?? root, name)));
      if (!stats.isFile() || mayHold(path)) continue;
      if (seen.bytes > folderMost) {
        skip(path, `beyond ${folderMost} bytes`);
        continue;
      }
      const { bytes, found, packed } = searchFile(path, needles);
      seen.files += 1;
      seen.bytes += bytes;
      note(path, found);
      if (packed !== null) note(path, searchPacked(path, packed, needles, skip), ', unpacked');
    } catch (error) {
      skip(path, String(error));
    }
  }
  return { leaks, skipped, ...seen };
}

function lstatIfAny(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

type Packed = 'gzip' | 'zstd';

function searchFile(path: string, needles: readonly Needle[]) {
  const overlap = overlapOf(needles);
  const piece = Buffer.allocUnsafe(pieceBytes + overlap);
  const file = openSync(path, 'r');
  try {
    let [bytes, kept, found, packed]: [number, number, Needle | null, Packed | null] = [0, 0, null, null];
    for (;;) {
      const read = readSync(file, piece, kept, pieceBytes, null);
      if (read === 0) return { bytes, found, packed };
      const whole = piece.subarray(0, kept + read);
      if (bytes === 0) packed = packingOf(whole);
      bytes += read;
      found ??= findNeedle(whole, needles);
      kept = Math.min(overlap, whole.length);
      whole.copy(piece, 0, whole.length - kept);
    }
  } finally {
    closeSync(file);
  }
}

/** By the first bytes: RFC 1952, section 2.3.1, and RFC 8878, section 3.1.1. */
function packingOf(bytes: Buffer): Packed | null {
  if (bytes.length > 4 && bytes.readUInt16BE(0) === 0x1f8b) return 'gzip';
  return bytes.length > 4 && bytes.readUInt32BE(0) === 0x28b52ffd ? 'zstd' : null;
}

function searchPacked(
  path: string,
  packed: Packed,
  needles: readonly Needle[],
  skip: (path: string, why: string) => void,
): Needle | null {
  const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync }[packed];
  try {
    return findNeedle(unpack(readWhole(path), { maxOutputLength: unpackedMost }), needles);
  } catch (error) {
    skip(path, `not unpacked: ${String(error)}`);
    return null;
  }
}

function readWhole(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(lstatSync(path).size, unpackedMost));
    readSync(file, bytes);
    return bytes;
  } finally {
    closeSync(file);
  }
}
