import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createStyle, printable, printableLine, wantsColor } from './style.ts';
import { cut, renderTable } from './table.ts';
import { age, elapsed, withIsoTimes } from './time.ts';

const plain = createStyle(false);

test('colours are for terminals, unless the person or the environment says otherwise', () => {
  assert.equal(wantsColor({}, true, false), true);
  assert.equal(wantsColor({}, false, false), false);
  assert.equal(wantsColor({ TERM: 'dumb' }, true, false), false);
  assert.equal(wantsColor({ NO_COLOR: '1' }, true, false), false);
  assert.equal(wantsColor({ NO_COLOR: '' }, true, false), true);
  assert.equal(wantsColor({ FORCE_COLOR: '1' }, false, false), true);
  assert.equal(wantsColor({ FORCE_COLOR: '0' }, true, false), false);
  assert.equal(wantsColor({ FORCE_COLOR: '1' }, true, true), false);
});

test('an age is told in its largest unit', () => {
  const now = 1_000_000_000;
  const ages = [0, 999, 1000, 59_999, 180_000, 7_200_000, 432_000_000, -5].map((ms) => age(now - ms, now));
  assert.deepEqual(ages, ['0s', '0s', '1s', '59s', '3m', '2h', '5d', '0s']);
});

test('how long it took has one more digit than an age', () => {
  assert.deepEqual([0, 450, 59_900, 59_960, 185_000, 7_800_000].map(elapsed), [
    '0.0s',
    '0.5s',
    '59.9s',
    '1m 0s',
    '3m 5s',
    '2h 10m',
  ]);
});

test('moments become ISO 8601 for programs, other numbers stay', () => {
  const value = { acceptedAt: 0, endedAt: null, replicas: 3, items: [{ timeMs: 1000, text: 'x' }], flat: 7, At: 1 };
  assert.deepEqual(withIsoTimes(value), {
    acceptedAt: '1970-01-01T00:00:00.000Z',
    endedAt: null,
    replicas: 3,
    items: [{ time: '1970-01-01T00:00:01.000Z', text: 'x' }],
    flat: 7,
    At: 1,
  });
});

test('columns are aligned, numbers to the right, and no line ends in white space', () => {
  const table = renderTable(
    ['NAME', 'COUNT', ''],
    [
      ['a', '1', ''],
      ['longer', '100', 'note'],
    ],
    plain,
    { right: [1] },
  );
  assert.equal(table, ['NAME     COUNT', 'a            1', 'longer     100   note'].join('\n'));
});

test('no line of a table is wider than the terminal', () => {
  const texts = fc.array(fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 5 }), { maxLength: 6 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 5, max: 60 }), (rows, width) => {
      const lines = renderTable([], rows, plain, { width, indent: '  ' }).split('\n');
      assert.ok(lines.every((line) => Array.from(line).length <= width));
    }),
  );
});

test('what is cut ends in an ellipsis', () => {
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(cut('abcd', 4), 'abcd');
});

test('texts from elsewhere cannot steer the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // oxlint-disable-next-line no-control-regex -- control characters are what this is about
      const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
      assert.doesNotMatch(printable(text), control);
      assert.doesNotMatch(printableLine(text, false), control);
    }),
  );
  assert.equal(printableLine('\u001b[31mred\u001b[0m\u001b[2J', true), '\u001b[31mred\u001b[0m\ufffd[2J');
  assert.equal(printableLine('\u001b[31mred\u001b[0m', false), 'red');
});
