import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../engine/testing/manual-clock.ts';
import { consoleActor } from './sessions.ts';
import { createSignInCodes } from './sign-in-codes.ts';

const minute = 60_000;

test('a code works once, and nobody else guesses another', () => {
  const codes = createSignInCodes(createManualClock(0));
  const { code, expiresAt } = codes.create(consoleActor);
  assert.equal(expiresAt, 15 * minute);
  assert.equal(Buffer.from(code, 'base64url').length, 32);
  assert.equal(codes.take(`${code.slice(1)}A`), null);
  assert.equal(codes.take(''), null);
  assert.equal(codes.take(code), consoleActor);
  assert.equal(codes.take(code), null);
});

test('a code is good for less than 15 minutes', async () => {
  const clock = createManualClock(0);
  const codes = createSignInCodes(clock);
  const [early, late] = [codes.create(consoleActor), codes.create(consoleActor)];
  await clock.pass(15 * minute - 1);
  assert.equal(codes.take(early.code), consoleActor);
  await clock.pass(1);
  assert.equal(codes.take(late.code), null);
});

test('of more than a thousand codes the oldest goes', () => {
  const codes = createSignInCodes(createManualClock(0));
  const made = Array.from({ length: 1_001 }, () => codes.create(consoleActor).code);
  assert.equal(new Set(made).size, made.length);
  assert.equal(codes.take(made[0] ?? ''), null);
  for (const code of made.slice(1)) assert.equal(codes.take(code), consoleActor);
});
