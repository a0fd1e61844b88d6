import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceSummary } from '../../core/evidence/summary.ts';
import type { SignerDefinition } from '../../core/evidence/signer.ts';
import { sha256 } from '../../core/hash.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { SignatureVerifier, Verification } from '../../port/signatures.ts';
import type { Evidence } from './bill.ts';
import { judge } from './judge.ts';

const signal = new AbortController().signal;
const image = `sha256:${'a'.repeat(64)}`;
const another = `sha256:${'b'.repeat(64)}`;
const signature: EvidenceSummary = { kind: 'signature', format: 'DSSE', by: 'key', logged: false };
const signers: { readonly [name: string]: SignerDefinition } = {
  release: { kind: 'key', key: { path: 'release.pub' }, trustedRoot: null },
};
const manifest: ReleaseManifest = {
  identity: { service: 'cart', version: '1', definition: {}, images: {}, files: {} },
  parameters: [],
  images: { cart: { reference: 'r.test/cart:1', resolved: `r.test/cart:1@${image}`, hasHealthCheck: null } },
  source: { name: 'compose.yaml', text: '' },
  meta: {},
  warnings: [],
};

function filed(sequence: number, summary: EvidenceSummary = signature): Evidence {
  const document = { digest: sha256(String(sequence)), bytes: 10, stored: sha256(`stored ${sequence}`) };
  const about = { service: 'cart', version: '1', kind: summary.kind, image, chain: null, summary: sha256('summary') };
  return { row: { ...about, document, sequence, time: 0, actor: 't' }, summary };
}

/** What the only signer says of each document, by the entry that appended it. */
async function judged(evidence: readonly Evidence[], says: (entry: number) => Verification) {
  const entries = new Map(evidence.map(({ row }) => [row.document?.digest, row.sequence]));
  const signatures: SignatureVerifier = {
    open: async () =>
      await Promise.resolve({ known: () => null, verify: ({ digest }) => says(entries.get(digest) ?? 0) }),
  };
  const blobs = { bytes: async () => await Promise.resolve(new Uint8Array()) };
  const { signatures: found } = await judge({ blobs, signatures }, { manifest, evidence, signers }, signal);
  return found.map(({ state }) => (state.kind === 'valid' ? `valid ${state.entry}` : state.found.join('; ')));
}

const good = (subject: string, summary: EvidenceSummary = signature): Verification => {
  assert.ok(summary.kind === 'signature' || summary.kind === 'sbom');
  return { kind: 'valid', by: 'the key release', reading: { subjects: [subject], summary } };
};

test('what was checked decides, not where it was filed: a good signature of another image counts for none', async () => {
  assert.deepEqual(await judged([filed(7)], () => good(image)), ['valid 7']);
  assert.deepEqual(await judged([filed(7)], () => good(another)), [
    `the signature of entry 7: it is of another image (${another})`,
  ]);
  const sbom: EvidenceSummary = { kind: 'sbom', format: 'SPDX', tool: null, packages: [] };
  assert.deepEqual(await judged([filed(7)], () => good(image, sbom)), [
    'the signature of entry 7: it is signed, but is no signature',
  ]);
  assert.deepEqual(await judged([filed(7, sbom)], () => good(image)), ['no signature was found']);
});

test('a flood of signatures hides a good one, and lets nothing through', async () => {
  const flood = Array.from({ length: 110 }, (_, at) => filed(at + 1));
  const onlyOne = (wanted: number) => (entry: number) =>
    entry === wanted ? good(image) : ({ kind: 'invalid', why: 'no' } as const);
  assert.deepEqual(await judged(flood, onlyOne(11)), ['valid 11']);
  const [hidden] = await judged(flood, onlyOne(10));
  assert.match(hidden ?? '', /^the signature of entry 110: no; (?:.*; ){3}the signature of entry 106: no$/);
});

test('the bytes of a document are read for whoever needs them alone', async () => {
  const [old, large, later] = [filed(1), filed(2), filed(3)];
  const read: string[] = [];
  const blobs = {
    bytes: async (digest: string) => {
      read.push(digest);
      return await Promise.resolve(new Uint8Array());
    },
  };
  const known = new Map<string | undefined, Verification>([
    [old.row.document?.digest, good(image)],
    [large.row.document?.digest, { kind: 'invalid', why: 'it is too large' }],
  ]);
  const opened = { known: (of: { digest: string }) => known.get(of.digest) ?? null, verify: () => good(another) };
  const signatures = { open: async () => await Promise.resolve(opened) };
  const input = { manifest, evidence: [old, large, later], signers };
  const { signatures: found } = await judge({ blobs, signatures }, input, signal);
  assert.deepEqual(
    found.map(({ state }) => state.kind === 'valid' && state.entry),
    [1],
  );
  assert.deepEqual(read, [later.row.document?.stored]);
});
