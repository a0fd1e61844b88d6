import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { SignerDefinition } from '../../core/evidence/signer.ts';
import { sha256 } from '../../core/hash.ts';
import type { SignatureVerifier, SignedDocument, Verification } from '../../port/signatures.ts';
import {
  authority,
  keyHolder,
  provenanceStatement,
  signStatement,
  simpleSigning,
  type Authority,
} from '../../test/support/signed-ware.ts';
import { createSignatureVerifier } from './verifier.ts';

const signal = AbortSignal.timeout(60_000);
const image = `sha256:${'a'.repeat(64)}`;
const ci = 'https://ci.test/shop/cart/.github/workflows/release.yml@refs/heads/main';
const issuer = 'https://token.ci.test';
const [mine, other] = [keyHolder(), keyHolder()];
const byKey: SignerDefinition = { kind: 'key', key: { pem: mine.pem }, trustedRoot: null };
const byIdentity: SignerDefinition = {
  kind: 'identity',
  issuer,
  subject: 'https://ci.test/shop/*/.github/workflows/release.yml@refs/heads/main',
  trustedRoot: 'root.json',
  log: 'required',
};

let directory = '';
let verifier: SignatureVerifier;
let trusted: Authority;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signatures-'));
  verifier = createSignatureVerifier(directory);
  trusted = await authority();
  await writeFile(join(directory, 'root.json'), trusted.root);
});
after(() => rm(directory, { recursive: true }));

function kept(document: unknown): SignedDocument {
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: sha256(bytes), bytes: bytes.length, compressed: gzipSync(bytes) };
}

async function verify(document: unknown, signer: SignerDefinition): Promise<Verification> {
  return (await verifier.open('release', signer, signal)).verify(kept(document));
}

async function refused(document: unknown, signer: SignerDefinition, why: RegExp): Promise<void> {
  const found = await verify(document, signer);
  assert.equal(found.kind, 'invalid', JSON.stringify(found));
  assert.match(found.kind === 'invalid' ? found.why : '', why);
}

async function accepted(
  document: unknown,
  signer: SignerDefinition,
): Promise<readonly [by: string, of: readonly string[]]> {
  const found = await verify(document, signer);
  assert.ok(found.kind === 'valid', JSON.stringify(found));
  return [found.by, found.reading.subjects];
}

test('a signature by the key counts in each of its forms, and tells of which image it is', async () => {
  for (const document of [mine.cosign(image), mine.bundle(signStatement(image)), mine.envelope(signStatement(image))])
    assert.deepEqual(await accepted(document, byKey), ['the key release', [image]]);
  for (const kind of ['rsa', 'ed25519'] as const) {
    const holder = keyHolder(kind);
    const signer: SignerDefinition = { kind: 'key', key: { pem: holder.pem }, trustedRoot: null };
    assert.deepEqual(await accepted(holder.bundle(signStatement(image)), signer), ['the key release', [image]]);
  }
});

test('a signature by another key, of changed content, or none at all does not count', async () => {
  await refused(other.cosign(image), byKey, /not of this key, or what it signs was changed/);
  await refused(other.bundle(signStatement(image)), byKey, /not of this key/);
  const elsewhere = Buffer.from(mine.cosign(image).data, 'base64').toString().replaceAll('aaaa', 'bbbb');
  const changed = { ...mine.cosign(image), data: Buffer.from(elsewhere).toString('base64') };
  await refused(changed, byKey, /what it signs was changed/);
  const envelope = { ...mine.envelope(signStatement(image)) };
  const payload = Buffer.from(JSON.stringify(signStatement(`sha256:${'b'.repeat(64)}`))).toString('base64');
  await refused({ ...envelope, payload }, byKey, /what it signs was changed/);
  await refused({ ...mine.cosign(image), annotations: {} }, byKey, /no signature/);
  await refused({ ...envelope, signatures: [] }, byKey, /no signature/);
  await refused({}, byKey, /no signature/);
});

test('what a key signed counts for what it is: provenance is no signature, and neither is any other payload', async () => {
  const provenance = provenanceStatement(image, { builder: 'https://ci.test', source: 'https://git.test/shop/cart' });
  const found = await verify(mine.bundle(provenance), byKey);
  assert.equal(found.kind === 'valid' && found.reading.summary.kind, 'provenance');
  const text = { critical: { image: { 'docker-manifest-digest': image }, type: 'something else' } };
  const { data } = mine.cosign(image);
  const real = JSON.parse(Buffer.from(data, 'base64').toString()) as object;
  assert.ok('critical' in real);
  await refused(
    mine.bundle({ ...signStatement(image), predicateType: 'https://other.test/v1' }),
    byKey,
    /nothing that is known/,
  );
  await refused(
    { mediaType: simpleSigning, data: Buffer.from(JSON.stringify(text)).toString('base64'), annotations: {} },
    byKey,
    /no signature/,
  );
});

