import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../core/fault.ts';
import { formatReference, parseReference } from './reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

const readings: readonly (readonly [text: string, full: string])[] = [
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.27', 'docker.io/library/nginx:1.27'],
  ['bitnami/redis:7', 'docker.io/bitnami/redis:7'],
  ['index.docker.io/nginx:1', 'docker.io/library/nginx:1'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app:1', 'localhost:5000/app:1'],
  ['registry.example.com/team/app', 'registry.example.com/team/app:latest'],
  ['Registry/app', 'Registry/app:latest'],
  ['[::1]:5000/app:1', '[::1]:5000/app:1'],
  ['10.0.0.1:5000/a/b/c:1.2-rc_1', '10.0.0.1:5000/a/b/c:1.2-rc_1'],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  [`quay.io/a/b:1@${digest}`, `quay.io/a/b:1@${digest}`],
];

for (const [text, full] of readings) {
  test(`${text} means ${full}`, () => assert.equal(formatReference(parseReference(text)), full));
}

const refused = [
  '',
  ':1',
  '/',
  'a//b',
  'nginx:',
  'nginx:-1',
  'nginx:a b',
  'Nginx',
  'team/App',
  `nginx@${digest}@${digest}`,
  'nginx@sha256:12',
  'nginx@md5:abc',
  'http://registry.example.com/app',
  'registry.example.com:port/app',
  'user@host/app',
  'a/../b',
  `nginx:${'1'.repeat(129)}`,
  `${'a'.repeat(300)}/b`,
  'x.y/a\nb',
];

for (const text of refused) {
  test(`${JSON.stringify(text.slice(0, 60))} is refused as no image reference`, () => {
    assert.throws(
      () => parseReference(text),
      (error) => isFault(error, 'image.unresolved') && error.next !== null,
    );
  });
}

test('a reference that was read reads the same again in full', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8}){0,2}$/);
  const host = fc.constantFrom(
    '',
    'localhost/',
    'localhost:5000/',
    'registry.example.com/',
    '127.0.0.1:5000/',
    '[::1]:80/',
  );
  const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: '' });
  const name = fc.array(part, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(host, name, tag, fc.boolean(), (hostText, parts, tagText, hasDigest) => {
      // Without a host the first part must not look like one.
      const path = hostText === '' ? parts.join('/').replaceAll('.', '-') : parts.join('/');
      const text = `${hostText}${path}${tagText === '' ? '' : `:${tagText}`}${hasDigest ? `@${digest}` : ''}`;
      const once = parseReference(text);
      assert.deepEqual(parseReference(formatReference(once)), once);
      assert.equal(once.digest !== null, hasDigest);
      assert.equal(once.tag === null, tagText === '' && hasDigest);
    }),
    { numRuns: 500 },
  );
});

test('no text at all makes the reader throw anything but a fault', () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.stringMatching(/^[a-zA-Z0-9.:/@_[\]-]{0,60}$/),
  );
  fc.assert(
    fc.property(odd, (text) => {
      try {
        parseReference(text);
      } catch (error) {
        assert.ok(isFault(error, 'image.unresolved'));
      }
    }),
    { numRuns: 2000 },
  );
});
