import { isCommit } from '../core/bom/build.ts';
import { runGit } from './git.ts';
import type { Io } from './io.ts';

/** What a checkout tells of the commits between two. */
export interface CommitLog {
  /** Commits that only the second has, and that only the first has. */
  readonly ahead: number;
  readonly behind: number;
  /** Hash and subject: of those ahead, else of those behind; the newest first, at most 20. */
  readonly lines: readonly string[];
}

const linesMost = 20;

/** Asks git in the present folder; undefined when there is no checkout here that has both commits. */
export async function commitLog(io: Io, from: string, to: string): Promise<CommitLog | undefined> {
  if (!isCommit(from) || !isCommit(to)) return undefined;
  const ask = async (...args: readonly string[]) => {
    const printed = await runGit(io, io.folder, args);
    return printed.kind === 'printed' ? printed.text : null;
  };
  const counts = await ask('rev-list', '--left-right', '--count', `${from}...${to}`, '--');
  const [, behind, ahead] = /^(\d+)\s+(\d+)\s*$/.exec(counts ?? '') ?? [];
  if (behind === undefined || ahead === undefined) return undefined;
  const range = ahead === '0' ? `${to}..${from}` : `${from}..${to}`;
  const log = await ask('log', `--max-count=${linesMost}`, '--no-show-signature', '--format=%h %s', range, '--');
  if (log === null) return undefined;
  const lines = log.split('\n').filter((line) => line !== '');
  return { ahead: Number(ahead), behind: Number(behind), lines };
}
