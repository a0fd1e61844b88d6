import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { createMemoryIo } from '../test/support/memory-io.ts';
import { collectBuild } from './build.ts';

const run = promisify(execFile);

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-build-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function git(folder: string, ...args: readonly string[]): Promise<void> {
  const as = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'init.defaultBranch=main'];
  await run('git', [...as, ...args], { cwd: folder, timeout: 20_000 });
}

const bare = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };

test('by hand, git tells commit, branch, repository and that something is not committed', async (t) => {
  const folder = await folderOf(t);
  await git(folder, 'init', '--quiet');
  await writeFile(join(folder, 'a'), 'one');
  await git(folder, 'add', 'a');
  await git(folder, 'commit', '--quiet', '-m', 'one');
  await git(folder, 'remote', 'add', 'origin', 'https://robot:s3cret@git.example.com/shop/cart.git');
  const io = createMemoryIo({ env: bare, folder });
  const clean = await collectBuild(io, folder);
  assert.equal(clean.commit.kind === 'known' && /^[0-9a-f]{40}$/.test(clean.commit.value), true);
  assert.deepEqual(clean.dirty.kind === 'known' && clean.dirty.value, false);
  assert.deepEqual(clean.branch.kind === 'known' && clean.branch.value, 'main');
  assert.deepEqual(
    clean.repository.kind === 'known' && clean.repository.value,
    'https://git.example.com/shop/cart.git',
  );
  assert.deepEqual(clean.builder.kind === 'known' && clean.builder.value, 'hand, without a build system');
  await writeFile(join(folder, 'a'), 'two');
  const dirty = await collectBuild(io, folder);
  assert.deepEqual(dirty.dirty.kind === 'known' && dirty.dirty.value, true);
});

test('a folder without a repository, and a machine without git, leave it missing and say so', async (t) => {
  const folder = await folderOf(t);
  const none = await collectBuild(createMemoryIo({ env: bare, folder }), folder);
  assert.match(none.commit.kind === 'missing' ? none.commit.why : '', /^git: fatal: not a git repository/);
  const without = await collectBuild(createMemoryIo({ env: { PATH: '/nonexistent' }, folder }), folder);
  assert.deepEqual(without.commit, { kind: 'missing', why: 'git is not there' });
});

test('no program that a repository names is started, and git sees no token of the build', async (t) => {
  const folder = await folderOf(t);
  const trap = join(folder, 'trap');
  const mark = join(folder, 'sprung');
  await writeFile(trap, `#!/bin/sh\ntouch ${mark}\n`);
  await chmod(trap, 0o755);
  await git(folder, 'init', '--quiet');
  await git(folder, 'config', 'core.fsmonitor', trap);
  await collectBuild(createMemoryIo({ env: { ...bare, GIT_SSH_COMMAND: trap }, folder }), folder);
  await assert.rejects(run('ls', [mark]));
});
