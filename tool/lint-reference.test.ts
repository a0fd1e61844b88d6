import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { lintReference } from './lint-reference.ts';

test('the committed reference of lint rules is the one that the rules give', async () => {
  const page = await readFile(new URL('../docs/reference/lint.md', import.meta.url), 'utf8');
  assert.equal(page, lintReference(), 'run: node tool/lint-reference.ts');
});
