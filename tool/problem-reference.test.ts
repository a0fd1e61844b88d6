import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultCodes } from '../core/fault-codes.ts';
import { committedProblemReference, problemReference } from './problem-reference.ts';

test('the reference of problems is what the codes say; mend it with node tool/problem-reference.ts', async () => {
  assert.equal(await committedProblemReference(), problemReference());
});

test('every code has its cause and its remedy as one sentence each', () => {
  for (const [code, [, cause, remedy]] of Object.entries(faultCodes)) {
    for (const text of [cause, remedy]) assert.match(text, /^[A-Za-z][^|\n]{8,160}\.$/, `${code}: ${text}`);
    assert.notEqual(cause, remedy, code);
  }
});
