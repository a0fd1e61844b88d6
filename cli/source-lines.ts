import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { known, missing, type Answer } from '../core/bom/answer.ts';
import { countLines, isSource } from '../core/bom/source-lines.ts';
import { runGit } from './git.ts';
import type { Io } from './io.ts';

/** Bounds of counting. A larger file was hardly written by hand: it is left out. */
const limits = { files: 50_000, fileBytes: 2 * 1024 * 1024, ms: 20_000 };

/**
 * Counts the lines of what is programmed in the checkout: files that git tracks below the folder in which the command runs,
 * or below the definition's own when that is not in there. Missing when there is no checkout, or one without end.
 */
export async function countSourceLines(
  io: Pick<Io, 'env' | 'folder' | 'signal'>,
  definitionFolder: string,
): Promise<Answer<number>> {
  const isBelow = !relative(io.folder, definitionFolder).startsWith('..');
  const folder = isBelow ? io.folder : definitionFolder;
  const listed = await runGit(io, folder, ['ls-files', '-z', '--stage']);
  if (listed.kind === 'failed') return missing(listed.why);
  const paths = [...new Set(listed.text.split('\0').flatMap(pathOfFile))].filter(isSource);
  if (paths.length > limits.files) return missing(`the checkout has more than ${limits.files} source files`);
  const end = performance.now() + limits.ms;
  let lines = 0;
  for (const path of paths) {
    if (performance.now() > end) return missing(`counting took longer than ${limits.ms / 1000} s`);
    io.signal.throwIfAborted();
    lines += await linesOf(join(folder, path));
  }
  const files = `${paths.length} tracked source ${paths.length === 1 ? 'file' : 'files'}`;
  return known(lines, `lines that are not blank, of ${files}`);
}

/** `MODE HASH STAGE\tPATH`: links and submodules are no files of this checkout. */
function pathOfFile(line: string): readonly string[] {
  return /^100\d{3} [^\t]*\t/.test(line) ? [line.slice(line.indexOf('\t') + 1)] : [];
}

/** 0 of what is no plain file, is gone, or is too large. */
async function linesOf(path: string): Promise<number> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      return found.isFile() && found.size <= limits.fileBytes ? countLines(await file.readFile()) : 0;
    } finally {
      await file.close();
    }
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EACCES' || code === 'ENXIO') return 0;
    throw thrown;
  }
}
