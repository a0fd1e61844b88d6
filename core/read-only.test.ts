import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwritablePath, writableHint } from './read-only.ts';

const said: readonly (readonly [line: string, path: string])[] = [
  ["Error: EROFS: read-only file system, open '/data/cart.json'", '/data/cart.json'],
  ["OSError: [Errno 30] Read-only file system: '/var/cache/app'", '/var/cache/app'],
  ["sh: can't create /data/seen: Read-only file system", '/data/seen'],
  ["touch: cannot touch '/data/x': Read-only file system", '/data/x'],
  ["mkdir: cannot create directory '/run/app': Read-only file system", '/run/app'],
  [
    'nginx: [emerg] mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)',
    '/var/cache/nginx/client_temp',
  ],
  ['panic: open /data/state.db: read-only file system', '/data/state.db'],
  ['java.io.FileNotFoundException: /opt/app/log.txt (Read-only file system)', '/opt/app/log.txt'],
];

for (const [line, path] of said) {
  test(`the path is found in: ${line}`, () => {
    assert.equal(unwritablePath(line), path);
  });
}

test('other lines tell of no path', () => {
  for (const line of ['', 'listening on /run/app.sock', "EACCES: permission denied, open '/data/x'"]) {
    assert.equal(unwritablePath(line), null);
  }
});

test('the hint names each folder once, and what to write into the definition', () => {
  const lines = said.slice(0, 4).map(([line]) => line);
  assert.match(writableHint(lines) ?? '', /tmpfs: \[\/data, \/var\/cache\]/);
  assert.equal(writableHint(['all is well']), null);
});

test('a very long line is answered as well', () => {
  assert.equal(unwritablePath(`${'a '.repeat(100_000)}/x: Read-only file system`), null);
});
