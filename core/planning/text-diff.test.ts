import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffContents, type DiffLine } from './text-diff.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const marks = { same: ' ', removed: '-', added: '+' } as const;
const print = (line: DiffLine) => marks[line.kind] + line.text;

function hunksOf(from: string | null, to: string | null): readonly (readonly string[])[] {
  const diff = diffContents(from === null ? null : bytes(from), to === null ? null : bytes(to));
  return diff.kind === 'text' ? diff.hunks.map((hunk) => hunk.map(print)) : assert.fail(diff.kind);
}

test('what differs is shown with three lines around it, far apart in runs of their own', () => {
  const lines = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const changed = lines.map((line, at) => (at === 2 || at === 15 ? `${line}!` : line));
  const [first, second, ...others] = hunksOf(`${lines.join('\n')}\n`, `${changed.join('\n')}\n`);
  assert.deepEqual(first, [' line 0', ' line 1', '-line 2', '+line 2!', ' line 3', ' line 4', ' line 5']);
  assert.equal(second?.length, 8);
  assert.deepEqual(others, []);
});

test('what comes, what goes, and a newline at the end', () => {
  assert.deepEqual(hunksOf(null, 'a\nb\n'), [['+a', '+b']]);
  assert.deepEqual(hunksOf('a\n', null), [['-a']]);
  assert.deepEqual(hunksOf('a', 'a\n'), [['-a (no newline at the end)', '+a']]);
  assert.deepEqual(hunksOf('a\n', 'a\n'), []);
});

test('a binary content and a large one are said to be so, and a long difference is cut', () => {
  assert.deepEqual(diffContents(Buffer.from([0, 1]), bytes('a')), { kind: 'binary' });
  assert.deepEqual(diffContents(bytes('a'), Buffer.from([0xff])), { kind: 'binary' });
  assert.deepEqual(diffContents(Buffer.alloc(300_000, 'a'), bytes('a')), { kind: 'too-large' });
  const other = (of: string) => bytes(Array.from({ length: 4_000 }, (_, at) => `${of}${at}`).join('\n'));
  const diff = diffContents(other('a'), other('b'));
  assert.ok(diff.kind === 'text' && diff.isCut && diff.hunks.flat().length === 300);
});

test('a difference read one way is the one text, read the other way the other', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd');
  const text = fc.array(line, { maxLength: 8, size: 'max' });
  fc.assert(
    fc.property(text, text, (from, to) => {
      const diff = diffContents(bytes(from.map((it) => `${it}\n`).join('')), bytes(to.map((it) => `${it}\n`).join('')));
      assert.ok(diff.kind === 'text');
      const lines = diff.hunks.flat();
      // Whole texts fit within what is shown around a change as long as they are short.
      if (from.join() === to.join()) return assert.equal(lines.length, 0);
      const removed = lines.filter(({ kind }) => kind === 'removed').length;
      const added = lines.filter(({ kind }) => kind === 'added').length;
      assert.equal(to.length - from.length, added - removed);
      const side = (kind: DiffLine['kind']) => lines.filter((it) => it.kind !== kind).map((it) => it.text);
      if (side('added').length < from.length) return;
      assert.deepEqual(side('added'), from);
      assert.deepEqual(side('removed'), to);
    }),
    { numRuns: 300 },
  );
});
