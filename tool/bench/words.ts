import { unreachable } from '../../core/unreachable.ts';
import { judge, ratioOf, spreadMost, summarise, type Pair, type Verdict } from './judge.ts';
import type { RowEnd } from './record.ts';
import type { RowAbout } from './row.ts';

/** Fewer pairs tell a direction and nothing more. */
export const pairsLeast = 12;

/** What a row has come to: a verdict, or why there is none. */
export type Standing = Verdict | 'direction' | 'wrong' | 'not-run';

export function standingOf(about: RowAbout, end: RowEnd): Standing {
  if (end.kind !== 'measured') return end.kind;
  if (end.pairs.length < pairsLeast) return 'direction';
  return judge(about, summarise(about, end.pairs));
}

/** The standing in words, such as `missed: 0.31x, at least 0.5x is asked`. */
export function describeStanding(about: RowAbout, end: RowEnd): string {
  if (end.kind === 'wrong') return `WRONG: ${firstLine(end.reason)}`;
  if (end.kind === 'not-run') return `not run: ${firstLine(end.reason)}`;
  const { median, spread } = summarise(about, end.pairs);
  const standing = standingOf(about, end);
  switch (standing) {
    case 'aim':
      return `passed, and the aim is reached: ${formatRatio(median)}`;
    case 'passed':
      return `passed: ${formatRatio(median)}`;
    case 'missed':
      return `missed: ${formatRatio(median)}`;
    case 'no-verdict':
      return `no verdict: the baseline varies by ${percent(spread)}, more than ${percent(spreadMost)}`;
    case 'direction':
      return `direction only, of ${end.pairs.length} pairs: ${formatRatio(median)}`;
    case 'wrong':
    case 'not-run':
      throw new Error('a row that was measured is neither');
    default:
      return unreachable(standing);
  }
}

/** What the row asks for, such as `at least 0.5x, aim 0.8x`. */
export function describeLimit({ bound, limit, aim, allowance, unit }: RowAbout): string {
  const more = allowance === 0 ? '' : ` and ${formatFigure(allowance)} ${unit}`;
  return `${bound} ${limit}x${more}${aim === null ? '' : `, aim ${aim}x`}`;
}

/** The pair that is worst for Drayage. */
export function worstOf(about: RowAbout, pairs: readonly Pair[]): number {
  const ratios = pairs.map(ratioOf);
  return about.bound === 'at least' ? Math.min(...ratios) : Math.max(...ratios);
}

export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(ratio < 0.1 ? 3 : 2)}x`;
}

export function formatFigure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
