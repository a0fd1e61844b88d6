import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFault, type Fault } from '../../core/fault.ts';
import { createHouses, testAdmin, type House } from '../../test/support/app-house.ts';
import { indexOf, indexType, pushArtifact, pushImage } from '../../test/support/artifact-shelf.ts';
import { startRegistryFloor } from '../../test/support/registry-floor.ts';
import {
  authority,
  keyHolder,
  provenanceStatement,
  signStatement,
  type CosignLayer,
} from '../../test/support/signed-ware.ts';

const signal = AbortSignal.timeout(120_000);
const houses = createHouses(signal);
const [mine, other] = [keyHolder(), keyHolder()];
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const issuer = 'https://token.ci.test';
const workflow = 'https://ci.test/shop/cart/.github/workflows/release.yml@refs/heads/main';

const floor = await startRegistryFloor(signal);
const { registry, shelf } = floor;
after(async () => {
  await houses.close();
  await floor.close();
});

const indented = (pem: string) => pem.trim().replaceAll('\n', '\n      ');
const keySigner = `signers:\n  release:\n    key: |\n      ${indented(mine.pem)}\n`;
const requiring = (requires: string) =>
  `environments:\n  dev: { clusters: [fe] }\n  prod: { clusters: [fe], requires: ${requires} }\n`;

async function release({ running }: House, image: string, version: string) {
  const text = `services: { cart: { image: '${image}', deploy: { update_config: { monitor: 1s } } } }\n`;
  const input = { service: 'cart', version, compose: { name: 'c.yaml', text }, files: new Map(), vars: {}, meta: {} };
  return await running.app.registerRelease(testAdmin, input, signal);
}

async function attach({ running }: House, version: string, document: object) {
  const content = Buffer.from(JSON.stringify(document));
  const input = { content, compressed: false, component: null };
  return await running.app.attachEvidence(testAdmin, { service: 'cart', version, input }, signal);
}

function plan({ running }: House, environment: string, version: string) {
  const wanted = { kind: 'change', environment, set: { cart: version } } as const;
  return running.app.plan({ wanted, allowRemove: [], allowOlder: true }, signal);
}

async function refusal(house: House, version: string): Promise<Fault> {
  try {
    await plan(house, 'prod', version);
  } catch (error) {
    assert.ok(isFault(error, 'plan.evidence-missing'), String(error));
    return error;
  }
  return assert.fail('the plan was made');
}

async function signWithCosign(repository: string, image: string, layers: readonly CosignLayer[]): Promise<void> {
  const tag = `${image.replace(':', '-')}.sig`;
  const as = layers.map(({ mediaType, data, annotations }) => ({
    mediaType,
    content: Buffer.from(data, 'base64'),
    annotations,
  }));
  await pushArtifact(shelf, repository, tag, { type: 'application/vnd.oci.image.config.v1+json', layers: as });
}

test("an environment that requires a key's signature refuses an image without it, and takes it once it lies at the registry", async () => {
  const house = await houses.house(`${keySigner}${requiring('{ signatures: [release] }')}`, { registry });
  const image = await pushImage(shelf, 'shop/cart', '1', 'plain');
  const reference = `${shelf.host}/shop/cart:1`;
  const first = await release(house, reference, '1');
  assert.deepEqual(
    first.evidence.map(({ row }) => row.kind),
    ['image', 'artifacts'],
  );
  const refused = await refusal(house, '1');
  assert.ok(
    refused.message.includes(`cart@1: the image of cart (${image}) is not signed by release: no signature was found`),
  );
  assert.ok(
    refused.message.includes(
      'the .sig tag: none; the .att tag: none; the referrers API: none; the referrers tag: none',
    ),
  );
  assert.match(refused.next ?? '', /cosign sign.*"dray release" again.*dray attach cart@1 FILE/);
  await plan(house, 'dev', '1');
  await signWithCosign('shop/cart', image, [other.cosign(image), mine.cosign(image)]);
  const again = await release(house, reference, '1');
  assert.equal(again.created, false);
  assert.deepEqual(
    again.signatures.map(({ signer, requiredBy, state }) => [signer, requiredBy, state.kind]),
    [['release', ['prod'], 'valid']],
  );
  assert.equal((await plan(house, 'prod', '1')).plan.waves.length, 1);
  assert.equal((await release(house, reference, '1')).evidence.length, again.evidence.length);
});

