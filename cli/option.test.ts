import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addName, addPair, addVersion, parseKey, parseListen, parseTimeout, wholeNumber } from './option.ts';

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
