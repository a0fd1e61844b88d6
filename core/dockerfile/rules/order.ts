import type { OrderAdvice } from '../order.ts';
import type { Breach, Rule } from '../rule.ts';

/** Sources are copied above an install that does not need them. */
export const sourcesBeforeDependencies: Rule = {
  id: 'sources-before-dependencies',
  severity: 'warning',
  finds: 'sources that are copied before dependencies or packages are installed',
  reason:
    'A layer is taken from the cache only as long as everything above it is the same. Each change of a source file repeats the installs below it, though what they install has not changed.',
  find: ({ order }) => breaches(order, 'sources-before-dependencies', 'the sources are copied before'),
};

/** An argument that differs with each build stands above an install that does not need it. */
export const argumentBeforeDependencies: Rule = {
  id: 'argument-before-dependencies',
  severity: 'warning',
  finds: 'an ARG with another value for each build (a commit, a build number) above installs',
  reason:
    'The value of an ARG is part of the cache key of every RUN below it: with a new commit or build number nothing below is taken from the cache.',
  find: ({ order }) =>
    breaches(order, 'argument-before-dependencies', 'an argument that changes with each build stands above'),
};

function breaches(order: readonly OrderAdvice[], rule: OrderAdvice['rule'], what: string): readonly Breach[] {
  return order
    .filter((advice) => advice.rule === rule)
    .map((advice) => ({
      at: advice.step.instruction,
      message: `${what} ${listOf(advice)}`,
      fix: advice.remedy.kind === 'words' ? advice.remedy.text : null,
      order: advice,
    }));
}

function listOf({ installs }: OrderAdvice): string {
  const named = [...new Set(installs.map(({ tool, line }) => `${tool} (line ${line})`))];
  const shown = named.slice(0, 3).join(', ');
  return named.length > 3 ? `${shown} and ${named.length - 3} more` : shown;
}
