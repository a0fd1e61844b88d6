import { ratioOf, summarise } from './judge.ts';
import type { RowResult } from './record.ts';
import type { RowAbout, RowName } from './row.ts';
import { pictureStyle } from '../picture-style.ts';
import { describeLimit, formatRatio, standingOf, type Standing } from './words.ts';

const width = 960;
const left = 150;
const right = 210;
const top = 64;
const rowHeight = 44;
const bottom = 40;
const dot = 4;
const ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

/**
 * The report as a picture (SVG 1.1): by row, on one logarithmic scale of ratios, a dot for each pair, a diamond at their
 * median, a line at the limit and a dashed one at the aim.
 */
export function drawReport(results: readonly RowResult[], aboutRow: (name: RowName) => RowAbout): string {
  const rows = results.map((result) => ({ result, about: aboutRow(result.row) }));
  const scale = makeScale(rows.flatMap(({ result, about }) => ratiosOf(result, about)));
  const height = top + rows.length * rowHeight + bottom;
  const title = 'Ratios of Drayage to the baselines, by row';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${pictureStyle}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text x="16" y="26" font-size="16" font-weight="600">${title}</text>`,
    `<text x="16" y="46" class="quiet">dot: a pair; diamond: the median; line: the limit; dashed: the aim; the scale is logarithmic</text>`,
    ...drawTicks(scale, height),
    ...rows.flatMap(({ result, about }, index) =>
      drawRow({ result, about, scale, y: top + (index + 0.5) * rowHeight }),
    ),
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly least: number;
  readonly most: number;
  readonly x: (ratio: number) => number;
}

function ratiosOf({ end }: RowResult, about: RowAbout): readonly number[] {
  const asked = [about.limit, ...(about.aim === null ? [] : [about.aim])];
  return end.kind === 'measured' ? [...asked, summarise(about, end.pairs).limit, ...end.pairs.map(ratioOf)] : asked;
}

function makeScale(ratios: readonly number[]): Scale {
  const least = Math.min(0.5, ...ratios) / 1.15;
  const most = Math.max(2, ...ratios) * 1.15;
  const span = Math.log(most / least);
  return { least, most, x: (ratio) => left + (Math.log(ratio / least) / span) * (width - left - right) };
}

function drawTicks({ least, most, x }: Scale, height: number): readonly string[] {
  return ticks
    .filter((tick) => tick >= least && tick <= most)
    .flatMap((tick) => [
      `<line class="line" x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${top}" y2="${height - bottom}"/>`,
      `<text class="quiet" text-anchor="middle" x="${at(x(tick))}" y="${height - bottom + 18}">${tick}x</text>`,
    ]);
}

const colours: Readonly<Record<Standing, string>> = {
  aim: 'good',
  passed: 'good',
  missed: 'bad',
  wrong: 'bad',
  'no-verdict': 'open',
  direction: 'open',
  'not-run': 'open',
};
const labels: Readonly<Record<Standing, string>> = {
  aim: 'aim reached',
  passed: 'passed',
  missed: 'missed',
  wrong: 'wrong',
  'no-verdict': 'no verdict',
  direction: 'direction only',
  'not-run': 'not run',
};

function drawRow(of: {
  readonly result: RowResult;
  readonly about: RowAbout;
  readonly scale: Scale;
  readonly y: number;
}): readonly string[] {
  const { result, about, scale, y } = of;
  const { end } = result;
  const standing = standingOf(about, end);
  const colour = colours[standing];
  const mark = (ratio: number, kind: string) =>
    `<line class="${kind}" x1="${at(scale.x(ratio))}" x2="${at(scale.x(ratio))}" y1="${at(y - 13)}" y2="${at(y + 13)}"/>`;
  const label = (text: string) => `<text class="${colour}" x="${width - right + 12}" y="${at(y + 5)}">${text}</text>`;
  const head = [
    `<text x="16" y="${at(y)}" font-weight="600">${about.name}</text>`,
    `<text class="quiet" x="16" y="${at(y + 15)}">${describeLimit(about)}</text>`,
  ];
  if (end.kind !== 'measured') return [...head, label(labels[standing])];
  const { median, limit } = summarise(about, end.pairs);
  return [
    ...head,
    ...(about.aim === null ? [] : [mark(about.aim, 'aim')]),
    mark(limit, 'limit'),
    ...end.pairs.map(
      (pair, index) =>
        `<circle class="pair ${colour}" cx="${at(scale.x(ratioOf(pair)))}" cy="${at(y + ((index % 3) - 1) * dot)}" r="${dot}"/>`,
    ),
    `<path class="median ${colour}" d="${diamond(scale.x(median), y)}"/>`,
    label(`${formatRatio(median)} ${labels[standing]}`),
  ];
}

function diamond(x: number, y: number): string {
  const size = 8;
  return `M${at(x)} ${at(y - size)}l${size} ${size}l-${size} ${size}l-${size} -${size}z`;
}

function at(value: number): string {
  return value.toFixed(1);
}
