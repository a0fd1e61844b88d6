import type { Place } from '../document/node.ts';

/** A line of the file: its text, and its text with the line end. */
export interface PhysicalLine {
  readonly text: string;
  readonly source: string;
}

/** One instruction's text with continuations joined and comments left out. */
export interface LogicalLine {
  readonly text: string;
  /** Index of the first physical line that is not part of it. */
  readonly next: number;
  /** Where a character of `text` stands in the file. */
  readonly placeOf: (index: number) => Place;
}

/** A stretch of a logical line that stands on one physical line. */
interface Piece {
  /** Index in the logical text. */
  readonly from: number;
  readonly line: number;
  readonly column: number;
}

/** Lines of a text; all of their sources are the text. */
export function splitLines(text: string): readonly PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  let start = 0;
  while (start < text.length) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed + 1;
    const source = text.slice(start, end);
    lines.push({ source, text: source.replace(/\r?\n$/, '') });
    start = end;
  }
  return lines;
}

/** Whether a line is a comment wherever it stands outside of a here-document. */
export function isComment(line: PhysicalLine): boolean {
  return line.text.trimStart().startsWith('#');
}

/** Whether a line holds nothing. */
export function isBlank(line: PhysicalLine): boolean {
  return line.text.trim() === '';
}

/**
 * Joins the lines of one instruction, the first of which is at `index`. An escape character ends a line that goes on,
 * unless another one stands before it (moby/buildkit, frontend/dockerfile/parser).
 */
export function readLogicalLine(lines: readonly PhysicalLine[], index: number, escape: string): LogicalLine {
  const texts: string[] = [];
  const pieces: Piece[] = [];
  let length = 0;
  let next = index;
  let open = true;
  while (open && next < lines.length) {
    const line = lines[next];
    if (line === undefined) break;
    const isFirst = next === index;
    next += 1;
    if (!isFirst && (isComment(line) || isBlank(line))) continue;
    const indent = isFirst ? line.text.length - line.text.trimStart().length : 0;
    const { text, continues } = cutContinuation(line.text.slice(indent), escape);
    pieces.push({ from: length, line: next, column: indent + 1 });
    texts.push(text);
    length += text.length;
    open = continues;
  }
  return { text: texts.join(''), next, placeOf: (at) => placeIn(pieces, at) };
}

function cutContinuation(text: string, escape: string): { readonly text: string; readonly continues: boolean } {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  const continues = text[end - 1] === escape && text[end - 2] !== escape;
  return continues ? { text: text.slice(0, end - 1), continues } : { text, continues };
}

function placeIn(pieces: readonly Piece[], at: number): Place {
  let low = 0;
  let high = pieces.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.from ?? Infinity) <= at) low = middle;
    else high = middle;
  }
  const piece = pieces[low];
  if (piece === undefined) return { line: 1, column: 1 };
  return { line: piece.line, column: piece.column + at - piece.from };
}
