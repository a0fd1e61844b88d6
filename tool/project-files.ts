import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One file of the project. `path` is relative to the root, with `/`. */
export type ProjectFile = {
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
};

const notOurs = new Set(['node_modules', '.git', '.drayage', 'dist', 'coverage']);
const textBytesMax = 2 * 1024 * 1024;

/** The paths of all files below `root`, sorted, without what is installed, generated or run-time data. */
export function listPaths(root: string): string[] {
  const paths: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (notOurs.has(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) paths.push(path);
    }
  };
  visit('');
  return paths.sort();
}

/** Reads the files at `paths`. What is larger than 2 MiB, or is not text, is left out. */
export function readFiles(root: string, paths: readonly string[]): ProjectFile[] {
  const files: ProjectFile[] = [];
  for (const path of paths) {
    const stat = statSync(join(root, path));
    if (stat.size > textBytesMax) continue;
    const text = readFileSync(join(root, path), 'utf8');
    if (text.includes('\0')) continue;
    files.push({ path, text, executable: (stat.mode & 0o111) !== 0 });
  }
  return files;
}

export function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('.test.tsx');
}

export function isTypeScript(path: string): boolean {
  return path.endsWith('.ts') || path.endsWith('.tsx');
}
