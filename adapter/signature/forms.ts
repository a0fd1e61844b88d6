import { createHash } from 'node:crypto';
import { BUNDLE_V03_MEDIA_TYPE } from '@sigstore/bundle';
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

/**
 * What cosign keeps under the tag `sha256-....sig`: the signature in an annotation, over the bytes of the layer. With a
 * certificate in place of a key it is not read: newer versions of cosign write bundles.
 */
function simpleSigning(descriptor: unknown): readonly Unbundled[] | string {
  const text = at(descriptor, 'data');
  const signature = at(descriptor, 'annotations', 'dev.cosignproject.cosign/signature');
  if (typeof text !== 'string' || typeof signature !== 'string') return 'it has no signature';
  if (at(descriptor, 'annotations', 'dev.sigstore.cosign/certificate') !== undefined)
    return 'it was made with a certificate and lies under a .sig tag; only a bundle is read of those';
  const artifact = Buffer.from(text, 'base64');
  const digest = createHash('sha256').update(artifact).digest('base64');
  const messageDigest = { algorithm: 'SHA2_256', digest };
  return [{ bundle: bundleOf({ messageSignature: { messageDigest, signature } }), artifact, form: 'cosign signature' }];
}

function bundleOf(content: object): unknown {
  const verificationMaterial = { publicKey: { hint: '' }, tlogEntries: [] };
  return { mediaType: BUNDLE_V03_MEDIA_TYPE, verificationMaterial, ...content };
}
