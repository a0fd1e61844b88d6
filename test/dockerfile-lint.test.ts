import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { lintDockerfile } from '../core/dockerfile/lint.ts';
import { ruleIds } from '../core/dockerfile/rules.ts';

const folder = join(import.meta.dirname, 'dockerfile');
const files = (await readdir(folder)).filter((name) => name.endsWith('.dockerfile')).toSorted();
const expected = (await readFile(join(folder, 'EXPECTED.md'), 'utf8'))
  .split('\n')
  .filter((line) => /^\| [a-z]/.test(line));

async function lint(name: string) {
  return lintDockerfile({ name, text: await readFile(join(folder, name), 'utf8') });
}

test('at least 30 Dockerfiles of all ecosystems have exactly the findings that are expected', async () => {
  const rows: string[] = [];
  for (const file of files) {
    const name = file.replace('.dockerfile', '');
    const { findings } = await lint(file);
    if (findings.length === 0) rows.push(`| ${name} | - | nothing |`);
    for (const { line, rule, suppressed } of findings) {
      rows.push(`| ${name} | ${line} | ${rule}${suppressed === null ? '' : ' (suppressed)'} |`);
    }
  }
  assert.deepEqual(rows, expected);
  assert.ok(files.length >= 30);
});

test('the corrected order is the one that is expected, and has no better one', async () => {
  const corrected = await readdir(join(folder, 'corrected'));
  for (const file of files) {
    const result = await lint(file);
    const wanted = corrected.includes(file) ? await readFile(join(folder, 'corrected', file), 'utf8') : null;
    assert.equal(result.corrected, wanted, file);
    if (wanted !== null) assert.equal(lintDockerfile({ name: file, text: wanted }).corrected, null, file);
  }
});

test('every rule but those that need the build context is met by some Dockerfile', () => {
  const met = new Set(expected.map((row) => row.split('|')[3]?.trim().replace(' (suppressed)', '')));
  assert.deepEqual(
    ruleIds.filter((id) => !met.has(id)),
    ['dockerignore-missing'],
  );
});
