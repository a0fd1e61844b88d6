import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaresHealthCheck, readManifest } from './manifest.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const image = 'application/vnd.oci.image.manifest.v1+json';
const index = 'application/vnd.oci.image.index.v1+json';

test('of an index the image for linux/amd64 is taken, wherever it stands', () => {
  const manifests = [
    { mediaType: image, digest: digest('a'), platform: { os: 'linux', architecture: 'arm64' } },
    { mediaType: image, digest: digest('b'), platform: { os: 'linux', architecture: 'amd64' } },
  ];
  assert.deepEqual(readManifest(bytes({ mediaType: index, manifests }), null), { kind: 'index', image: digest('b') });
  assert.deepEqual(readManifest(bytes({ manifests: manifests.slice(0, 1) }), `${index}; charset=utf-8`), {
    kind: 'index',
    image: digest('a'),
  });
});

test('an artifact, an old manifest and rubbish are unusable, with the reason', () => {
  const artifact = {
    mediaType: image,
    config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digest('a'), size: 2 },
  };
  const unusable = [
    bytes(artifact),
    bytes({ schemaVersion: 1 }),
    Buffer.from('<html>'),
    bytes([1]),
    bytes({ mediaType: index, manifests: [] }),
    Buffer.from([0xff]),
  ];
  for (const body of unusable) {
    const read = readManifest(body, 'application/vnd.docker.distribution.manifest.v1+prettyjws');
    assert.equal(read.kind, 'unusable');
  }
});

test('a configuration tells whether it declares a health check', () => {
  assert.equal(declaresHealthCheck(bytes({ config: { Healthcheck: { Test: ['CMD', 'true'] } } })), true);
  assert.equal(declaresHealthCheck(bytes({ config: { Healthcheck: { Test: ['NONE'] } } })), false);
  assert.equal(declaresHealthCheck(bytes({ config: {} })), false);
  assert.equal(declaresHealthCheck(bytes({ config: null })), false);
  assert.equal(declaresHealthCheck(Buffer.from('no')), null);
});
