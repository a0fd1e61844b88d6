import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviseWritable, type WrittenPath } from './writable.ts';

const folder = (path: string, kind: WrittenPath['kind'] = 'modified'): WrittenPath => ({
  path,
  kind,
  isDirectory: true,
});
const file = (path: string, kind: WrittenPath['kind'] = 'added'): WrittenPath => ({ path, kind, isDirectory: false });
const emptyImage = () => [];

test('a file written into a folder that is empty in the image asks for that folder', () => {
  const { tmpfs, changedFiles } = adviseWritable([folder('/run'), file('/run/app.pid')], [], emptyImage);
  assert.deepEqual(tmpfs, [{ path: '/run', because: 'it writes /run/app.pid', hides: [] }]);
  assert.deepEqual(changedFiles, []);
});

test('a new folder beside files of the image is asked for itself, and its contents need nothing more', () => {
  const written = [
    folder('/var'),
    folder('/var/cache'),
    folder('/var/cache/web'),
    folder('/var/cache/web/bodies', 'added'),
    file('/var/cache/web/bodies/1'),
  ];
  const { tmpfs } = adviseWritable(written, [], (at) => (at === '/var/cache/web' ? ['/var/cache/web/kept'] : []));
  assert.deepEqual(
    tmpfs.map(({ path }) => path),
    ['/var/cache/web/bodies'],
  );
});

test('a file beside files of the image asks for their folder and says what it would hide', () => {
  const { tmpfs } = adviseWritable([file('/app/state.json')], [], () => ['/app/main.js']);
  assert.deepEqual(tmpfs, [{ path: '/app', because: 'it writes /app/state.json', hides: ['/app/main.js'] }]);
});

test('what is mounted already, and what the engine writes itself, asks for nothing', () => {
  const written = [
    file('/data/rows'),
    file('/tmp/x'),
    file('/etc/hosts', 'modified'),
    file('/etc/resolv.conf', 'modified'),
    file('/run/secrets/key'),
    folder('/dev'),
    folder('/given', 'added'),
    file('/given/list.txt'),
  ];
  assert.deepEqual(adviseWritable(written, ['/data', '/tmp', '/given/list.txt'], emptyImage), {
    tmpfs: [],
    changedFiles: [],
  });
});

test('a changed or deleted file of the image is named, unless a proposed folder covers it', () => {
  const written = [file('/etc/app.conf', 'modified'), file('/run/old', 'deleted'), file('/run/app.pid')];
  const { tmpfs, changedFiles } = adviseWritable(written, [], emptyImage);
  assert.deepEqual(
    tmpfs.map(({ path }) => path),
    ['/run'],
  );
  assert.deepEqual(changedFiles, ['/etc/app.conf']);
});

test('no proposed folder lies below another, and a name that only begins alike is another folder', () => {
  const written = [file('/var/log/a'), file('/var/log/app/b'), file('/var/logs/c'), folder('/top', 'added')];
  const { tmpfs } = adviseWritable(written, [], emptyImage);
  assert.deepEqual(
    tmpfs.map(({ path }) => path),
    ['/top', '/var/log', '/var/logs'],
  );
});