test('whom an identity provider vouches for signs without a key that lasts, and only that one', async () => {
  const bundle = await trusted.bundle(signStatement(image), { subject: ci, issuer });
  assert.deepEqual(await accepted(bundle, byIdentity), [ci, [image]]);
  await refused(bundle, byKey, /made with a certificate/);
  await refused(mine.bundle(signStatement(image)), byIdentity, /made with a key/);
  const of = (subject: string, by = issuer) => trusted.bundle(signStatement(image), { subject, issuer: by });
  await refused(await of(`${ci}.evil.test`), byIdentity, /was signed by .*evil\.test, which is not/);
  await refused(
    await of('https://ci.test/shop/a/b/.github/workflows/release.yml@refs/heads/main'),
    byIdentity,
    /is not/,
  );
  await refused(await of(ci, 'https://evil.test'), byIdentity, /whom https:\/\/evil\.test vouches for/);
});

test('the older form of cosign bears certificate and log entry in its annotations, and they count for as much', async () => {
  const layer = await trusted.cosign(image, { subject: ci, issuer });
  assert.deepEqual(await accepted(layer, byIdentity), [ci, [image]]);
  const without = (name: string) => ({
    ...layer,
    annotations: { ...layer.annotations, [`dev.sigstore.cosign/${name}`]: undefined },
  });
  await refused(without('bundle'), byIdentity, /no entry of a transparency log/);
  await refused(without('certificate'), byIdentity, /made with a key/);
  await refused(await trusted.cosign(image, { subject: `${ci}x`, issuer }), byIdentity, /which is not/);
  const elsewhere = await trusted.cosign(`sha256:${'b'.repeat(64)}`, { subject: ci, issuer });
  await refused({ ...layer, data: elsewhere.data }, byIdentity, /changed|something else|not good/);
  await refused(
    {
      ...elsewhere,
      annotations: {
        ...elsewhere.annotations,
        'dev.sigstore.cosign/bundle': layer.annotations['dev.sigstore.cosign/bundle'],
      },
    },
    byIdentity,
    /something else|not good/,
  );
  const damaged = { ...layer.annotations, 'dev.sigstore.cosign/bundle': '{', 'dev.sigstore.cosign/certificate': 'x' };
  await refused({ ...layer, annotations: damaged }, byIdentity, /annotations are damaged/);
});

test('a time that an authority tells stands in for the log where that is optional, and a key can have to be logged', async () => {
  const timed = await trusted.bundle(signStatement(image), { subject: ci, issuer, logged: false, timed: true });
  assert.deepEqual(await accepted(timed, { ...byIdentity, log: 'optional' }), [ci, [image]]);
  await refused(timed, byIdentity, /no entry of a transparency log/);
  const elsewhere = await (
    await authority()
  ).bundle(signStatement(image), { subject: ci, issuer, logged: false, timed: true });
  const { timestampVerificationData } = Object(elsewhere).verificationMaterial;
  const material = { ...Object(timed).verificationMaterial, timestampVerificationData };
  await refused(
    { ...timed, verificationMaterial: material },
    { ...byIdentity, log: 'optional' },
    /nothing that is trusted tells/,
  );
  const logged: SignerDefinition = { ...byKey, trustedRoot: 'root.json' };
  const entered = await trusted.enter(mine, signStatement(image));
  assert.deepEqual(await accepted(entered, logged), ['the key release', [image]]);
  assert.deepEqual(await accepted(entered, byKey), ['the key release', [image]]);
  await refused(await (await authority()).enter(mine, signStatement(image)), logged, /log/);
  await refused(await trusted.enter(other, signStatement(image)), logged, /not of this key/);
});

