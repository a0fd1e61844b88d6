import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../canonical.ts';
import { diffFields } from './diff.ts';

test('a changed file of a list of configs is named, and only that', () => {
  const products = { config: 'products', content: 'aaa', target: '/products' };
  const prices = { config: 'prices', content: 'bbb', target: '/prices' };
  assert.deepEqual(diffFields({ configs: [products] }, { configs: [{ ...products, content: 'ccc' }, prices] }), [
    { field: 'configs.prices', from: null, to: prices },
    { field: 'configs.products.content', from: 'aaa', to: 'ccc' },
  ]);
});

test('another order of named things is a difference of the whole list', () => {
  const [a, b] = [{ config: 'a' }, { config: 'b' }];
  assert.deepEqual(diffFields({ configs: [a, b] }, { configs: [b, a] }), [
    { field: 'configs', from: [a, b], to: [b, a] },
  ]);
});

test('a list without names is compared whole', () => {
  assert.deepEqual(diffFields({ command: ['a', 'b'] }, { command: ['b'] }), [
    { field: 'command', from: ['a', 'b'], to: ['b'] },
  ]);
});

test('a value that is there differs from one that is not', () => {
  assert.deepEqual(diffFields({}, { user: 'me' }), [{ field: 'user', from: null, to: 'me' }]);
});

test('nothing is found between equal values, and something between different ones', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.deepEqual(diffFields({ a }, { a }), []);
      const found = diffFields({ list: [{ config: 'x', value: a }] }, { list: [{ config: 'x', value: b }] });
      assert.equal(found.length === 0, canonical(a) === canonical(b));
    }),
  );
});
