import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiReference, committedApiReference } from './api-reference.ts';

test('the reference of the HTTP API is what the contract says; mend it with node tool/api-reference.ts', async () => {
  assert.equal(await committedApiReference(), apiReference());
});
