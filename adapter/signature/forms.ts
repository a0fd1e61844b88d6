import { createHash, X509Certificate } from 'node:crypto';
import { BUNDLE_V01_MEDIA_TYPE, BUNDLE_V03_MEDIA_TYPE } from '@sigstore/bundle';
import { at, listAt } from '../../core/evidence/loose.ts';
import { bundleVersion, simpleSigningType } from '../../core/evidence/signed.ts';

/** A signed document as a sigstore bundle. */
export interface Unbundled {
  readonly bundle: unknown;
  /** The bytes that were signed, where the bundle does not hold them itself. */
  readonly artifact: Buffer | null;
  /** What it was before; null: a bundle. */
  readonly form: string | null;
}

/** An envelope may have signatures of several; more than these are not looked at. */
const signaturesMost = 10;

/** The bundles that a document comes to, one for each of its signatures; or why it comes to none. */
export function bundlesOf(document: unknown): readonly Unbundled[] | string {
  const mediaType = at(document, 'mediaType');
  if (bundleVersion(mediaType) !== null) return [{ bundle: document, artifact: null, form: null }];
  if (mediaType === simpleSigningType) return simpleSigning(document);
  const signatures = listAt(document, 'signatures');
  if (at(document, 'payload') === undefined) return 'it has no signature';
  return signatures.slice(0, signaturesMost).map((signature) => ({
    bundle: bundleOf({ dsseEnvelope: { ...Object(document), signatures: [signature] } }),
    artifact: null,
    form: 'DSSE',
  }));
}

const annotations = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  log: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;

/**
 * What cosign keeps under the tag `sha256-....sig` (sigstore/cosign, specs/SIGNATURE_SPEC.md): the signature in an
 * annotation, over the bytes of the layer; in others certificate, entry of the log and timestamp. As a bundle of version 0.1.
 */
function simpleSigning(descriptor: unknown): readonly Unbundled[] | string {
  const text = at(descriptor, 'data');
  const signature = at(descriptor, 'annotations', annotations.signature);
  if (typeof text !== 'string' || typeof signature !== 'string') return 'it has no signature';
  const artifact = Buffer.from(text, 'base64');
  const digest = createHash('sha256').update(artifact).digest('base64');
  const told = (name: keyof typeof annotations) => at(descriptor, 'annotations', annotations[name]);
  try {
    const bundle = {
      mediaType: BUNDLE_V01_MEDIA_TYPE,
      verificationMaterial: {
        ...keyMaterial(told('certificate')),
        tlogEntries: logEntries(jsonOf(told('log'))),
        timestampVerificationData: { rfc3161Timestamps: timestamps(jsonOf(told('timestamp'))) },
      },
      messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature },
    };
    return [{ bundle, artifact, form: 'cosign signature' }];
  } catch {
    return 'its annotations are damaged';
  }
}

function keyMaterial(pem: unknown): object {
  if (typeof pem !== 'string') return { publicKey: { hint: '' } };
  const rawBytes = new X509Certificate(pem).raw.toString('base64');
  return { x509CertificateChain: { certificates: [{ rawBytes }] } };
}

function logEntries(entry: unknown): readonly object[] {
  if (entry === null) return [];
  const canonicalizedBody = at(entry, 'Payload', 'body');
  const body = jsonOf(Buffer.from(String(canonicalizedBody), 'base64').toString('utf8'));
  const keyId = Buffer.from(String(at(entry, 'Payload', 'logID')), 'hex').toString('base64');
  return [
    {
      logIndex: String(at(entry, 'Payload', 'logIndex')),
      logId: { keyId },
      kindVersion: { kind: at(body, 'kind'), version: at(body, 'apiVersion') },
      integratedTime: String(at(entry, 'Payload', 'integratedTime')),
      inclusionPromise: { signedEntryTimestamp: at(entry, 'SignedEntryTimestamp') },
      canonicalizedBody,
    },
  ];
}

function timestamps(told: unknown): readonly object[] {
  return told === null ? [] : [{ signedTimestamp: at(told, 'SignedRFC3161Timestamp') }];
}

/** Null: nothing is told. Throws for what is no JSON. */
function jsonOf(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : null;
}

function bundleOf(content: object): unknown {
  const verificationMaterial = { publicKey: { hint: '' }, tlogEntries: [] };
  return { mediaType: BUNDLE_V03_MEDIA_TYPE, verificationMaterial, ...content };
}
