import { known, missing, type Answer } from './answer.ts';
import { isCommit, type BuildFacts } from './build.ts';
import { keptRepository, keptText } from './text.ts';

/** What a command printed, or why it printed nothing. */
export type Printed =
  { readonly kind: 'printed'; readonly text: string } | { readonly kind: 'failed'; readonly why: string };

/** What git was asked, and what it printed. */
export interface GitAnswers {
  /** `git rev-parse HEAD` */
  readonly head: Printed;
  /** `git show --no-patch --format=%ct HEAD` */
  readonly committedAt: Printed;
  /** `git status --porcelain --untracked-files=no` */
  readonly status: Printed;
  /** `git symbolic-ref --short HEAD` */
  readonly branch: Printed;
  /** `git remote get-url origin` */
  readonly origin: Printed;
}

type GitFacts = Pick<BuildFacts, 'commit' | 'committedAt' | 'dirty' | 'branch' | 'repository'>;

/** Reads what git printed; what it refused to tell is missing, with its own words. */
export function buildOfGit(git: GitAnswers): GitFacts {
  const status = git.status;
  return {
    commit: read(git.head, 'git rev-parse HEAD', (text) => (isCommit(text) ? text : null)),
    committedAt: read(git.committedAt, 'git show', (text) => (/^\d{1,12}$/.test(text) ? Number(text) * 1000 : null)),
    dirty:
      status.kind === 'failed'
        ? missing(status.why)
        : known(status.text.trim() !== '', 'git status --untracked-files=no'),
    branch: read(git.branch, 'git symbolic-ref HEAD', (text) => keptText(text, 250)),
    repository: read(git.origin, 'git remote get-url origin', keptRepository),
  };
}

function read<T>(printed: Printed, source: string, parse: (text: string) => T | null): Answer<T> {
  if (printed.kind === 'failed') return missing(printed.why);
  const value = parse(printed.text.trim());
  return value === null ? missing(`${source} printed nothing that says it`) : known(value, source);
}
