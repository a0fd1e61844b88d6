import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { composeReference } from './compose-reference.ts';

test('the committed reference of Compose keys is the one that the key table gives', async () => {
  const page = await readFile(new URL('../docs/reference/compose.md', import.meta.url), 'utf8');
  assert.equal(page, composeReference(), 'run: node tool/compose-reference.ts');
});
