import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlantedBug } from './planted-bugs.ts';

const root = join(import.meta.dirname, '../../..');

/** What the simulator is made of and what it runs. */
const sources = ['core', 'port', 'store', 'engine', 'adapter', 'app', 'tool/simulate', 'migrations', 'package.json'];

/** A copy of the sources in a folder of its own, to be altered and run. */
export interface AlteredCopy {
  /** Throws when the text to replace does not stand in the file exactly once. Undone by the answer. */
  plant(bug: Pick<PlantedBug, 'name' | 'file' | 'from' | 'to'>): () => void;
  simulate(seed: number, count: number): Promise<Simulated>;
  remove(): void;
}

export interface Simulated {
  readonly exitCode: number | null;
  readonly output: string;
}

/** How long one run of the simulator may take, in ms. */
const runMost = 100_000;

export function copySources(): AlteredCopy {
  const folder = mkdtempSync(join(tmpdir(), 'drayage-planted-'));
  for (const source of sources) {
    const isWanted = (path: string): boolean => !path.endsWith('.test.ts');
    cpSync(join(root, source), join(folder, source), { recursive: true, filter: isWanted });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    plant({ name, file, from, to }) {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      const found = text.split(from).length - 1;
      if (found !== 1) throw new Error(`"${name}" cannot be planted: its text stands ${found} times in ${file}`);
      writeFileSync(
        path,
        text.replace(from, () => to),
      );
      return () => writeFileSync(path, text);
    },
    simulate: (seed, count) => run(folder, ['--seed', String(seed), '--count', String(count)]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function run(folder: string, options: readonly string[]): Promise<Simulated> {
  const { promise, resolve, reject } = Promise.withResolvers<Simulated>();
  const child = spawn(process.execPath, ['tool/simulate/main.ts', ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What is the same for every bug is compiled once.
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    timeout: runMost,
    killSignal: 'SIGKILL',
  });
  const pieces: string[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  child.once('error', reject);
  child.once('close', (exitCode) => resolve({ exitCode, output: pieces.join('') }));
  return await promise;
}
