import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, median, orderOf, percentile, summarise, type Pair } from './judge.ts';
import { drawReport } from './picture.ts';
import type { RowResult } from './record.ts';
import { renderReport } from './report.ts';
import type { RowAbout } from './row.ts';
import { describeStanding, standingOf } from './words.ts';

function row(change: Partial<RowAbout> = {}): RowAbout {
  const words = { ours: 'it plans', theirs: 'it hashes' } as const;
  return { name: 'plan', ...words, unit: 'ms', bound: 'at most', limit: 2, aim: 1, allowance: 0, ...change };
}

/** Pairs whose baseline takes 100, with these ratios. */
function pairsOf(ratios: readonly number[], baseline: readonly number[] = []): readonly Pair[] {
  return ratios.map((ratio, index) => {
    const theirs = baseline[index] ?? 100;
    return { first: orderOf(index)[0], ours: ratio * theirs, theirs };
  });
}

const verdictOf = (about: RowAbout, pairs: readonly Pair[]) => judge(about, summarise(about, pairs));

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.deepEqual([median([3]), median([1, 9, 2]), median([4, 1, 3, 2])], [3, 2, 2.5]);
  assert.throws(() => median([]), RangeError);
});

test('a percentile is the smallest value that so large a share of all does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual([percentile(hundred, 0.99), percentile(hundred, 0.5), percentile([7], 0.99)], [99, 50, 7]);
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (all, share) => {
        const value = percentile(all, share);
        const reached = all.filter((it) => it <= value).length;
        assert.ok(all.includes(value) && reached >= all.length * share);
      },
    ),
  );
});

test('pairs are measured in the order AB, BA, AB, BA', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((pair) => orderOf(pair)[0]),
    ['ours', 'theirs', 'ours', 'theirs'],
  );
});

test('the median decides, and not the worst pair', () => {
  assert.equal(verdictOf(row(), pairsOf([0.9, 0.9, 50])), 'aim');
  assert.equal(verdictOf(row(), pairsOf([1.5, 2, 50])), 'passed');
  assert.equal(verdictOf(row(), pairsOf([0.1, 2.1, 2.1])), 'missed');
});

test('of figures of which more is better, at least the limit is asked', () => {
  const about = row({ bound: 'at least', limit: 0.5, aim: 0.8, unit: 'per second' });
  assert.deepEqual(
    [0.49, 0.5, 0.8].map((ratio) => verdictOf(about, pairsOf([ratio]))),
    ['missed', 'passed', 'aim'],
  );
});

test('without an aim there is none to be reached', () => {
  assert.equal(verdictOf(row({ aim: null }), pairsOf([0.1])), 'passed');
});

test('there is no verdict when the baseline differs by more than 30 % of its median, however good the ratios are', () => {
  assert.equal(verdictOf(row(), pairsOf([0.1, 0.1, 0.1], [90, 100, 121])), 'no-verdict');
  assert.equal(verdictOf(row(), pairsOf([0.1, 0.1, 0.1], [90, 100, 120])), 'aim');
});

test('what is allowed on top of the limit counts in terms of the baseline', () => {
  const about = row({ limit: 1.5, aim: null, allowance: 200 });
  assert.equal(summarise(about, pairsOf([1])).limit, 3.5);
  assert.deepEqual([verdictOf(about, pairsOf([3.5])), verdictOf(about, pairsOf([3.6]))], ['passed', 'missed']);
});

test('fewer than 12 pairs tell a direction only', () => {
  const end = (count: number) => ({ kind: 'measured' as const, pairs: [...pairsOf(Array<number>(count).fill(9))] });
  assert.deepEqual([standingOf(row(), end(11)), standingOf(row(), end(12))], ['direction', 'missed']);
});

function result(end: RowResult['end']): RowResult {
  const about = { date: '2026-01-01T00:00:00.000Z', durationMs: 61_000, sources: 'abc', machine: '2 cores' };
  return { row: 'plan', end, facts: ['600 services'], ...about, loadBefore: 0.1, command: 'bin/bench --rows plan' };
}

test('the report shows every pair, the median, the range, the worst pair and how much the baseline varies', () => {
  const ratios = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.5, 1.6, 1.7, 1.8, 1.9, 2.5];
  const report = renderReport([result({ kind: 'measured', pairs: [...pairsOf(ratios)] })], () => row());
  for (const [index, ratio] of ratios.entries())
    assert.match(report, new RegExp(`\\| ${index + 1} \\| (AB|BA) \\|.*\\| ${ratio.toFixed(2)}x \\|`));
  assert.match(report, /\| at most 2x, aim 1x \| 1\.50x \| 1\.00x to 2\.50x \| passed: 1\.50x \|/);
  assert.match(report, /Worst pair 2\.50x; the baseline varies by 0 %/);
});

test('where figures are medians the report says of how many, and a result without repetitions is still read', () => {
  const pair = { first: 'ours', ours: 2, theirs: 1, each: { ours: [2, 1, 9], theirs: [1, 1, 1] } } as const;
  const report = (pairs: readonly Pair[]) =>
    renderReport([result({ kind: 'measured', pairs: [...pairs] })], () => row());
  assert.match(report([pair]), /- each figure is the median of 3 measurements\n\n\| pair /);
  assert.doesNotMatch(report(pairsOf([1])), /each figure is/);
});

test('a row that was not measured says why, in the report and beside its name in the picture', () => {
  const end = { kind: 'not-run', reason: 'private Docker Engines need Linux' } as const;
  assert.equal(describeStanding(row(), end), 'not run: private Docker Engines need Linux');
  assert.match(
    renderReport([result(end)], () => row()),
    /```\nprivate Docker Engines need Linux\n```/,
  );
  assert.match(
    drawReport([result(end)], () => row()),
    />not run</,
  );
});

test('the picture has a dot for each pair and its colours follow the theme of the reader', () => {
  const picture = drawReport([result({ kind: 'measured', pairs: [...pairsOf([1, 2, 3])] })], () => row());
  assert.equal([...picture.matchAll(/<circle /g)].length, 3);
  assert.match(picture, /prefers-color-scheme: dark/);
  assert.doesNotMatch(picture, /NaN|Infinity|undefined/);
});
