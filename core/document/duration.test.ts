import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

const known: readonly (readonly [string, number])[] = [
  ['1m30s', 90_000],
  ['10s', 10_000],
  ['500ms', 500],
  ['1h', 3_600_000],
  ['2000us', 2],
  ['1.5s', 1500],
  ['1h5m30s20ms', 3_930_020],
  ['0s', 0],
  ['0', 0],
];

for (const [text, value] of known) {
  test(`the duration ${text} is ${value} ms`, () => assert.deepEqual(parseDuration(text), { value }));
}

for (const text of ['', '10', '10 s', '-1s', '1x', '1d', 's', '1us', '0.0001ms', '9999999h', '1e3s', '1..2s']) {
  test(`'${text}' is no duration`, () => assert.ok('wrong' in parseDuration(text)));
}

test('a duration that was written reads back as the same', () => {
  fc.assert(
    fc.property(fc.nat({ max: 365 * 24 * 3_600_000 }), (value) => {
      assert.deepEqual(parseDuration(formatDuration(value)), { value });
    }),
  );
});

test('any text is a whole number of milliseconds or wrong', () => {
  const text = fc.string({ unit: fc.constantFrom('0', '1', '9', '.', 'u', 'm', 's', 'h', '-') });
  fc.assert(
    fc.property(text, (written) => {
      const parsed = parseDuration(written);
      if ('value' in parsed) assert.ok(Number.isSafeInteger(parsed.value) && parsed.value >= 0);
    }),
    { numRuns: 2000 },
  );
});
