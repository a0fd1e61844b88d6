import { open, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from './failure.ts';
import type { Io } from './io.ts';

/** The largest text that is sent: the server answers above 1 MiB with `document.too-large`. */
const mostBytes = 15 * 1024 * 1024;

export interface SourceText {
  /** As given, for messages. */
  readonly name: string;
  readonly text: string;
}

/** Reads a document; `-` is standard input. */
export async function readSource(io: Io, path: string): Promise<SourceText> {
  if (path === '-') return { name: '(standard input)', text: await io.readStdin(io.signal) };
  const bytes = await readBytes(io, path, mostBytes);
  return { name: path, text: bytes.toString('utf8') };
}

/** Reads a regular file of at most `most` bytes. */
export async function readBytes(io: Io, path: string, most: number): Promise<Buffer> {
  const full = resolve(io.folder, path);
  try {
    const found = await stat(full);
    if (!found.isFile()) throw new UsageError(`${path} is no file.`, 'Name a file.');
    if (found.size > most) {
      throw new UsageError(`${path} has ${found.size} bytes; at most ${most} are taken.`, 'Make it smaller.');
    }
    return await readFile(full, { signal: io.signal });
  } catch (thrown) {
    throw explainFileError(thrown, `cannot read ${path}`);
  }
}

/** The text of a file of at most `most` bytes; null when there is none. */
export async function readTextIfThere(io: Io, path: string, most: number): Promise<string | null> {
  try {
    await stat(resolve(io.folder, path));
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  }
  return (await readBytes(io, path, most)).toString('utf8');
}

/** Writes a new file; one that is there is left alone unless `replace`. */
export async function writeText(
  io: Io,
  path: string,
  text: string | AsyncIterable<string>,
  replace: boolean,
): Promise<void> {
  try {
    const file = await open(resolve(io.folder, path), replace ? 'w' : 'wx');
    try {
      await file.writeFile(text, { signal: io.signal });
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw explainFileError(thrown, `cannot write ${path}`);
  }
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['no such file or folder', 'Check the name and the folder that you are in.'],
  EACCES: ['not permitted', 'Check who owns it.'],
  EPERM: ['not permitted', 'Check who owns it.'],
  EEXIST: ['it is there already', 'Name another file, or add --force to replace it.'],
  EISDIR: ['it is a folder', 'Name a file.'],
  ENOTDIR: ['a part of the path is no folder', 'Check the path.'],
  ENOSPC: ['the disk is full', 'Make room.'],
};

function explainFileError(thrown: unknown, what: string): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const reason = reasons[code];
  return reason === undefined ? thrown : new UsageError(`${what}: ${reason[0]}.`, reason[1]);
}
