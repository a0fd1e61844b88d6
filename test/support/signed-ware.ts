import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
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

/** A DSSE envelope. */
type Envelope = ReturnType<typeof envelopeBy>;

/** Somebody who has a key. */
export interface KeyHolder {
  readonly pem: string;
  /** The layer that cosign keeps under the tag `sha256-....sig`, its content in `data`. */
  cosign(image: string): CosignLayer;
  bundle(statement: object): object;
  envelope(statement: object): Envelope;
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
    cosign: (image) => {
      const payload = cosignPayload(image);
      return cosignLayer(payload, { [annotation]: sign(algorithm, payload, privateKey).toString('base64') });
    },
    bundle: (of) => ({
      mediaType: bundleType,
      verificationMaterial: { publicKey: { hint: 'key-1' }, tlogEntries: [] },
      dsseEnvelope: envelope(of),
    }),
  };
}

const annotation = 'dev.cosignproject.cosign/signature';

function cosignPayload(image: string): Buffer {
  const critical = {
    identity: { 'docker-reference': 'registry.test/shop/cart' },
    image: { 'docker-manifest-digest': image },
    type: 'cosign container image signature',
  };
  return Buffer.from(JSON.stringify({ critical, optional: null }));
}

function cosignLayer(payload: Buffer, annotations: CosignLayer['annotations']): CosignLayer {
  const [digest, data] = [`sha256:${sha256(payload)}`, payload.toString('base64')];
  return { mediaType: simpleSigning, digest, size: payload.length, data, annotations };
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
      /** Default: without a time that its authority for timestamps tells. */
      readonly timed?: boolean;
    },
  ): Promise<object>;
  /** What older versions of cosign keep under the tag `sha256-....sig` when they sign without a key that lasts. */
  cosign(image: string, by: { readonly subject: string; readonly issuer: string }): Promise<CosignLayer>;
  /** Enters what somebody signed with a key in the log. */
  enter(holder: KeyHolder, statement: object): Promise<object>;
}

/** `certifiedAt`: when its certificates begin; they last for ten minutes. Without `certificatesLogged` they bear no SCT. */
export async function authority(certifiedAt: Date = new Date(), certificatesLogged = true): Promise<Authority> {
  const [caKey, ctKey, logKey] = [ecKeys('P-384'), ecKeys('P-256'), ecKeys('P-256')];
  const ctLog = await initializeCTLog(ctKey, certifiedAt);
  const ca = await initializeCA(caKey, certificatesLogged ? ctLog : undefined, certifiedAt);
  const tlog = await initializeTLog('https://rekor.test', logKey);
  // Whole seconds: of a fraction it drops the zeros at the end, which is no time to who reads it.
  const tsa = await initializeTSA(ecKeys('P-256'), new Date(Math.floor(Date.now() / 1_000) * 1_000));
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
    timestampAuthorities: [
      {
        uri: 'https://tsa.test',
        certChain: {
          certificates: [{ rawBytes: base64(tsa.intCertificate) }, { rawBytes: base64(tsa.rootCertificate) }],
        },
        validFor,
      },
    ],
  };
  const certify = async (subjectAltName: string, issuer: string) => {
    const { privateKey, publicKey } = ecKeys('P-256');
    const extensions = [{ oid: '1.3.6.1.4.1.57264.1.8', value: issuer }];
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    return { privateKey, certificate: await ca.issueCertificate({ publicKey: spki, subjectAltName, extensions }) };
  };
  return {
    root: JSON.stringify(root),
    async cosign(image, { subject, issuer }) {
      const { privateKey, certificate } = await certify(subject, issuer);
      const payload = cosignPayload(image);
      const content = sign('sha256', payload, privateKey).toString('base64');
      const pem = pemOf(base64(certificate));
      const entry = await entryOf(tlog, {
        apiVersion: '0.0.1',
        kind: 'hashedrekord',
        spec: {
          data: { hash: { algorithm: 'sha256', value: sha256(payload) } },
          signature: { content, publicKey: { content: Buffer.from(pem).toString('base64') } },
        },
      });
      const { body, integratedTime, logID, logIndex, verification } = entry;
      const Payload = { body, integratedTime, logIndex, logID };
      return cosignLayer(payload, {
        [annotation]: content,
        'dev.sigstore.cosign/certificate': pem,
        'dev.sigstore.cosign/bundle': JSON.stringify({
          SignedEntryTimestamp: verification.signedEntryTimestamp,
          Payload,
        }),
      });
    },
    async bundle(of, { subject, issuer, logged = true, timed = false }) {
      const { privateKey, certificate } = await certify(subject, issuer);
      const envelope = envelopeBy(of, (bytes) => sign('sha256', bytes, privateKey));
      const entries = logged ? [await logEntry(tlog, envelope, pemOf(base64(certificate)))] : [];
      const timestamps = timed ? [{ signedTimestamp: await timestampOf(tsa, envelope) }] : [];
      return {
        mediaType: bundleType,
        verificationMaterial: {
          certificate: { rawBytes: base64(certificate) },
          tlogEntries: entries,
          timestampVerificationData: { rfc3161Timestamps: timestamps },
        },
        dsseEnvelope: envelope,
      };
    },
    async enter(holder, of) {
      const envelope = holder.envelope(of);
      return {
        mediaType: bundleType,
        verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [await logEntry(tlog, envelope, holder.pem)] },
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

async function entryOf(tlog: Awaited<ReturnType<typeof initializeTLog>>, proposed: object) {
  const [entry] = Object.values(await tlog.log(proposed));
  return rekorEntry.parse(entry);
}

/** The entry of an envelope in the log, as bundles hold it (rekor's type dsse, version 0.0.1). */
async function logEntry(
  tlog: Awaited<ReturnType<typeof initializeTLog>>,
  envelope: Envelope,
  pem: string,
): Promise<object> {
  const digest = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
  const entry = await entryOf(tlog, {
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
  const { body, integratedTime, logID, logIndex, verification } = entry;
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

/** What an authority for timestamps says of a signature (RFC 3161). */
async function timestampOf(tsa: Awaited<ReturnType<typeof initializeTSA>>, { signatures }: Envelope): Promise<string> {
  const signature = Buffer.from(signatures[0]?.sig ?? '', 'base64');
  const answer = await tsa.timestamp({
    artifactHash: createHash('sha256').update(signature).digest(),
    hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
    nonce: 1,
    policyOID: '1.3.6.1.4.1.57264.2',
    certReq: false,
  });
  return base64(answer);
}

function pemOf(certificate: string): string {
  const lines = certificate.match(/.{1,64}/g)?.join('\n') ?? '';
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function ecKeys(namedCurve: string) {
  return generateKeyPairSync('ec', { namedCurve });
}

function base64(bytes: ArrayBufferView<ArrayBuffer>): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
