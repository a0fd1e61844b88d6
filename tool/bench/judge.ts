import type { RowAbout } from './row.ts';

/** A figure of each side, measured one right after the other. */
export interface Pair {
  /** Which was measured first. */
  readonly first: 'ours' | 'theirs';
  readonly ours: number;
  readonly theirs: number;
  /** The measurements of which these are the medians, in the order in which each side made them. */
  readonly each?: Readonly<Record<'ours' | 'theirs', readonly number[]>> | undefined;
}

/** What the pairs of a row say together. */
export interface Summary {
  /** Of the pairs' ratios, each Drayage's figure divided by the baseline's. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** (largest - smallest) / median of the baseline's figures. */
  readonly spread: number;
  /** The limit as a ratio, with what it allows on top in terms of the baseline's median. */
  readonly limit: number;
  /** The medians of both sides' figures. */
  readonly ours: number;
  readonly theirs: number;
}

/** What a row has come to: `no-verdict` when the baseline itself varies too much to compare with. */
export type Verdict = 'aim' | 'passed' | 'missed' | 'no-verdict';

/** A baseline that varies by more than this says nothing about what is compared with it. */
export const spreadMost = 0.3;

/** The middle value; of an even number the mean of the two in the middle. Throws a RangeError for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('nothing has no median');
  return (upper + lower) / 2;
}

/** The value below which a share of the values lies (nearest rank). Throws a RangeError for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  const value = sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)];
  if (value === undefined) throw new RangeError('nothing has no percentile');
  return value;
}

export function ratioOf({ ours, theirs }: Pair): number {
  return ours / theirs;
}

export function summarise(about: RowAbout, pairs: readonly Pair[]): Summary {
  const ratios = pairs.map(ratioOf);
  const baseline = pairs.map((pair) => pair.theirs);
  const theirs = median(baseline);
  return {
    median: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
    spread: (Math.max(...baseline) - Math.min(...baseline)) / theirs,
    limit: about.limit + about.allowance / theirs,
    ours: median(pairs.map((pair) => pair.ours)),
    theirs,
  };
}

/** Judges by the median of the ratios: the worst pair is shown, and decides nothing. */
export function judge(about: RowAbout, summary: Summary): Verdict {
  if (summary.spread > spreadMost) return 'no-verdict';
  const reaches = (ratio: number) => (about.bound === 'at least' ? summary.median >= ratio : summary.median <= ratio);
  if (!reaches(summary.limit)) return 'missed';
  return about.aim !== null && reaches(about.aim) ? 'aim' : 'passed';
}

/** Of how many measurements the figures of a row are medians. */
export function repetitionsOf(pairs: readonly Pair[]): number {
  return Math.max(1, ...pairs.map(({ each }) => each?.theirs.length ?? 1));
}

/** Which side is measured first in each pair: ABBA, so that what grows or wanes with time burdens both alike. */
export function orderOf(pair: number): readonly ['ours', 'theirs'] | readonly ['theirs', 'ours'] {
  return pair % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours'];
}
