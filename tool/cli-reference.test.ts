import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cliReference, committedCliReference } from './cli-reference.ts';

test('the reference of the command line is what the commands say; mend it with node tool/cli-reference.ts', async () => {
  assert.equal(await committedCliReference(), cliReference());
});
