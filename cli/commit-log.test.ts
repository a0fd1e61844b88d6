import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createMemoryIo } from '../test/support/memory-io.ts';
import { commitLog } from './commit-log.ts';

const run = promisify(execFile);

test('a checkout tells the commits between two, both ways, and nothing of commits that it has not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const git = async (...args: readonly string[]) => {
    const as = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
    return (await run('git', [...as, ...args], { cwd: folder, timeout: 20_000 })).stdout.trim();
  };
  await git('init', '--quiet');
  const commits: string[] = [];
  for (const word of ['one', 'two', '--three']) {
    await git('commit', '--quiet', '--allow-empty', '-m', word);
    commits.push(await git('rev-parse', 'HEAD'));
  }
  const io = createMemoryIo({ env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }, folder });
  const [first = '', , last = ''] = commits;
  const there = await commitLog(io, first, last);
  assert.deepEqual([there?.ahead, there?.behind], [2, 0]);
  assert.deepEqual(
    there?.lines.map((line) => line.replace(/^\S+ /, '')),
    ['--three', 'two'],
  );
  const back = await commitLog(io, last, first);
  assert.deepEqual([back?.ahead, back?.behind, back?.lines.length], [0, 2, 2]);
  assert.equal(await commitLog(io, first, 'f'.repeat(40)), undefined);
  assert.equal(await commitLog(io, '--output=/tmp/x', last), undefined);
});
