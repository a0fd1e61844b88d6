import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyLog, linesMost, withLines } from './log-buffer.ts';

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    cluster: 'fe',
    component: 'api',
    task: 't',
    node: null,
    stream: 'stdout' as const,
    text: `line ${index}`,
    timeMs: null,
  }));

test('lines are numbered on over all pieces', () => {
  const log = withLines(withLines(emptyLog, lines(2)), lines(1));
  assert.deepEqual(
    log.lines.map(({ number }) => number),
    [1, 2, 3],
  );
  assert.equal(log.total, 3);
});

test('only the last lines are kept, and the count tells of all', () => {
  const log = withLines(withLines(emptyLog, lines(linesMost)), lines(5));
  assert.equal(log.lines.length, linesMost);
  assert.equal(log.lines[0]?.number, 6);
  assert.equal(log.lines.at(-1)?.number, linesMost + 5);
  assert.equal(log.total, linesMost + 5);
});
