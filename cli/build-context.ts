import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { manifestNames, type BuildContext } from '../core/dockerfile/build-context.ts';
import { readTextIfThere } from './file.ts';
import type { Io } from './io.ts';

const foldersMost = 300;
const levelsMost = 3;
const textBytesMost = 1_048_576;

const manifests = new Set(manifestNames);
const skipped = new Set(['.git', 'node_modules', 'vendor', 'target', 'dist', 'build', 'bin', 'obj', '.venv']);

/** What lies in the folder that is sent to a build; `dockerfile` may have a .dockerignore of its own beside it. */
export async function readBuildContext(io: Io, folder: string, dockerfile: string | null): Promise<BuildContext> {
  const root = resolve(io.folder, folder);
  const texts = new Map<string, string>();
  const names = new Set<string>();
  let open: readonly string[] = [''];
  let folders = 0;
  for (let level = 0; level < levelsMost && open.length > 0; level += 1) {
    const below: string[] = [];
    for (const path of open) {
      io.signal.throwIfAborted();
      folders += 1;
      if (folders > foldersMost) break;
      for (const entry of await entriesOf(join(root, path))) {
        const at = path === '' ? entry.name : `${path}/${entry.name}`;
        if (path === '') names.add(entry.name);
        if (entry.isDirectory() && !skipped.has(entry.name)) below.push(at);
        if (!entry.isFile() || !isManifest(entry.name)) continue;
        const text = await readTextIfThere(io, join(root, at), textBytesMost);
        if (text !== null) texts.set(at, text);
      }
    }
    open = below;
  }
  return { names, texts, ignore: await readIgnore(io, root, dockerfile) };
}

function isManifest(name: string): boolean {
  return manifests.has(name) || /(?:^requirements.*\.(?:txt|in)|\.\w+proj)$/.test(name);
}

/** What cannot be read is as if it were empty: advice needs no more. */
async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

async function readIgnore(io: Io, root: string, dockerfile: string | null): Promise<string | null> {
  const own = dockerfile === null ? null : join(dirname(dockerfile), `${basename(dockerfile)}.dockerignore`);
  const text = own === null ? null : await readTextIfThere(io, own, textBytesMost);
  return text ?? (await readTextIfThere(io, join(root, '.dockerignore'), textBytesMost));
}
