import type { WireLogLine } from '../../../../wire/environment.ts';

/** A line with a number that no other line of the same reading has. */
export interface NumberedLine extends WireLogLine {
  readonly number: number;
}

/** The last lines of a log. */
export interface LogBuffer {
  readonly lines: readonly NumberedLine[];
  /** How many lines have come, with those that were let go. */
  readonly total: number;
}

/** The most lines that are kept; older ones are let go. */
export const linesMost = 2_000;

export const emptyLog: LogBuffer = { lines: [], total: 0 };

/** The buffer with more lines at its end. */
export function withLines({ lines, total }: LogBuffer, more: readonly WireLogLine[]): LogBuffer {
  const added = more.map((line, index) => ({ ...line, number: total + index + 1 }));
  return { lines: [...lines, ...added].slice(-linesMost), total: total + more.length };
}
