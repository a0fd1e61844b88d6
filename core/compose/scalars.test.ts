import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBytes } from './bytes.ts';
import { parseCpus } from './cpus.ts';
import { parseMode } from './mode.ts';
import { parsePort } from './port.ts';
import { splitWords } from './words.ts';

test('bytes are counted in powers of 1024', () => {
  const known: readonly (readonly [string, number])[] = [
    ['512M', 536_870_912],
    ['1g', 1_073_741_824],
    ['64k', 65_536],
    ['64kb', 65_536],
    ['10b', 10],
    ['10', 10],
    ['1.5k', 1536],
    ['1GiB', 1_073_741_824],
    ['1.2g', 1_288_490_188],
  ];
  for (const [text, value] of known) assert.deepEqual(parseBytes(text), { value }, text);
  for (const text of ['', 'M', '-1M', '1x', '1 000', '99999999t', '1e3']) {
    assert.ok('wrong' in parseBytes(text), text);
  }
});

test('bytes that were written with a suffix read back as the same', () => {
  fc.assert(
    fc.property(fc.nat({ max: 4096 }), fc.constantFrom('b', 'k', 'm', 'g'), (count, suffix) => {
      const value = count * 1024 ** 'bkmg'.indexOf(suffix);
      assert.deepEqual(parseBytes(`${count}${suffix}`), { value });
      assert.deepEqual(parseBytes(`${count}${suffix.toUpperCase()}`), { value });
    }),
  );
});

test('CPUs are exact to nine decimals', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000_000, max: 1e13 }), (value) => {
      const digits = String(value).padStart(10, '0');
      assert.deepEqual(parseCpus(`${digits.slice(0, -9)}.${digits.slice(-9)}`), { value });
    }),
  );
  for (const text of ['', '.', '0', '-1', '0.0001', '0.1234567891', '1e3', '20000', 'half']) {
    assert.ok('wrong' in parseCpus(text), text);
  }
});

test('permissions are octal digits that begin with a nought', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0o7777 }), (value) => {
      assert.deepEqual(parseMode(`0${value.toString(8)}`), { value });
      assert.deepEqual(parseMode(`0o${value.toString(8)}`), { value });
    }),
  );
  for (const text of ['440', '0888', '0x1', '', '-0440', '00000440']) assert.ok('wrong' in parseMode(text), text);
});

test('a range of ports is written out, one by one', () => {
  assert.deepEqual(parsePort('5000-5001:6000-6001/udp'), {
    value: [
      { target: 6000, published: 5000, protocol: 'udp', mode: 'ingress' },
      { target: 6001, published: 5001, protocol: 'udp', mode: 'ingress' },
    ],
  });
  assert.deepEqual(parsePort('53:53/UDP'), {
    value: [{ target: 53, published: 53, protocol: 'udp', mode: 'ingress' }],
  });
});

test('a port without a published number, with an address or out of range is refused', () => {
  for (const text of [
    '80',
    '80-90',
    '127.0.0.1:80:80',
    '[::1]:80:80',
    '0:80',
    '80:70000',
    '1-3:1-2',
    '9-1:9-1',
    '8000-8010:80',
    '80:80/http',
    ':80',
    'a:b',
    '',
  ]) {
    assert.ok('wrong' in parsePort(text), text);
  }
});

test('a command line is split into words as Compose splits it', () => {
  const known: readonly (readonly [string, readonly string[]])[] = [
    ['a b  c', ['a', 'b', 'c']],
    ['echo "a b" \'c d\'', ['echo', 'a b', 'c d']],
    ['echo a\\ b "x\\"y"', ['echo', 'a b', 'x"y']],
    ['echo \'\' ""', ['echo', '', '']],
    ["sh -c 'a | b; c'", ['sh', '-c', 'a | b; c']],
    ['echo $HOME', ['echo', '$HOME']],
    ['echo a#b "#c"', ['echo', 'a#b', '#c']],
    ['', []],
  ];
  for (const [line, value] of known) assert.deepEqual(splitWords(line), { value }, line);
});

test('what only a shell understands is refused instead of being cut off', () => {
  for (const line of ['a | b', 'a; b', 'a && b', 'a > b', 'a < b', 'a `b`', 'a $(b)', 'a #b', 'a "b', "a 'b", 'a \\']) {
    assert.ok('wrong' in splitWords(line), line);
  }
});

test('words that were quoted are split into the same words', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 6 }), (words) => {
      const line = words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(' ');
      assert.deepEqual(splitWords(line), { value: words });
    }),
  );
});
