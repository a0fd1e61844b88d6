import type { Sink } from './io.ts';

/** Lines at the bottom of a terminal that are drawn again in place. */
export interface Live {
  /** Shows these lines in place of the ones before. No line may be wider than the terminal. */
  draw(lines: readonly string[]): void;
  /** Takes the lines away. */
  clear(): void;
}

// DEC private mode 2026: the terminal shows all of an update at once. Terminals without it ignore it.
const beginUpdate = '\u001b[?2026h';
const endUpdate = '\u001b[?2026l';
const clearRestOfLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** Draws on a terminal without flicker: one write for each change, and only what differs is written again. */
export function createLive(sink: Sink): Live {
  let shown: readonly string[] = [];

  const replace = (lines: readonly string[]): void => {
    if (lines.length === shown.length && lines.every((line, index) => line === shown[index])) return;
    const up = shown.length === 0 ? '' : `\u001b[${shown.length}A`;
    const body = lines.map((line, index) => {
      const same = index < shown.length && line === shown[index];
      return same ? '\n' : `\r${line}${clearRestOfLine}\n`;
    });
    sink.write(`${beginUpdate}${up}${body.join('')}${clearBelow}${endUpdate}`);
    shown = lines;
  };

  return { draw: replace, clear: () => replace([]) };
}
