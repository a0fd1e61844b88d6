import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createMemoryIo } from '../test/support/memory-io.ts';
import { countSourceLines } from './source-lines.ts';

const run = promisify(execFile);

test('lines of tracked source files are counted below the present folder, without links, and of files that are gone none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-lines-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const git = async (...args: readonly string[]) => await run('git', [...args], { cwd: folder, timeout: 20_000 });
  await mkdir(join(folder, 'cart/deploy'), { recursive: true });
  await mkdir(join(folder, 'search'));
  await git('init', '--quiet');
  await writeFile(join(folder, 'cart/a.ts'), 'one\n\ntwo\n');
  await writeFile(join(folder, 'cart/gone.ts'), 'one\n');
  await writeFile(join(folder, 'cart/package-lock.json'), '{\n}\n');
  await writeFile(join(folder, 'cart/deploy/Dockerfile'), 'FROM x\n');
  await writeFile(join(folder, 'search/b.go'), 'a\nb\nc\nd\n');
  await symlink('../search/b.go', join(folder, 'cart/link.go'));
  await git('add', '.');
  await writeFile(join(folder, 'cart/untracked.ts'), 'one\n');
  await rm(join(folder, 'cart/gone.ts'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };
  const count = async (present: string, definition: string) => {
    const io = createMemoryIo({ env, folder: join(folder, present) });
    const lines = await countSourceLines(io, join(folder, definition));
    return lines.kind === 'known' ? lines.value : lines.why;
  };
  assert.equal(await count('.', 'cart/deploy'), 7);
  assert.equal(await count('cart', 'cart/deploy'), 3);
  assert.equal(await count('search', 'cart'), 3);
  await rm(join(folder, '.git'), { recursive: true });
  assert.match(String(await count('.', '.')), /^git: fatal: not a git repository/);
});
