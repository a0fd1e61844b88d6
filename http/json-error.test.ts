import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonError } from './json-error.ts';

const places: readonly (readonly [text: string, line: number, column: number, expected: RegExp])[] = [
  ['', 1, 1, /value/],
  ['hello', 1, 1, /value/],
  ['{"a":1,}', 1, 8, /key/],
  ['{"a" 1}', 1, 6, /^:$/],
  ['{a:1}', 1, 2, /key.*or \}/],
  ['[1 2]', 1, 4, /^,/],
  ['[1,]', 1, 4, /value/],
  ['{"a":\n  [1,\n  tru]}', 3, 3, /value/],
  ['{} x', 1, 4, /end/],
  ['{"a": 01}', 1, 7, /value/],
  ['"a\nb"', 1, 1, /value/],
  ['[', 1, 2, /\]/],
  ['["\\x"]', 1, 2, /value/],
];

for (const [text, line, column, expected] of places) {
  test(`${JSON.stringify(text)} stops being JSON at ${line}:${column}`, () => {
    const error = findJsonError(text);
    assert.deepEqual([error.line, error.column], [line, column]);
    assert.match(error.expected, expected);
  });
}

test('what JSON.parse takes is read to its end, and what it refuses is refused before', () => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '\\', '1', 'x', '\u0000'))
    .map(([text, at, mark]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + mark + text.slice(place + 1);
    });
  let refused = 0;
  fc.assert(
    fc.property(broken, (text) => {
      const isJson = parses(text);
      if (!isJson) refused += 1;
      assert.equal(findJsonError(text).expected === 'the end of the body' && isJson, isJson);
      if (!isJson) assert.ok(!readsWhole(text), text);
    }),
    { numRuns: 3000 },
  );
  assert.ok(refused > 100);
});

test('a text that is deep or long is no trouble', () => {
  assert.equal(findJsonError('['.repeat(1_000_000)).column, 1_000_001);
  assert.equal(findJsonError(`"${'a'.repeat(5_000_000)}`).column, 1);
  assert.equal(findJsonError(`${' '.repeat(5_000_000)}x`).column, 5_000_001);
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether the finder found nothing but a missing end, which for JSON.parse is none. */
function readsWhole(text: string): boolean {
  const { line, column, expected } = findJsonError(text);
  const lines = text.split('\n');
  return expected === 'the end of the body' && line === lines.length && column === (lines.at(-1)?.length ?? 0) + 1;
}