test('a signature of another image, a changed one, one by another key and a stripped one let nothing through', async () => {
  const house = await houses.house(`${keySigner}${requiring('{ signatures: [release] }')}`, { registry });
  const good = await pushImage(shelf, 'shop/attack', 'good', 'good');
  const image = await pushImage(shelf, 'shop/attack', '2', 'bad');
  const stripped = { ...mine.cosign(image), annotations: {} };
  const data = Buffer.from(Buffer.from(mine.cosign(good).data, 'base64').toString().replace(good, image));
  const changed = { ...mine.cosign(good), data: data.toString('base64') };
  await signWithCosign('shop/attack', image, [mine.cosign(good), changed, other.cosign(image), stripped]);
  await release(house, `${shelf.host}/shop/attack:2`, '2');
  const { message } = await refusal(house, '2');
  assert.match(message, /is not signed by release: the signature of entry \d+: the signature is not of this key/);
  const { evidence } = await running(house, '2');
  const artifacts = evidence.find(({ summary }) => summary.kind === 'artifacts')?.summary;
  assert.ok(artifacts?.kind === 'artifacts');
  assert.equal(artifacts.taken, 2);
  assert.match(artifacts.passedOver.join('\n'), /speaks of another image/);
  assert.match(artifacts.passedOver.join('\n'), /nothing that is known/);
  await assert.rejects(attach(house, '2', mine.cosign(good)), { code: 'evidence.foreign' });
  await assert.rejects(attach(house, '2', mine.bundle({ ...signStatement(good), subject: [] })), {
    code: 'evidence.foreign',
  });
  await attach(
    house,
    '2',
    mine.bundle(provenanceStatement(image, { builder: 'https://b.test', source: 'https://s.test/x' })),
  );
  assert.match((await refusal(house, '2')).message, /is not signed by release/);
  await attach(house, '2', mine.bundle(signStatement(image)));
  assert.equal((await plan(house, 'prod', '2')).plan.waves.length, 1);
});

async function running({ running: { app } }: House, version: string) {
  return await app.release('cart', version, signal);
}

test('keyless bundles are found under the tag that stands in for the referrers API, and held against identity and root', async () => {
  const trusted = await authority();
  const signers = `signers:\n  ci:\n    identity: { issuer: '${issuer}', subject: 'https://ci.test/shop/*/.github/workflows/release.yml@refs/heads/main' }\n    trustedRoot: root.json\n`;
  const house = await houses.house(`${signers}${requiring('{ signatures: [ci] }')}`, { registry });
  const image = await pushImage(shelf, 'shop/keyless', '3', 'keyless');
  const strange = await trusted.bundle(signStatement(image), { subject: `${workflow}x`, issuer });
  const bundle = await trusted.bundle(signStatement(image), { subject: workflow, issuer });
  const refer = async (document: object) =>
    await pushArtifact(shelf, 'shop/keyless', null, {
      type: bundleType,
      layers: [{ mediaType: bundleType, content: JSON.stringify(document) }],
      subject: image,
    });
  const tag = image.replace(':', '-');
  await shelf.putManifest('shop/keyless', tag, indexType, indexOf([await refer(strange)]));
  const reference = `${shelf.host}/shop/keyless:3`;
  await release(house, reference, '3');
  assert.match(
    (await refusal(house, '3')).message,
    /The signer ci cannot be asked: .*root\.json cannot be read: ENOENT/,
  );
  await writeFile(join(house.directory, 'root.json'), trusted.root);
  assert.match((await refusal(house, '3')).message, /was signed by https:\/\/ci\.test.*mainx, which is not/);
  await shelf.putManifest('shop/keyless', tag, indexType, indexOf([await refer(strange), await refer(bundle)]));
  const { signatures } = await release(house, reference, '3');
  const [it] = signatures;
  assert.ok(it?.state.kind === 'valid');
  assert.equal(it.state.by, workflow);
  assert.equal((await plan(house, 'prod', '3')).plan.waves.length, 1);
});

test('provenance has to name builder and source as the policy says, and be signed where it asks for that', async () => {
  const requires =
    "{ provenance: { builder: 'https://ci.test/runners/*', source: 'https://git.test/shop/*', signedBy: [release] } }";
  const house = await houses.house(`${keySigner}${requiring(requires)}`, { registry });
  const image = await pushImage(shelf, 'shop/built', '4', 'built');
  await release(house, `${shelf.host}/shop/built:4`, '4');
  assert.ok((await refusal(house, '4')).message.includes(`cart@4: no provenance of cart (${image})`));
  const right = { builder: 'https://ci.test/runners/linux', source: 'https://git.test/shop/cart' };
  await attach(house, '4', provenanceStatement(image, right));
  assert.match((await refusal(house, '4')).message, /entry \d+ is not signed, by release or anybody/);
  await attach(house, '4', other.envelope(provenanceStatement(image, right)));
  assert.match((await refusal(house, '4')).message, /is not signed by release: the signature is not of this key/);
  await attach(
    house,
    '4',
    mine.envelope(provenanceStatement(image, { ...right, source: 'https://git.test/shop/cart/fork' })),
  );
  assert.match(
    (await refusal(house, '4')).message,
    /names the source https:\/\/git\.test\/shop\/cart\/fork, which is not/,
  );
  await attach(house, '4', mine.envelope(provenanceStatement(image, { ...right, builder: 'https://evil.test' })));
  assert.match((await refusal(house, '4')).message, /names the builder https:\/\/evil\.test, which is not/);
  await assert.rejects(attach(house, '4', mine.envelope(provenanceStatement(`sha256:${'f'.repeat(64)}`, right))), {
    code: 'evidence.foreign',
  });
  const dsse = 'application/vnd.dsse.envelope.v1+json';
  const envelope = JSON.stringify(mine.envelope(provenanceStatement(image, right)));
  await pushArtifact(shelf, 'shop/built', `${image.replace(':', '-')}.att`, {
    type: dsse,
    layers: [{ mediaType: dsse, content: envelope }],
  });
  await release(house, `${shelf.host}/shop/built:4`, '4');
  assert.equal((await plan(house, 'prod', '4')).plan.waves.length, 1);
});
