import { execFile } from 'node:child_process';
import { keptText } from '../core/bom/text.ts';
import type { Printed } from '../core/bom/git.ts';
import type { Io } from './io.ts';

/** How long git may take for one answer, and how much it may print. */
const gitMs = 5_000;
const printedBytesMost = 32 * 1024 * 1024;

/** Without a shell, a prompt, a lock, or a program that the repository's configuration names to watch files. */
export async function runGit(
  io: Pick<Io, 'env' | 'signal'>,
  folder: string,
  args: readonly string[],
): Promise<Printed> {
  const options = {
    cwd: folder,
    timeout: gitMs,
    killSignal: 'SIGKILL',
    maxBuffer: printedBytesMost,
    signal: io.signal,
    env: { ...gitVariables(io.env), GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
  } as const;
  const all = ['-c', 'core.fsmonitor=false', ...args];
  return await new Promise((resolve, reject) => {
    execFile('git', all, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ kind: 'printed', text: stdout });
      if (io.signal.aborted) return reject(io.signal.reason as Error);
      resolve({ kind: 'failed', why: whyOf(error, stderr) });
    });
  });
}

function whyOf(error: Error & { readonly killed?: boolean | undefined }, stderr: string): string {
  if ('code' in error && error.code === 'ENOENT') return 'git is not there';
  if (error.killed === true) return `git took longer than ${gitMs / 1000} s`;
  const [line] = stderr.split('\n');
  return `git: ${keptText(line, 200) ?? 'it failed'}`;
}

/** What git needs of the environment: tokens of the build do not go along. */
function gitVariables(env: Io['env']): Record<string, string | undefined> {
  const names = [
    'PATH',
    'HOME',
    'XDG_CONFIG_HOME',
    'GIT_DIR',
    'GIT_WORK_TREE',
    'GIT_CONFIG_GLOBAL',
    'GIT_CONFIG_COUNT',
  ];
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => names.includes(name) || /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/.test(name)),
  );
}
