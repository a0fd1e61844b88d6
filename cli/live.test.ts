import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLive } from './live.ts';

/** The few control sequences that a live region uses, carried out on lines of text. */
function createScreen() {
  const lines: string[] = [''];
  let row = 0;
  let writes = 0;
  const carryOut = (command: string, argument: number): void => {
    if (command === 'A') row = Math.max(0, row - argument);
    if (command === 'K') lines[row] = lines[row]?.slice(0, column) ?? '';
    if (command === 'J') lines.splice(row, Infinity, lines[row]?.slice(0, column) ?? '');
  };
  let column = 0;
  const write = (text: string): void => {
    writes += 1;
    // oxlint-disable-next-line no-control-regex -- it reads control sequences
    for (const [part, argument, command] of text.matchAll(/\u001b\[\??(\d*)([A-Za-z])|[\s\S]/g)) {
      if (command !== undefined) carryOut(command, Number(argument ?? 0));
      else if (part === '\n') [row, column] = [row + 1, 0];
      else if (part === '\r') column = 0;
      else {
        const line = lines[row] ?? '';
        lines[row] = `${line.slice(0, column)}${part}${line.slice(column + 1)}`;
        column += 1;
      }
      while (lines.length <= row) lines.push('');
    }
  };
  return { lines, write, writes: () => writes };
}

test('whatever was shown before, the terminal shows exactly the last lines', () => {
  const frame = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 8 }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
      const screen = createScreen();
      const live = createLive({ write: screen.write, isTerminal: true, columns: 80, rows: 24 });
      screen.write('before\n');
      for (const lines of frames) {
        live.draw(lines);
        assert.deepEqual(screen.lines, ['before', ...lines, '']);
      }
      live.clear();
      assert.deepEqual(screen.lines, ['before', '']);
    }),
  );
});

test('nothing is written when nothing changed, and each change is one write', () => {
  const screen = createScreen();
  const live = createLive({ write: screen.write, isTerminal: true, columns: 80, rows: 24 });
  live.draw(['a', 'b']);
  live.draw(['a', 'b']);
  live.draw(['a', 'c']);
  assert.equal(screen.writes(), 2);
});
