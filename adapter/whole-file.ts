import type { Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/**
 * The content of a file, of at most one byte more than `bytesMost`, so that a longer one is seen to be. `look` may throw for
 * what the file is before it is read. Rejects with the system's error.
 */
export async function readAtMost(path: string, bytesMost: number, look?: (found: Stats) => void): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    look?.(await file.stat());
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMost + 1), 0, bytesMost + 1, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The system's name of what went wrong, such as `ENOENT`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'failed';
}

/** Null when there is no such file. */
export async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes a file that only its owner may read; `isSynced`: what it holds is on the disk then. */
export async function writeOwnFile(
  { path, flags, isSynced }: { readonly path: string; readonly flags: 'w' | 'wx'; readonly isSynced: boolean },
  text: string,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    if (isSynced) await file.datasync();
  } finally {
    await file.close();
  }
}

/** A rename is durable when the folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
