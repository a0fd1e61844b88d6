import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import * as z from 'zod';

const bench = join(import.meta.dirname, '../../bin/bench');
const run = promisify(execFile);
const limitMs = 120_000;

/** Rows that need no engine, no browser and no large ledger. */
const rows = ['accept', 'append', 'verify', 'plan', 'events'];
const told = z.array(
  z.looseObject({ row: z.string(), end: z.looseObject({ kind: z.string(), pairs: z.array(z.unknown()).optional() }) }),
);

test('a short run measures rows that need no engine, and each does its work rightly', async () => {
  const args = ['--short', '--json', '--pairs', '1', '--rows', ...rows];
  const { stdout } = await run(bench, args, { timeout: limitMs });
  const ends = told.parse(JSON.parse(stdout)).map(({ row, end }) => [row, end.kind, end.pairs?.length]);
  assert.deepEqual(
    ends,
    rows.map((row) => [row, 'measured', 1]),
  );
});

test('a row that there is not is a wrong call, and the answer names those that there are', async () => {
  await assert.rejects(run(bench, ['--rows', 'speed'], { timeout: limitMs }), (error) => {
    assert.ok(error instanceof Error && 'code' in error && 'stderr' in error);
    assert.equal(error.code, 2);
    assert.match(String(error.stderr), /there is no row speed; there are accept, /);
    return true;
  });
});
