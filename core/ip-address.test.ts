import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isIpAddress } from './ip-address.ts';

test('an IP address is what Node takes for one', () => {
  const texts = ['10.0.0.5', '010.0.0.5', '1.2.3', '256.1.1.1', '::', '::1', '1::', 'fe80::1:2', '1:2:3:4:5:6:7:8'];
  const more = [
    '::ffff:10.0.0.5',
    '1::2::3',
    ':1',
    '1:',
    '::1.2.3',
    'be.example.com',
    '',
    '10.0.0.5::',
    ':::',
    '1.2.3.4:5',
  ];
  for (const text of [...texts, ...more]) assert.equal(isIpAddress(text), isIPv4(text) || isIPv6(text), text);
});

test('any mixture of digits, dots and colons is judged as Node judges it', () => {
  const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/));
  fc.assert(
    fc.property(texts, (text) => assert.equal(isIpAddress(text), isIPv4(text) || isIPv6(text), text)),
    { numRuns: 2000 },
  );
});
