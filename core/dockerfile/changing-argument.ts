import type { Step } from './steps.ts';

/** Names of what is another one with each build. */
const changing =
  /^(?:.*_)?(?:COMMIT|COMMIT_?(?:SHA|HASH)|GIT_(?:SHA|REF|REV|REVISION|BRANCH|TAG|HASH)|VCS_REF|REVISION|BUILD_(?:DATE|TIME|TIMESTAMP|NUMBER|ID|VERSION|URL)|CACHE_?BUST(?:ER)?)$/;
const versions = new Set(['VERSION', 'APP_VERSION', 'RELEASE', 'RELEASE_VERSION']);

/** Whether an ARG has another value with each build, by its name. */
export function isChangingArgument({ instruction: { content } }: Step): boolean {
  if (content.keyword !== 'ARG') return false;
  return content.pairs.every(({ name }) => changing.test(name.toUpperCase()) || versions.has(name.toUpperCase()));
}

/** Whether a RUN is known not to use an ARG: it is understood, and does not name it. */
export function ignoresArgument({ instruction: { content } }: Step, running: Step): boolean {
  if (content.keyword !== 'ARG' || running.run?.understood !== true) return false;
  return content.pairs.every(({ name }) => !running.instruction.source.includes(name));
}
