import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, missing } from '../bom/answer.ts';
import { ingredientsOf, isAllowed } from './variety.ts';

const none = missing('the image names no base');
const purl = (text: string, version: string | null = null) => ({ name: 'x', version, purl: text });

test('languages and frameworks follow from packages, and the program that starts it tells its language too', () => {
  const packages = known(
    [
      purl('pkg:npm/%40nestjs/core@11.0.1', '11.0.1'),
      purl('pkg:npm/left-pad@1'),
      purl('pkg:maven/org.springframework.boot/spring-boot@3.4.0?type=jar', '3.4.0'),
      purl('pkg:deb/debian/openssl@3'),
      { name: 'react', version: '19', purl: null },
    ],
    'SBOM',
  );
  const { base, languages, frameworks } = ingredientsOf({
    ancestors: none,
    packages,
    start: '/usr/bin/python3.13 -m x',
  });
  assert.deepEqual(base, none);
  assert.deepEqual(languages, known(['java', 'javascript', 'python'], 'SBOM'));
  assert.deepEqual(frameworks.kind === 'known' && frameworks.value, [
    { name: 'nestjs', version: '11.0.1' },
    { name: 'spring-boot', version: '3.4.0' },
  ]);
});

test('without an SBOM no framework is known, and a language only where a program tells it', () => {
  const packages = missing('no SBOM');
  assert.deepEqual(ingredientsOf({ ancestors: none, packages, start: '/app/server' }).languages, packages);
  assert.deepEqual(
    ingredientsOf({ ancestors: none, packages, start: 'node server.js' }).languages,
    known(['javascript'], 'the program that starts it'),
  );
  assert.deepEqual(ingredientsOf({ ancestors: none, packages, start: null }).frameworks, packages);
});

test('the base is the nearest ancestor, by its name without the digest, with its age where it is told', () => {
  const [digest, release] = [`sha256:${'a'.repeat(64)}`, null];
  const named = { name: `r/node:26@${digest}`, digest, release, by: 'annotation', createdAt: 7 } as const;
  const ancestors = known([named, { ...named, name: 'r/debian:12' }], 'annotations');
  const { base } = ingredientsOf({ ancestors, packages: missing(''), start: null });
  assert.deepEqual(base, known({ name: 'r/node:26', createdAt: 7 }, 'annotations'));
});

test('a name is allowed when it is on the list, or begins as one with a star; without a list nobody says', () => {
  assert.equal(isAllowed('r/node:26', ['r/node:*']), true);
  assert.equal(isAllowed('evil/r/node:26', ['r/node:*', 'java']), false);
  assert.equal(isAllowed('java', ['java']), true);
  assert.equal(isAllowed('java', []), false);
  assert.equal(isAllowed('java', undefined), null);
});
