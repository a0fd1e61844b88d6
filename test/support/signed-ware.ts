import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock';
import { z } from 'zod';
import { sha256 } from '../../core/hash.ts';

/** Signatures as cosign makes them, by real keys and certificates. */

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const payloadType = 'application/vnd.in-toto+json';
export const simpleSigning = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** The statement that `cosign sign` makes of an image; `image` is `sha256:...`. */
export function signStatement(image: string): object {
  return statement(image, 'https://sigstore.dev/cosign/sign/v1', {});
}

/** SLSA provenance v1. */
export function provenanceStatement(image: string, of: { readonly builder: string; readonly source: string }): object {
  return statement(image, 'https://slsa.dev/provenance/v1', {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      resolvedDependencies: [{ uri: `git+${of.source}@refs/heads/main`, digest: { gitCommit: 'ab'.repeat(20) } }],
    },
    runDetails: { builder: { id: of.builder }, metadata: {} },
  });
}

function statement(image: string, predicateType: string, predicate: object): object {
  const subject = [{ name: 'image', digest: { sha256: image.replace('sha256:', '') } }];
  return { _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate };
}

/** Somebody who has a key. */
export interface KeyHolder {
  readonly pem: string;
  /** The layer that cosign keeps under the tag `sha256-....sig`, its content in `data`. */
  cosign(image: string): CosignLayer;
  bundle(statement: object): object;
  envelope(statement: object): object;
}

/** A descriptor (OCI image-spec, descriptor.md) with its content. */
export interface CosignLayer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly data: string;
  readonly annotations: { readonly [name: string]: string };
}

/** A new key; cosign's own are ECDSA on P-256. */
export function keyHolder(kind: 'ec' | 'rsa' | 'ed25519' = 'ec'): KeyHolder {
  const { privateKey, publicKey } = keyPair(kind);
  const algorithm = kind === 'ed25519' ? null : 'sha256';
  const envelope = (of: object) => envelopeBy(of, (bytes) => sign(algorithm, bytes, privateKey));
  return {
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    envelope,
    cosign(image) {
      const payload = Buffer.from(
        JSON.stringify({
          critical: {
            identity: { 'docker-reference': 'registry.test/shop/cart' },
            image: { 'docker-manifest-digest': image },
            type: 'cosign container image signature',
          },
          optional: null,
        }),
      );
      return {
        mediaType: simpleSigning,
        digest: `sha256:${sha256(payload)}`,
        size: payload.length,
        data: payload.toString('base64'),
        annotations: { 'dev.cosignproject.cosign/signature': sign(algorithm, payload, privateKey).toString('base64') },
      };
    },
    bundle: (of) => ({
      mediaType: bundleType,
      verificationMaterial: { publicKey: { hint: 'key-1' }, tlogEntries: [] },
      dsseEnvelope: envelope(of),
    }),
  };
}

function keyPair(kind: 'ec' | 'rsa' | 'ed25519'): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
}

/** DSSE v1 (secure-systems-lab/dsse, protocol.md): what is signed is the payload with its type, both with their lengths. */
function envelopeBy(of: object, signer: (bytes: Buffer) => Buffer) {
  const payload = Buffer.from(JSON.stringify(of));
  const before = Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `);
  const sig = signer(Buffer.concat([before, payload])).toString('base64');
  return { payloadType, payload: payload.toString('base64'), signatures: [{ keyid: '', sig }] };
}

/** A certificate authority, its certificate log and a transparency log: all that makes keyless signatures. */
export interface Authority {
  /** The trusted root, as JSON. */
  readonly root: string;
  bundle(
    statement: object,
    by: {
      readonly subject: string;
      readonly issuer: string;
      /** Default: entered in the log. */
      readonly logged?: boolean;
    },
  ): Promise<object>;
}

/** `certifiedAt`: when its certificates begin; they last for ten minutes. */
export async function authority(certifiedAt: Date = new Date()): Promise<Authority> {
  const [caKey, ctKey, logKey] = [ecKeys('P-384'), ecKeys('P-256'), ecKeys('P-256')];
  const ctLog = await initializeCTLog(ctKey, certifiedAt);
  const ca = await initializeCA(caKey, ctLog, certifiedAt);
  const tlog = await initializeTLog('https://rekor.test', logKey);
  const validFor = { start: new Date(0).toISOString() };
  const logOf = (publicKey: Buffer) => ({
    baseUrl: 'https://rekor.test',
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: publicKey.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
  });
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [
      { uri: 'https://ca.test', certChain: { certificates: [{ rawBytes: base64(ca.rootCertificate) }] }, validFor },
    ],
    tlogs: [logOf(tlog.publicKey)],
    ctlogs: [logOf(ctLog.publicKey)],
    timestampAuthorities: [],
  };
  return {
    root: JSON.stringify(root),
    async bundle(of, { subject, issuer, logged = true }) {
      const { privateKey, publicKey } = ecKeys('P-256');
      const certificate = await ca.issueCertificate({
        publicKey: publicKey.export({ type: 'spki', format: 'der' }),
        subjectAltName: subject,
        extensions: [{ oid: '1.3.6.1.4.1.57264.1.8', value: issuer }],
      });
      const envelope = envelopeBy(of, (bytes) => sign('sha256', bytes, privateKey));
      const entries = logged ? [await logEntry(tlog, envelope, base64(certificate))] : [];
      return {
        mediaType: bundleType,
        verificationMaterial: { certificate: { rawBytes: base64(certificate) }, tlogEntries: entries },
        dsseEnvelope: envelope,
      };
    },
  };
}

const rekorEntry = z.object({
  body: z.string(),
  integratedTime: z.number(),
  logID: z.string(),
  logIndex: z.number(),
  verification: z.object({
    inclusionProof: z.object({
      logIndex: z.number(),
      treeSize: z.number(),
      rootHash: z.string(),
      checkpoint: z.string(),
    }),
    signedEntryTimestamp: z.string(),
  }),
});

/** The entry of an envelope in the log, as bundles hold it (rekor's type dsse, version 0.0.1). */
async function logEntry(
  tlog: Awaited<ReturnType<typeof initializeTLog>>,
  envelope: ReturnType<typeof envelopeBy>,
  certificate: string,
): Promise<object> {
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`;
  const digest = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
  const logged = await tlog.log({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: { algorithm: 'sha256', value: digest(JSON.stringify(envelope)) },
      payloadHash: { algorithm: 'sha256', value: digest(Buffer.from(envelope.payload, 'base64')) },
      signatures: envelope.signatures.map(({ sig }) => ({
        signature: sig,
        verifier: Buffer.from(pem).toString('base64'),
      })),
    },
  });
  const [entry] = Object.values(logged);
  const { body, integratedTime, logID, logIndex, verification } = rekorEntry.parse(entry);
  const { inclusionProof: proof, signedEntryTimestamp } = verification;
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      treeSize: String(proof.treeSize),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: body,
  };
}

function ecKeys(namedCurve: string) {
  return generateKeyPairSync('ec', { namedCurve });
}

function base64(bytes: ArrayBufferView<ArrayBuffer>): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
