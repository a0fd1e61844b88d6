import type { Digest } from '../hash.ts';

/** One line of a difference between two texts. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** How two contents differ, as far as a reader can take it in. */
export type ContentDiff =
  /** Runs of lines that differ, each with what stands around it; `isCut`: there are more. */
  | { readonly kind: 'text'; readonly hunks: readonly (readonly DiffLine[])[]; readonly isCut: boolean }
  /** One of the two is no text. */
  | { readonly kind: 'binary' }
  /** Larger than is compared. */
  | { readonly kind: 'too-large' };

/** A config whose content a plan changes; beside the plan, no part of it. Null: there is none on that side. */
export interface ConfigChange {
  readonly service: string;
  readonly component: string;
  readonly config: string;
  readonly from: Digest | null;
  readonly to: Digest | null;
  readonly diff: ContentDiff;
}

/** What is compared and shown at most. */
const bytesMost = 262_144;
const linesMost = 5_000;
const editsMost = 400;
const shownMost = 300;
const lineMost = 500;

/** Lines of the same text on either side of what differs. */
const around = 3;

/** The difference of two contents, line by line; null: there is none on that side. Bounded in time and size. */
export function diffContents(from: Uint8Array | null, to: Uint8Array | null): ContentDiff {
  if ([from, to].some((bytes) => bytes !== null && bytes.length > bytesMost)) return { kind: 'too-large' };
  const [before, after] = [textOf(from), textOf(to)];
  if (before === null || after === null) return { kind: 'binary' };
  const [a, b] = [linesOf(before), linesOf(after)];
  if (a.length > linesMost || b.length > linesMost) return { kind: 'too-large' };
  return shown(diffLines(a, b));
}

function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null) return '';
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A text that does not end its last line is told from one that does. */
function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, `${last} (no newline at the end)`];
}

function diffLines(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const [innerA, innerB] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  return [
    ...told('same', a.slice(0, head)),
    ...(editsBetween(innerA, innerB) ?? [...told('removed', innerA), ...told('added', innerB)]),
    ...told('same', a.slice(a.length - tail)),
  ];
}

function told(kind: DiffLine['kind'], lines: readonly string[]): readonly DiffLine[] {
  return lines.map((text) => ({ kind, text }));
}

/** The shortest edit (Myers, "An O(ND) Difference Algorithm", 1986); null when it takes more edits than are tried. */
function editsBetween(a: readonly string[], b: readonly string[]): readonly DiffLine[] | null {
  const most = Math.min(a.length + b.length, editsMost);
  const trace: ReadonlyMap<number, number>[] = [];
  const furthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= most; edits++) {
    trace.push(new Map(furthest));
    for (let k = -edits; k <= edits; k += 2) {
      let x = goesDown(furthest, k, edits) ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return backtrack(a, b, trace);
    }
  }
  return null;
}

function goesDown(furthest: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
}

function backtrack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] ?? new Map<number, number>();
    const k = x - y;
    const before = goesDown(furthest, k, edits) ? k + 1 : k - 1;
    const fromX = furthest.get(before) ?? 0;
    const fromY = fromX - before;
    for (; x > fromX && y > fromY; x--, y--) lines.push({ kind: 'same', text: a[x - 1] ?? '' });
    if (edits === 0) break;
    if (x === fromX) lines.push({ kind: 'added', text: b[y - 1] ?? '' });
    else lines.push({ kind: 'removed', text: a[x - 1] ?? '' });
    [x, y] = [fromX, fromY];
  }
  return lines.toReversed();
}

/** What differs with what stands around it, cut to what is shown at most. */
function shown(lines: readonly DiffLine[]): ContentDiff {
  const near = new Uint8Array(lines.length);
  for (const [index, { kind }] of lines.entries())
    if (kind !== 'same') near.fill(1, Math.max(0, index - around), index + around + 1);
  const hunks: DiffLine[][] = [];
  let count = 0;
  let isCut = false;
  for (const [index, { kind, text }] of lines.entries()) {
    if (near[index] === 0) continue;
    if (count >= shownMost) {
      isCut = true;
      break;
    }
    if (hunks.length === 0 || near[index - 1] === 0) hunks.push([]);
    const cutText = text.length > lineMost ? `${text.slice(0, lineMost).toWellFormed()}...` : text;
    hunks.at(-1)?.push({ kind, text: cutText });
    count += 1;
  }
  return { kind: 'text', hunks, isCut };
}
