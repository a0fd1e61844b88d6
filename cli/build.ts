import { execFile } from 'node:child_process';
import { firstKnown, known, missing } from '../core/bom/answer.ts';
import { unknownBuild, type BuildFacts } from '../core/bom/build.ts';
import { buildOfVariables } from '../core/bom/ci.ts';
import { buildOfGit, type GitAnswers, type Printed } from '../core/bom/git.ts';
import { keptText } from '../core/bom/text.ts';
import type { Io } from './io.ts';

/** How long git may take for one answer, and how much it may print. */
const gitMs = 5_000;
const printedBytesMost = 1024 * 1024;

/**
 * Finds out what is built here, from the variables of the build system and from git, in the folder of the definition. What
 * git sees there goes before what a variable says of the commit, since that is what was built; for the repository and
 * the branch the build system knows better: it checks out a commit without a branch, over an address of its own.
 */
export async function collectBuild(io: Io, folder: string): Promise<BuildFacts> {
  const told = buildOfVariables(io.env) ?? {
    ...unknownBuild,
    builder: known('hand, without a build system', 'no build system is around'),
    buildUrl: missing('no build system is around'),
    cause: missing('no build system is around'),
  };
  const git = buildOfGit(await askGit(io, folder));
  return {
    ...told,
    releasedAt: known(io.now(), 'clock of the builder'),
    commit: firstKnown([git.commit, told.commit, git.commit]),
    committedAt: firstKnown([git.committedAt, told.committedAt, git.committedAt]),
    dirty: git.dirty,
    repository: firstKnown([told.repository, git.repository]),
    branch: firstKnown([told.branch, git.branch]),
  };
}

async function askGit(io: Io, folder: string): Promise<GitAnswers> {
  const ask = async (...args: readonly string[]): Promise<Printed> => await runGit(io, folder, args);
  const [head, committedAt, status, branch, origin] = await Promise.all([
    ask('rev-parse', '--verify', 'HEAD'),
    ask('show', '--no-patch', '--format=%ct', 'HEAD'),
    ask('status', '--porcelain', '--untracked-files=no', '--ignore-submodules=none'),
    ask('symbolic-ref', '--short', 'HEAD'),
    ask('remote', 'get-url', 'origin'),
  ]);
  return { head, committedAt, status, branch, origin };
}

/** Without a shell, a prompt, a lock, or a program that the repository's configuration names to watch files. */
async function runGit(io: Io, folder: string, args: readonly string[]): Promise<Printed> {
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
