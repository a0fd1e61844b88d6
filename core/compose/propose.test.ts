import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDefinition } from './definition.ts';
import { applyProposals } from './propose.ts';

const base = `services:
  web:
    image: example.com/web:1 # built by CI
    tmpfs: /tmp
  worker:
    image: example.com/worker:1
    healthcheck: { test: [CMD, 'true'] }
`;

test('folders and a check are added, comments and what was there stay, and the result is a definition', () => {
  const text = applyProposals(base, [
    { component: 'web', tmpfs: ['/run', '/var/cache'], health: ['CMD', 'wget', '-q', 'http://127.0.0.1:80/'] },
    { component: 'worker', tmpfs: [], health: ['CMD', 'nc', '-z', '127.0.0.1', '1'] },
    { component: 'gone', tmpfs: ['/x'], health: null },
  ]);
  assert.match(text, /# built by CI/);
  assert.match(text, /tmpfs:\n +- \/tmp\n +- \/run\n +- \/var\/cache\n/);
  assert.match(text, /wget/);
  assert.doesNotMatch(text, /nc|gone/);
  assert.ok(Object.keys(readDefinition({ name: 'x.yaml', text }, { service: 'x' }, {}).images).length === 2);
});

test('without a proposal a definition stays as it is', () => {
  assert.equal(applyProposals(base, []), base);
});
