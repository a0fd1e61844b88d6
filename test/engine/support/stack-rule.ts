import { isDeepStrictEqual } from 'node:util';
import type { absent, Difference } from './stack-compare.ts';

/** What a side has to have: nothing, a text of this form, or exactly this. */
type Expected = typeof absent | RegExp | string | number | boolean | readonly object[];

/** A difference that is meant, as narrow as it can be said. */
export interface DeliberateRule {
  /** `*` stands for any text within one name, component or pair of brackets. */
  readonly object: string;
  readonly field: string;
  readonly theirs: Expected;
  readonly ours: Expected;
  /** Only in these files. */
  readonly files?: readonly string[];
  /** `FILE OBJECT` of those that say the value themselves: there it is no default. */
  readonly except?: readonly string[];
  /** Only where the file has a single component. */
  readonly ofLone?: true;
  readonly reason: string;
}

/** Index of the rule that says this difference is meant; null when none does. */
export function findRule(
  rules: readonly DeliberateRule[],
  difference: Difference,
  { file, components }: { readonly file: string; readonly components: number },
): number | null {
  const index = rules.findIndex((rule) => {
    if (rule.files !== undefined && !rule.files.includes(file)) return false;
    if (rule.except?.includes(`${file} ${difference.object}`) === true) return false;
    if (rule.ofLone === true && components !== 1) return false;
    return (
      isLike(rule.object, difference.object) &&
      isLike(rule.field, difference.field) &&
      isAs(rule.theirs, difference.theirs) &&
      isAs(rule.ours, difference.ours)
    );
  });
  return index < 0 ? null : index;
}

function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('[^\\]]+')}$`).test(text);
}

function isAs(expected: Expected, value: unknown): boolean {
  if (expected instanceof RegExp) return typeof value === 'string' && expected.test(value);
  return isDeepStrictEqual(expected, value);
}
