import { ratioOf, repetitionsOf, summarise } from './judge.ts';
import type { RowResult } from './record.ts';
import type { RowAbout, RowName } from './row.ts';
import { describeLimit, describeStanding, formatFigure, formatRatio, percent, worstOf } from './words.ts';

/** The report in Markdown: a table of all rows, then each row with every pair. */
export function renderReport(results: readonly RowResult[], aboutRow: (name: RowName) => RowAbout): string {
  return [
    '# The benchmarks',
    '',
    'Written by `bin/bench`. Each row compares Drayage with a program of `bench/baseline/`, or with the `docker` command,',
    'that does the same work on the same machine in the same run. A ratio is the figure of Drayage divided by the',
    "baseline's. Pairs are measured in the order AB, BA, AB, BA; the median of their ratios is judged. When the baseline's",
    'own figures differ by more than 30 % of their median there is no verdict. Where a row says so, each figure of a pair is',
    'the median of several measurements, which the sides make in turns; `results.jsonl` has all of them. Before each',
    'measurement it is waited until the processors are quiet, for a while. Every measurement asserts that the work was done',
    'right.',
    '',
    '![The ratios of every pair, by row](report.svg)',
    '',
    '| row | asked | median | range | verdict |',
    '|---|---|---|---|---|',
    ...results.map((result) => tableLine(result, aboutRow(result.row))),
    ...results.flatMap((result) => renderRow(result, aboutRow(result.row))),
    '',
  ].join('\n');
}

function tableLine({ row, end }: RowResult, about: RowAbout): string {
  const standing = describeStanding(about, end);
  if (end.kind !== 'measured') return `| [${row}](#${row}) | ${describeLimit(about)} | | | ${standing} |`;
  const { median, least, most } = summarise(about, end.pairs);
  const range = `${formatRatio(least)} to ${formatRatio(most)}`;
  return `| [${row}](#${row}) | ${describeLimit(about)} | ${formatRatio(median)} | ${range} | ${standing} |`;
}

function renderRow(result: RowResult, about: RowAbout): readonly string[] {
  const { row, end, facts, date, durationMs, sources, machine, loadBefore, command } = result;
  return [
    '',
    `## ${row}`,
    '',
    `**${describeStanding(about, end)}** (asked: ${describeLimit(about)})`,
    '',
    `- A: ${about.ours}`,
    `- B: ${about.theirs}`,
    ...facts.map((fact) => `- ${fact}`),
    `- ${date}, ${Math.round(durationMs / 1_000)} s: \`${command}\`, commit ${sources}, load before it ${loadBefore.toFixed(1)}`,
    `- ${machine}`,
    ...(end.kind === 'measured' ? renderPairs(about, end.pairs) : ['', '```', end.reason, '```']),
  ];
}

function renderPairs(about: RowAbout, pairs: Extract<RowResult['end'], { kind: 'measured' }>['pairs']): string[] {
  const summary = summarise(about, pairs);
  const limit =
    about.allowance === 0 ? '' : `; with what is allowed on top, the limit is ${formatRatio(summary.limit)}`;
  const repetitions = repetitionsOf(pairs);
  return [
    ...(repetitions === 1 ? [] : [`- each figure is the median of ${repetitions} measurements`]),
    '',
    `| pair | order | A, ${about.unit} | B, ${about.unit} | A / B |`,
    '|---|---|---|---|---|',
    ...pairs.map((pair, index) => {
      const order = pair.first === 'ours' ? 'AB' : 'BA';
      return `| ${index + 1} | ${order} | ${formatFigure(pair.ours)} | ${formatFigure(pair.theirs)} | ${formatRatio(ratioOf(pair))} |`;
    }),
    `| median | | ${formatFigure(summary.ours)} | ${formatFigure(summary.theirs)} | ${formatRatio(summary.median)} |`,
    '',
    `Worst pair ${formatRatio(worstOf(about, pairs))}; the baseline varies by ${percent(summary.spread)}${limit}.`,
  ];
}
