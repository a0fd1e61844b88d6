import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const commandMs = 10_000;

/** What a soak ran on, in one line. */
export async function describeMachine(): Promise<string> {
  const cores = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const docker = await output('dockerd', ['--version']).catch(() => 'no Docker Engine');
  const model = cores[0]?.model.trim() ?? 'unknown';
  return `${cores.length} cores (${model}), ${memory}, Linux ${release()}, ${docker}, Node ${process.version}`;
}

/** Which sources a checkout has: `text` for people, `key` the same only for the same sources. */
export async function describeSources(root: string): Promise<{ readonly text: string; readonly key: string }> {
  const commit = await output('git', ['-C', root, 'rev-parse', 'HEAD']);
  const changes = await output('git', ['-C', root, 'status', '--porcelain', '--', '.', ':!docs']);
  if (changes === '') return { text: commit.slice(0, 12), key: commit };
  const diff = await output('git', ['-C', root, 'diff', 'HEAD', '--', '.', ':!docs']);
  const hash = createHash('sha256').update(`${changes}\n${diff}`).digest('hex').slice(0, 12);
  return { text: `${commit.slice(0, 12)} with changes (${hash})`, key: `${commit}+${hash}` };
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: commandMs, maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}
