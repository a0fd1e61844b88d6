import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../core/fault.ts';
import { createWrongTokens } from './wrong-tokens.ts';

const busy = (error: unknown) => isFault(error, 'server.busy');

function exhaust(tokens: ReturnType<typeof createWrongTokens>, address: string) {
  for (let count = 0; count < 20; count += 1) {
    tokens.admit(address, `guess-${count}`);
    tokens.record(address, `guess-${count}`, false);
  }
}

test('an address with twenty wrong tokens has to wait, and others do not', () => {
  let now = 0;
  const tokens = createWrongTokens(() => now);
  exhaust(tokens, '10.0.0.1');
  assert.throws(() => tokens.admit('10.0.0.1', 'guess'), busy);
  tokens.admit('10.0.0.2', 'guess');
  now += 2_999;
  assert.throws(() => tokens.admit('10.0.0.1', 'guess'), busy);
  now += 1;
  tokens.admit('10.0.0.1', 'guess');
  tokens.record('10.0.0.1', 'guess', false);
  assert.throws(() => tokens.admit('10.0.0.1', 'guess'), busy);
});

test('a token that was right lately passes from an address that has to wait, until it is wrong', () => {
  const tokens = createWrongTokens(() => 0);
  tokens.record('10.0.0.1', 'mine', true);
  exhaust(tokens, '10.0.0.1');
  tokens.admit('10.0.0.1', 'mine');
  tokens.record('10.0.0.1', 'mine', false);
  assert.throws(() => tokens.admit('10.0.0.1', 'mine'), busy);
});

test('patience does not add up beyond twenty tries', () => {
  let now = 0;
  const tokens = createWrongTokens(() => now);
  exhaust(tokens, 'a');
  now = 3_600_000;
  exhaust(tokens, 'a');
  assert.throws(() => tokens.admit('a', 'guess'), busy);
});

test('only ten thousand addresses are remembered', () => {
  const tokens = createWrongTokens(() => 0);
  exhaust(tokens, 'first');
  for (let count = 0; count < 10_000; count += 1) tokens.record(`10.${count}`, 'x', false);
  tokens.admit('first', 'guess');
});
