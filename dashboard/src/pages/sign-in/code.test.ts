import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeIn } from './code.ts';

test('a sign-in link carries its code behind the hash', () => {
  assert.equal(codeIn('#code=abc-_123'), 'abc-_123');
  assert.equal(codeIn('#code=a%2Bb&other=1'), 'a+b');
});

test('an address without a code, or with an empty one, has none', () => {
  assert.equal(codeIn(''), null);
  assert.equal(codeIn('#'), null);
  assert.equal(codeIn('#code='), null);
  assert.equal(codeIn('#services'), null);
});
