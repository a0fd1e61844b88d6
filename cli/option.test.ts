import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addName,
  addPair,
  addPattern,
  addVersion,
  parseExpiry,
  parseKey,
  parseListen,
  parsePublicUrl,
  parseTimeout,
  wholeNumber,
} from './option.ts';

const refused = { code: 'commander.invalidArgument' };

test('a value may hold further equals signs and be empty, a key may not', () => {
  assert.deepEqual(addPair('A=b=c', addPair('B=')), { B: '', A: 'b=c' });
  assert.throws(() => addPair('A'), refused);
  assert.throws(() => addPair('=b'), refused);
});

test('the same key twice is refused, not overwritten', () => {
  assert.throws(() => addPair('A=2', addPair('A=1')), refused);
  assert.throws(() => addVersion('cart=2', addVersion('cart=1')), refused);
});

test('--set takes a service and a version', () => {
  assert.deepEqual(addVersion('cart=1.10'), { cart: '1.10' });
  for (const text of ['Cart=1', 'cart=', 'cart=a b', 'cart']) assert.throws(() => addVersion(text), refused, text);
});

test('names are checked where they are written', () => {
  assert.deepEqual(addName('b', addName('a')), ['a', 'b']);
  assert.throws(() => addName('-a'), refused);
});

test('a timeout is a duration above nothing', () => {
  assert.equal(parseTimeout('1m30s'), 90_000);
  for (const text of ['0', '0s', '5', 'x', '-1s', '']) assert.throws(() => parseTimeout(text), refused, text);
});

test('a scope is a name or the beginning of names with a star', () => {
  assert.deepEqual(addPattern('pr-*', addPattern('dev')), ['dev', 'pr-*']);
  for (const text of ['', 'Dev', '*v', 'a**', 'a,b']) assert.throws(() => addPattern(text), refused, text);
});

test('a token ends after so many days, or at a date', () => {
  const day = 86_400_000;
  assert.deepEqual(parseExpiry('30d'), { afterMs: 30 * day });
  assert.deepEqual(parseExpiry('1h30m'), { afterMs: 5_400_000 });
  assert.deepEqual(parseExpiry('2027-01-31'), { at: Date.UTC(2027, 0, 31) });
  assert.deepEqual(parseExpiry('2027-01-31T12:00:00+01:00'), { at: Date.UTC(2027, 0, 31, 11) });
  for (const text of ['', '0d', '0', '30', '2027-13-01', '2027-01-31T12:00', 'tomorrow', '1', '-1d'])
    assert.throws(() => parseExpiry(text), refused, text);
});

test('the public address is scheme, host and port alone', () => {
  assert.equal(parsePublicUrl('https://drayage.example.com/'), 'https://drayage.example.com');
  assert.equal(parsePublicUrl('http://[::1]:4400'), 'http://[::1]:4400');
  for (const text of ['', 'example.com', 'ftp://a', 'https://a/b', 'https://u:p@a', 'https://a/?x', 'https://a/#x'])
    assert.throws(() => parsePublicUrl(text), refused, text);
});

test('an address to listen on has a host and a port', () => {
  assert.deepEqual(parseListen('127.0.0.1:0'), { host: '127.0.0.1', port: 0 });
  assert.deepEqual(parseListen('[::1]:4400'), { host: '::1', port: 4400 });
  for (const text of ['4400', 'a:70000', 'a b:1', '::1:80']) assert.throws(() => parseListen(text), refused, text);
});

test('whole numbers stay within their limits', () => {
  const read = wholeNumber(1, 10);
  assert.equal(read('10'), 10);
  for (const text of ['0', '11', '1.5', '1e1', '', 'NaN']) assert.throws(() => read(text), refused, text);
});

test('an idempotency key is printable ASCII', () => {
  assert.equal(parseKey('build-17'), 'build-17');
  for (const text of ['', 'a b', 'ü', 'x'.repeat(201)]) assert.throws(() => parseKey(text), refused, text);
});
