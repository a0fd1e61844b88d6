import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256, sha256Joined } from './hash.ts';

test('texts have the hash of the text that they make together, however long they are (property)', () => {
  const short = fc.string({ unit: 'grapheme', maxLength: 50 });
  const long = fc.tuple(short, fc.nat(40_000)).map(([text, length]) => text.padEnd(length, 'x\u20ac'));
  fc.assert(
    fc.property(fc.array(fc.oneof(short, long), { maxLength: 5 }), (texts) => {
      assert.equal(sha256Joined(texts), sha256(texts.join('')));
    }),
    { numRuns: 300 },
  );
});