test('a certificate that is foreign or had run out, and an entry of the log that is missing or of something else, do not count', async () => {
  const foreign = await authority();
  await refused(await foreign.bundle(signStatement(image), { subject: ci, issuer }), byIdentity, /certificate|log/);
  const late = await authority(new Date(Date.now() - 3_600_000));
  await writeFile(join(directory, 'late.json'), late.root);
  const bundle = await late.bundle(signStatement(image), { subject: ci, issuer });
  await refused(bundle, { ...byIdentity, trustedRoot: 'late.json' }, /not good .*expired/);
  const secret = await authority(new Date(), false);
  await writeFile(join(directory, 'secret.json'), secret.root);
  const hidden = await secret.bundle(signStatement(image), { subject: ci, issuer });
  await refused(hidden, { ...byIdentity, trustedRoot: 'secret.json' }, /not good .*expected 1 SCTs, got 0/);
  const unlogged = await trusted.bundle(signStatement(image), { subject: ci, issuer, logged: false });
  await refused(unlogged, byIdentity, /no entry of a transparency log, which is required/);
  await refused(unlogged, { ...byIdentity, log: 'optional' }, /nothing that is trusted tells when/);
  const [one, two] = await Promise.all(
    [image, `sha256:${'b'.repeat(64)}`].map((of) => trusted.bundle(signStatement(of), { subject: ci, issuer })),
  );
  const material = { ...Object(one).verificationMaterial, tlogEntries: Object(two).verificationMaterial.tlogEntries };
  await refused({ ...one, verificationMaterial: material }, byIdentity, /of something else|not good/);
  await refused(
    mine.bundle(signStatement(image)),
    { ...byKey, trustedRoot: 'root.json' },
    /no entry of a transparency log/,
  );
});

test('bundles that are damaged, huge, nested or of another kind are refused with a reason, and nothing throws', async () => {
  const bundle = mine.bundle(signStatement(image));
  await refused({ ...bundle, mediaType: 'application/vnd.dev.sigstore.bundle.v9+json' }, byKey, /no signature/);
  await refused({ ...bundle, verificationMaterial: {} }, byKey, /damaged/);
  await refused({ ...bundle, dsseEnvelope: mine.bundle(bundle) }, byKey, /damaged/);
  await refused({ ...bundle, dsseEnvelope: [[[[]]]] }, byKey, /damaged/);
  await refused(mine.bundle(bundle), byKey, /nothing that is known/);
  await refused({ ...bundle, filling: 'x'.repeat(1_100_000) }, byKey, /more than 1048576 bytes/);
  const deep = Buffer.from(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
  const opened = await verifier.open('release', byKey, signal);
  assert.equal(opened.verify({ digest: sha256(deep), bytes: deep.length, compressed: gzipSync(deep) }).kind, 'invalid');
  assert.equal(opened.verify({ digest: 'x', bytes: 3, compressed: Buffer.from('x') }).kind, 'invalid');
});

test('what was said of a document is known without its bytes from then on, to the same signer alone; so is that it is too large', async () => {
  const document = kept(mine.bundle(signStatement(image)));
  const fresh = createSignatureVerifier(directory);
  const opened = await fresh.open('release', byKey, signal);
  assert.equal(opened.known(document), null);
  const said = opened.verify(document);
  assert.equal(said.kind, 'valid');
  assert.deepEqual((await fresh.open('release', byKey, signal)).known(document), said);
  assert.equal((await fresh.open('another', byKey, signal)).known(document), null);
  const large = opened.known({ digest: sha256('large'), bytes: 1_048_577 });
  assert.deepEqual(large, { kind: 'invalid', why: 'it has more than 1048576 bytes' });
});

test('a key or root that is missing, private, of another kind or no root at all is told with the signer and the file', async () => {
  const wrong = async (signer: SignerDefinition, words: RegExp) => {
    await assert.rejects(verifier.open('release', signer, signal), (error) => {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'signer.unreadable', String(error));
      assert.match(error.message, words);
      return true;
    });
  };
  const file = async (name: string, text: string) => await writeFile(join(directory, name), text);
  await wrong({ ...byKey, key: { path: 'absent.pub' } }, /The signer release .*absent\.pub cannot be read: ENOENT/);
  await file('private.pub', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n');
  await wrong({ ...byKey, key: { path: 'private.pub' } }, /no public key/);
  await wrong(
    { ...byKey, key: { pem: `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(60)}\n-----END PUBLIC KEY-----` } },
    /cannot be read/,
  );
  await file('none.json', '{}');
  await wrong({ ...byIdentity, trustedRoot: 'none.json' }, /trusted root/);
  await file('none.json', '[');
  await wrong({ ...byIdentity, trustedRoot: 'none.json' }, /trusted root is damaged/);
  await file('mine.pub', mine.pem);
  const opened = await verifier.open('release', { ...byKey, key: { path: 'mine.pub' } }, signal);
  assert.equal(opened.verify(kept(mine.cosign(image))).kind, 'valid');
});
