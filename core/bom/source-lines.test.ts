import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLines, isSource } from './source-lines.ts';

test('a line counts when it holds more than white space, however lines end', () => {
  const count = (text: string) => countLines(Buffer.from(text));
  assert.equal(count(''), 0);
  assert.equal(count('\n \t\r\n\n'), 0);
  assert.equal(count('a\r\n\r\n  // b\nc'), 3);
  assert.equal(count('a\nb\n'), 2);
  assert.equal(count('a\nb\0\n'), 0);
});

test('what is programmed counts; data, lock files, and what others or a build made do not', () => {
  const counted = ['src/a.ts', 'A.JAVA', 'Dockerfile', 'docker/Makefile', 'x/y.tf', 'b.test.js'];
  const left = [
    'README.md',
    'package-lock.json',
    'a/node_modules/b.js',
    'vendor/x.go',
    'x.min.js',
    'a.pb.go',
    '.bashrc',
  ];
  assert.deepEqual([...counted, ...left].filter(isSource), counted);
});
