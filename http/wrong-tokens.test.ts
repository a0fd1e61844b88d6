import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { isFault } from '../core/fault.ts';
import { createWrongTokens, type WrongTokens } from './wrong-tokens.ts';

const tooMany = (error: unknown) => isFault(error, 'auth.too-many-tries');

/** A guess that was not made before. */
const newGuess = () => randomUUID();

function guessTwenty(tokens: WrongTokens, address: string) {
  for (let count = 0; count < 20; count += 1) {
    const secret = newGuess();
    tokens.admit(address, secret);
    tokens.record(address, secret, false);
  }
}

test('an address with twenty wrong tokens has to wait, and others do not', () => {
  let now = 0;
  const tokens = createWrongTokens(() => now);
  guessTwenty(tokens, '10.0.0.1');
  assert.throws(() => tokens.admit('10.0.0.1', newGuess()), tooMany);
  tokens.admit('10.0.0.2', newGuess());
  now += 2_999;
  assert.throws(
    () => tokens.admit('10.0.0.1', newGuess()),
    (error) => isFault(error, 'auth.too-many-tries') && error.retryAfterMs === 1,
  );
  now += 1;
  const guess = newGuess();
  tokens.admit('10.0.0.1', guess);
  tokens.record('10.0.0.1', guess, false);
  assert.throws(() => tokens.admit('10.0.0.1', newGuess()), tooMany);
});

test('a token that was right lately passes from an address that has to wait', () => {
  const tokens = createWrongTokens(() => 0);
  tokens.record('10.0.0.1', 'mine', true);
  guessTwenty(tokens, '10.0.0.1');
  tokens.admit('10.0.0.1', 'mine');
});

test('one wrong token sent again and again is one try, and is told to be wrong each time', () => {
  const tokens = createWrongTokens(() => 0);
  for (let count = 0; count < 100; count += 1) {
    tokens.admit('10.0.0.1', 'expired');
    tokens.record('10.0.0.1', 'expired', false);
  }
  for (let count = 0; count < 19; count += 1) {
    const guess = newGuess();
    tokens.admit('10.0.0.1', guess);
    tokens.record('10.0.0.1', guess, false);
  }
  assert.throws(() => tokens.admit('10.0.0.1', newGuess()), tooMany);
  tokens.admit('10.0.0.1', 'expired');
});

test('patience does not add up beyond twenty tries', () => {
  let now = 0;
  const tokens = createWrongTokens(() => now);
  guessTwenty(tokens, 'a');
  now = 3_600_000;
  guessTwenty(tokens, 'a');
  assert.throws(() => tokens.admit('a', newGuess()), tooMany);
});

test('only ten thousand addresses are remembered', () => {
  const tokens = createWrongTokens(() => 0);
  guessTwenty(tokens, 'first');
  for (let count = 0; count < 10_000; count += 1) tokens.record(`10.${count}`, 'x', false);
  tokens.admit('first', 'guess');
});
