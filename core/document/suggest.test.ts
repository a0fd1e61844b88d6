import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, suggest } from './suggest.ts';

const keys = ['replicas', 'parameters', 'ports', 'version', 'tls'];

test('a misspelt key is answered with the nearest known one', () => {
  assert.equal(suggest('replica', keys), 'replicas');
  assert.equal(suggest('Replicas', keys), 'replicas');
  assert.equal(suggest('verison', keys), 'version');
  assert.equal(suggest('prots', keys), 'ports');
});

test('a word that is like no known one gets no suggestion', () => {
  assert.equal(suggest('promotesFrom', keys), null);
  assert.equal(suggest('abc', keys), null);
});

test('the distance is the same both ways, and nought only for the same word', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }),
  );
});
