import type { Answer } from '../../core/bom/answer.ts';
import type { ReleaseChange } from '../../core/comparing/change.ts';
import type { Comparison } from '../../core/comparing/compare.ts';
import type { ComparisonView } from '../../wire/comparison.ts';

/** A comparison as the wire has it. */
export function comparisonView({ a, b, differences, changes, moreChanges }: Comparison): ComparisonView {
  return {
    a: { ...a },
    b: { ...b },
    differences: differences.map((difference) => ({ ...difference })),
    changes: changes.map(changeView),
    moreChanges,
  };
}

function changeView({ components, commits, repository, ...rest }: ReleaseChange): ComparisonView['changes'][number] {
  return {
    ...rest,
    repository: { ...repository },
    commits: { a: { ...commits.a }, b: { ...commits.b } },
    components: components.map(({ component, packages, findings }) => ({
      component,
      packages: withShown(packages),
      findings: withShown(findings),
    })),
  };
}

/** An answer whose list may be changed. */
function withShown<S, T extends { readonly shown: readonly S[] }>(
  answer: Answer<T>,
): Exclude<Answer<T>, { kind: 'known' }> | { kind: 'known'; source: string; value: T & { shown: S[] } } {
  if (answer.kind === 'missing') return answer;
  const { value, source } = answer;
  return { kind: 'known', source, value: { ...value, shown: [...value.shown] } };
}
