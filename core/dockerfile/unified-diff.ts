/** Above so many pairs of lines the middle is shown as replaced, without looking for what it shares. */
const pairsMost = 4_000_000;

const contextLines = 3;

/** One line of a difference: kept, taken away or added. */
interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** The difference of two texts as a unified diff, without the lines that name the files; '' when they are the same. */
export function unifiedDiff(before: string, after: string): string {
  const lines = diffLines(linesOf(before), linesOf(after));
  const changed = lines.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  const hunks: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = hunks.at(-1);
    const from = Math.max(0, index - contextLines);
    const to = Math.min(lines.length, index + contextLines + 1);
    if (last !== undefined && from <= last.to) last.to = to;
    else hunks.push({ from, to });
  }
  return hunks.map(({ from, to }) => renderHunk(lines, from, to)).join('');
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.replace(/\r$/, ''));
}

function renderHunk(lines: readonly DiffLine[], from: number, to: number): string {
  const count = (some: readonly DiffLine[], without: '+' | '-'): number =>
    some.filter(({ sign }) => sign !== without).length;
  const above = lines.slice(0, from);
  const hunk = lines.slice(from, to);
  const range = (without: '+' | '-'): string => `${count(above, without) + 1},${count(hunk, without)}`;
  return `@@ -${range('+')} +${range('-')} @@\n${hunk.map(({ sign, text }) => `${sign}${text}\n`).join('')}`;
}

function diffLines(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const keep = (text: string): DiffLine => ({ sign: ' ', text });
  return [
    ...a.slice(0, start).map(keep),
    ...diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(keep),
  ];
}

/** The longest common subsequence of lines, by its table. */
function diffMiddle(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const away = (text: string): DiffLine => ({ sign: '-', text });
  const added = (text: string): DiffLine => ({ sign: '+', text });
  if (a.length * b.length > pairsMost) return [...a.map(away), ...b.map(added)];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const length = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [one, another] = [a[i], b[j]];
    if (one !== undefined && one === another) {
      lines.push({ sign: ' ', text: one });
      i += 1;
      j += 1;
    } else if (one !== undefined && (another === undefined || length(i + 1, j) >= length(i, j + 1))) {
      lines.push(away(one));
      i += 1;
    } else {
      lines.push(added(another ?? ''));
      j += 1;
    }
  }
  return lines;
}
