import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesPattern } from './pattern.ts';

test('a pattern matches all of a value: * stops at /, ** does not, and everything else is itself', () => {
  const matching: readonly (readonly [string, string, boolean])[] = [
    ['https://git.test/shop/*', 'https://git.test/shop/cart', true],
    ['https://git.test/shop/*', 'https://git.test/shop/cart/fork', false],
    ['https://git.test/shop/**', 'https://git.test/shop/cart/fork', true],
    ['https://git.test/shop/*', 'https://git.test/shop/', true],
    ['https://git.test/shop/*', 'xhttps://git.test/shop/cart', false],
    ['https://git.test/shop', 'https://git.test/shop.evil.test', false],
    ['https://git.test/*/x@*', 'https://git.test/a/x@b', true],
    ['https://git.test/a.c', 'https://git.test/abc', false],
    ['*@shop.test', 'ci@shop.test', true],
    ['', '', true],
    ['**', '', true],
    ['*', 'a'.repeat(1_001), false],
  ];
  for (const [pattern, value, expected] of matching)
    assert.equal(matchesPattern(pattern, value), expected, `${pattern} ${value}`);
});

test('a pattern matches as the regular expression would that means the same, and many stars cost no more', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*'), maxLength: 12, size: 'max' });
  let matched = 0;
  fc.assert(
    fc.property(
      word,
      fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8, size: 'max' }),
      (pattern, value) => {
        const parts = (pattern.match(/\*\*+|[^]/g) ?? []).map((part) => {
          if (part.startsWith('**')) return '[^]*';
          return part === '*' ? '[^/]*' : part.replaceAll(/[.*/]/g, '\\$&');
        });
        const expected = new RegExp(`^${parts.join('')}$`).test(value);
        if (expected) matched += 1;
        assert.equal(matchesPattern(pattern, value), expected);
      },
    ),
    { numRuns: 2_000 },
  );
  assert.ok(matched > 20, `only ${matched} matched`);
  assert.equal(matchesPattern('*a'.repeat(250), 'a'.repeat(999)), true);
  assert.equal(matchesPattern(`${'*a'.repeat(249)}b`, 'a'.repeat(1_000)), false);
});
