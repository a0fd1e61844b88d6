import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { tell } from '../../core/evidence/tell.ts';
import { sha256 } from '../../core/hash.ts';
import { createHouses, testAdmin } from '../../test/support/app-house.ts';
import { indexOf, indexType, pushArtifact, pushImage } from '../../test/support/artifact-shelf.ts';
import { startRegistryFloor } from '../../test/support/registry-floor.ts';

const signal = AbortSignal.timeout(120_000);
const houses = createHouses(signal);
const floor = await startRegistryFloor(signal);
const { registry, shelf } = floor;
after(async () => {
  await houses.close();
  await floor.close();
});

const mediaType = 'application/vnd.in-toto+json';
const spdx = 'https://spdx.dev/Document';
const slsa = 'https://slsa.dev/provenance/v0.2';

/** A statement as BuildKit writes it, about an image. */
function statement(predicateType: string, image: string, predicate: object) {
  const digest = { sha256: image.replace('sha256:', '') };
  const subject = [{ name: 'pkg:docker/shop/cart@1?platform=linux%2Famd64', digest }];
  const content = JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', predicateType, subject, predicate });
  return { mediaType, content, annotations: { 'in-toto.io/predicate-type': predicateType } };
}

const sbomOf = (name: string) => ({
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  creationInfo: { creators: ['Tool: syft-1.0'] },
  packages: [{ SPDXID: 'SPDXRef-1', name, versionInfo: '1.0' }],
});

test('the SBOM and the provenance that a build wrote into an index are evidence, unsigned; one about another image is not', async () => {
  const image = await pushImage(shelf, 'shop/cart', 'platform', 'cart');
  const foreign = `sha256:${'f'.repeat(64)}`;
  const layers = [
    statement(spdx, image, sbomOf('busybox')),
    statement(slsa, image, { builder: { id: 'https://ci.test/7' }, buildType: 'buildkit' }),
    statement(spdx, foreign, sbomOf('smuggled')),
    statement(slsa, foreign, { builder: { id: 'https://evil.test' } }),
  ];
  const attestation = await pushArtifact(shelf, 'shop/cart', null, { type: 'application/x', layers });
  const text = indexOf([
    { mediaType: attestation.mediaType, digest: image, size: 1, platform: { os: 'linux', architecture: 'amd64' } },
    {
      mediaType: attestation.mediaType,
      digest: attestation.digest,
      size: attestation.size,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image },
    },
  ]);
  await shelf.putManifest('shop/cart', '1', indexType, text);
  const environments =
    'environments:\n  dev: { clusters: [fe] }\n  prod: { clusters: [fe], requires: { sbom: true } }\n';
  const house = await houses.house(environments, { registry });
  const compose = { name: 'c.yaml', text: `services: { cart: { image: '${shelf.host}/shop/cart:1' } }\n` };
  const input = { service: 'cart', version: '1', compose, files: new Map(), vars: {}, meta: {} };
  const { evidence } = await house.running.app.registerRelease(testAdmin, input, signal);
  const index = `sha256:${sha256(text)}`;
  const taken = evidence.filter(({ row }) => row.document !== null);
  assert.deepEqual(
    taken.map(({ row, summary }) => [row.image, tell(summary)]),
    [
      [index, 'SPDX 2.3, 1 package, by syft-1.0'],
      [index, 'built by https://ci.test/7 from sources that are not named; not signed'],
    ],
  );
  const { summary } = evidence.findLast(({ row }) => row.kind === 'artifacts') ?? {};
  assert.ok(summary?.kind === 'artifacts');
  assert.deepEqual([summary.taken, summary.passedOver.length], [2, 2]);
  for (const why of summary.passedOver) assert.match(why, /speaks of another image than those of cart@1$/);
  const wanted = { kind: 'change', environment: 'prod', set: { cart: '1' } } as const;
  await house.running.app.plan({ wanted, allowRemove: [], allowOlder: true }, signal);
  const again = await house.running.app.registerRelease(testAdmin, input, signal);
  assert.equal(again.evidence.length, evidence.length, 'the same once more changes nothing');
});
