import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from './canonical.ts';

test('the example of RFC 8785, section 3.2.2, gives the bytes that the RFC shows', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\\"/',
    literals: [null, true, false],
  };
  const expected =
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}';
  assert.equal(canonical(value), expected);
});

test('members are sorted by UTF-16 code units, as in RFC 8785, section 3.2.3', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const text = canonical(Object.fromEntries(keys.map((key) => [key, 0])));
  assert.deepEqual(Object.keys(JSON.parse(text)), ['1', '\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
});

test('any JSON value reads back, and its order of members does not matter', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonical(value);
      const back: unknown = JSON.parse(text);
      assert.equal(canonical(back), text);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      assert.equal(canonical(Object.fromEntries(Object.entries(value).toReversed())), text);
    }),
  );
});

test('what JSON cannot say is refused', () => {
  for (const value of [NaN, Infinity, 1n, () => 0, Symbol('x'), '\ud800', [undefined]])
    assert.throws(() => canonical(value), TypeError);
});
