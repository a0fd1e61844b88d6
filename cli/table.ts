import { printable, type Paint, type Style } from './style.ts';

/** One cell: plain text, painted after it was padded. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

export interface TableOptions {
  /** Columns set to the right, from 0. */
  readonly right?: readonly number[];
  /** The longest line; what is longer is cut. Infinity where it is no terminal. */
  readonly width?: number;
  /** White space before each line. */
  readonly indent?: string;
}

const gap = '   ';

/** Rows in aligned columns under a header; no header when it is empty. No line feed at the end. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  style: Style,
  options: TableOptions = {},
): string {
  const head: readonly Cell[][] = header.length === 0 ? [] : [header.map((text) => ({ text, paint: style.dim }))];
  const all = [...head, ...rows];
  const count = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...all.map((row) => lengthOf(textOf(row[column])))),
  );
  return all.map((row) => renderRow(row, widths, options)).join('\n');
}

function renderRow(row: readonly Cell[], widths: readonly number[], options: TableOptions): string {
  const indent = options.indent ?? '';
  let left = (options.width ?? Infinity) - indent.length;
  const parts: string[] = [];
  for (const [column, cell] of row.entries()) {
    if (left <= 0) break;
    const last = column === row.length - 1;
    const text = cut(padded(textOf(cell), widths[column] ?? 0, options.right?.includes(column) === true, last), left);
    parts.push(paintOf(cell)(text));
    left -= lengthOf(text) + gap.length;
  }
  return `${indent}${parts.join(gap)}`.trimEnd();
}

function padded(text: string, width: number, right: boolean, last: boolean): string {
  const missing = ' '.repeat(Math.max(0, width - lengthOf(text)));
  if (right) return missing + text;
  return last ? text : text + missing;
}

/** At most `width` characters; what was cut ends in an ellipsis. */
export function cut(text: string, width: number): string {
  if (lengthOf(text) <= width) return text;
  return `${Array.from(text)
    .slice(0, Math.max(0, width - 1))
    .join('')}…`;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  return printable(typeof cell === 'string' ? cell : cell.text).replaceAll('\n', ' ');
}

function paintOf(cell: Cell): Paint {
  return typeof cell === 'string' ? (text) => text : cell.paint;
}
