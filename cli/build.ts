import { firstKnown, known, missing, type Answer } from '../core/bom/answer.ts';
import { unknownBuild, type BuildFacts } from '../core/bom/build.ts';
import { buildOfVariables, saidBy } from '../core/bom/ci.ts';
import { buildOfGit, type GitAnswers, type Printed } from '../core/bom/git.ts';
import { runGit } from './git.ts';
import { countSourceLines } from './source-lines.ts';
import type { Io } from './io.ts';

/** What it takes of the process around it. */
type Outside = Pick<Io, 'env' | 'folder' | 'signal' | 'now'>;

/**
 * Finds out what is built here, from the variables of the build system and from git, in the folder of the definition. What
 * git sees there goes before what a variable says of the commit, since that is what was built; for the repository and
 * the branch the build system knows better: it checks out a commit without a branch, over an address of its own.
 */
export async function collectBuild(io: Outside, folder: string): Promise<BuildFacts> {
  const told = buildOfVariables(io.env) ?? {
    ...unknownBuild,
    builder: known('hand, without a build system', 'no build system is around'),
    buildUrl: nobodyTells('buildUrl'),
    cause: nobodyTells('cause'),
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
    lines: await countSourceLines(io, folder),
  };
}

function nobodyTells(field: 'buildUrl' | 'cause'): Answer<never> {
  return missing(`no build system is around, and ${saidBy[field].variable} is not set`);
}

async function askGit(io: Outside, folder: string): Promise<GitAnswers> {
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
