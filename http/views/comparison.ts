import type { Comparison } from '../../core/comparing/compare.ts';
import type { ComparisonView } from '../../wire/comparison.ts';

/** A comparison as the wire has it. */
export function comparisonView({ a, b, differences }: Comparison): ComparisonView {
  return { a: { ...a }, b: { ...b }, differences: differences.map((difference) => ({ ...difference })) };
}
