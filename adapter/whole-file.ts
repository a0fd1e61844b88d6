import { open, type FileHandle } from 'node:fs/promises';

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
