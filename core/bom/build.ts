import { firstKnown, missing, type Answer } from './answer.ts';

/** What is known of the build that made a release, told by where `dray release` ran. */
export interface BuildFacts {
  /** What built it: `Jenkins on agent-3`, `GitHub Actions`, `by hand`. Never the name of a person. */
  readonly builder: Answer<string>;
  /** Page of the build. */
  readonly buildUrl: Answer<string>;
  /** When the build began, in ms since 1970. */
  readonly startedAt: Answer<number>;
  /** When `dray release` ran, in ms since 1970. */
  readonly releasedAt: Answer<number>;
  /** Why it was built: `push`, `schedule`, `pull request 17`. */
  readonly cause: Answer<string>;
  readonly repository: Answer<string>;
  /** Hash of the commit: 40 or 64 hexadecimal digits. */
  readonly commit: Answer<string>;
  /** When that commit was made, in ms since 1970. */
  readonly committedAt: Answer<number>;
  /** Whether files that git knows were changed and not committed. */
  readonly dirty: Answer<boolean>;
  /** Branch or tag. */
  readonly branch: Answer<string>;
  readonly project: Answer<string>;
  /** Lines of what is programmed there; absent in what was told before they were counted. */
  readonly lines?: Answer<number> | undefined;
}

const notTold = missing('nothing told of it');

/** A build of which nothing is known. */
export const unknownBuild: BuildFacts = {
  builder: notTold,
  buildUrl: notTold,
  startedAt: notTold,
  releasedAt: notTold,
  cause: notTold,
  repository: notTold,
  commit: notTold,
  committedAt: notTold,
  dirty: notTold,
  branch: notTold,
  project: notTold,
  lines: notTold,
};

/** Each member from the first that knows it: what was told first stands, what comes later fills what was missing. */
export function mergeBuilds(builds: readonly BuildFacts[]): BuildFacts {
  return builds.reduce((first, next) => mergeTwo(first, next), unknownBuild);
}

function mergeTwo(first: BuildFacts, next: BuildFacts): BuildFacts {
  return {
    builder: firstKnown([first.builder, next.builder]),
    buildUrl: firstKnown([first.buildUrl, next.buildUrl]),
    startedAt: firstKnown([first.startedAt, next.startedAt]),
    releasedAt: firstKnown([first.releasedAt, next.releasedAt]),
    cause: firstKnown([first.cause, next.cause]),
    repository: firstKnown([first.repository, next.repository]),
    commit: firstKnown([first.commit, next.commit]),
    committedAt: firstKnown([first.committedAt, next.committedAt]),
    dirty: firstKnown([first.dirty, next.dirty]),
    branch: firstKnown([first.branch, next.branch]),
    project: firstKnown([first.project, next.project]),
    lines: firstKnown([first.lines ?? notTold, next.lines ?? notTold]),
  };
}

/** Whether a text is the hash of a commit: SHA-1 or SHA-256. */
export function isCommit(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** The lines of a build's sources. */
export function linesOfBuild({ lines }: BuildFacts): Answer<number> {
  return lines ?? notTold;
}
