import { at, digestsIn, listAt, textAt } from './loose.ts';

/** What a signature is made over, as it stands in a document. Nobody has checked it. */
export type Signed =
  /** An in-toto statement in a DSSE envelope, alone or in a sigstore bundle. */
  | { readonly kind: 'statement'; readonly form: string; readonly statement: unknown; readonly by: SignedBy }
  /** What cosign signs of an image, in the descriptor of its layer. */
  | { readonly kind: 'image'; readonly form: string; readonly image: string; readonly by: SignedBy };

/** With what it was signed, as the document says. */
export interface SignedBy {
  readonly key: 'key' | 'certificate';
  /** Whether it brings an entry of a transparency log. */
  readonly logged: boolean;
}

/** Media types of sigstore bundles, versions 0.1 to 0.3 (sigstore/protobuf-specs, sigstore_bundle.proto). */
const bundleType = /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=(0\.[1-9])|\.v(0\.[1-9])\+json)$/;

/** Media type of what cosign signs (sigstore/cosign, specs/SIGNATURE_SPEC.md). */
export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const certificateAnnotation = 'dev.sigstore.cosign/certificate';
const logAnnotation = 'dev.sigstore.cosign/bundle';

const payloadType = 'application/vnd.in-toto+json';

/** The version of a sigstore bundle by its media type; null when it is none. */
export function bundleVersion(mediaType: unknown): string | null {
  const found = typeof mediaType === 'string' ? bundleType.exec(mediaType) : null;
  return found?.[1] ?? found?.[2] ?? null;
}

/** Reads what a signed document holds; null when it is none, or holds nothing that is read. */
export function readSigned(document: unknown): Signed | null {
  const version = bundleVersion(at(document, 'mediaType'));
  if (version !== null) return readBundle(document, version);
  if (at(document, 'mediaType') === simpleSigningType) return readSimpleSigning(document);
  if (listAt(document, 'signatures').length > 0 && textAt(document, ['payloadType']) !== null) {
    const statement = statementIn(document);
    const by = { key: 'key', logged: false } as const;
    return statement === null ? null : { kind: 'statement', form: 'DSSE', statement, by };
  }
  return null;
}

function readBundle(bundle: unknown, version: string): Signed | null {
  const statement = statementIn(at(bundle, 'dsseEnvelope'));
  if (statement === null) return null;
  const material = at(bundle, 'verificationMaterial');
  const isCertified = at(material, 'certificate') !== undefined || at(material, 'x509CertificateChain') !== undefined;
  const by = { key: isCertified ? 'certificate' : 'key', logged: listAt(material, 'tlogEntries').length > 0 } as const;
  return { kind: 'statement', form: `sigstore bundle ${version}`, statement, by };
}

function readSimpleSigning(descriptor: unknown): Signed | null {
  const bytes = bytesOf(at(descriptor, 'data'));
  const image = bytes === null ? null : imageSigned(bytes);
  if (image === null || textAt(descriptor, ['annotations', signatureAnnotation]) === null) return null;
  const key = at(descriptor, 'annotations', certificateAnnotation) === undefined ? 'key' : 'certificate';
  const logged = at(descriptor, 'annotations', logAnnotation) !== undefined;
  return { kind: 'image', form: 'cosign signature', image, by: { key, logged } };
}

/**
 * The digest that the payload of a cosign signature names; null when it is none. The payload of any other kind is no
 * signature of an image, whoever made it.
 */
export function imageSigned(payload: Uint8Array): string | null {
  const read = parsed(payload);
  if (at(read, 'critical', 'type') !== 'cosign container image signature') return null;
  const named = at(read, 'critical', 'image', 'docker-manifest-digest');
  const [digest] = typeof named === 'string' ? digestsIn(named) : [];
  return digest !== undefined && digest === named ? digest : null;
}

/** The in-toto statement in a DSSE envelope; null when its payload is of another type. */
function statementIn(envelope: unknown): unknown {
  if (at(envelope, 'payloadType') !== payloadType) return null;
  const bytes = bytesOf(at(envelope, 'payload'));
  return bytes === null ? null : statementOf(bytes);
}

/** The statement that the payload of an envelope is; null when it is none. */
export function statementOf(payload: Uint8Array): unknown {
  const read = parsed(payload);
  return textAt(read, ['_type'])?.startsWith('https://in-toto.io/Statement/') === true ? read : null;
}

/** What base64 stands for, in either alphabet; null when it is none. */
export function bytesOf(text: unknown): Uint8Array | null {
  if (typeof text !== 'string') return null;
  try {
    return Uint8Array.fromBase64(text, { alphabet: /[-_]/.test(text) ? 'base64url' : 'base64' });
  } catch {
    return null;
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}
