import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeTar } from './tar.ts';

test('tar unpacks what was written, with modes and links', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drayage-tar-'));
  try {
    const input = writeTar([
      { kind: 'directory', path: 'bin', mode: 0o755 },
      { kind: 'file', path: 'bin/run', mode: 0o755, content: Buffer.from('run') },
      { kind: 'symlink', path: 'bin/start', target: 'run' },
      { kind: 'file', path: 'empty', mode: 0o644, content: Buffer.alloc(0) },
    ]);
    execFileSync('tar', ['-x', '-C', folder], { input, timeout: 5_000 });
    assert.equal(readFileSync(join(folder, 'bin/start'), 'utf8'), 'run');
    assert.equal(readlinkSync(join(folder, 'bin/start')), 'run');
    assert.equal(statSync(join(folder, 'bin/run')).mode & 0o777, 0o755);
    assert.equal(statSync(join(folder, 'empty')).size, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('files of any content and size come out of tar as they went in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (content) => {
      const input = writeTar([{ kind: 'file', path: 'file', mode: 0o644, content }]);
      const output = execFileSync('tar', ['-x', '-O', 'file'], { input, timeout: 5_000 });
      assert.deepEqual(new Uint8Array(output), content);
    }),
    { numRuns: 25 },
  );
});

test('a path of more than 100 bytes is a bug of the caller', () => {
  const path = 'x'.repeat(101);
  assert.throws(() => writeTar([{ kind: 'file', path, mode: 0o644, content: Buffer.alloc(0) }]), /100 bytes/);
});
