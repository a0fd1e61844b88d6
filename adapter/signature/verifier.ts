import { gunzipSync } from 'node:zlib';
import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { toSignedEntity, Verifier, type SignedEntity } from '@sigstore/verify';
import { at } from '../../core/evidence/loose.ts';
import { matchesPattern } from '../../core/evidence/pattern.ts';
import { readSignedDocument } from '../../core/evidence/read-document.ts';
import { bundleVersion, imageSigned, statementOf, type SignedBy } from '../../core/evidence/signed.ts';
import type { SignerDefinition } from '../../core/evidence/signer.ts';
import type { DocumentReading } from '../../core/evidence/summary.ts';
import { keptText } from '../../core/bom/text.ts';
import { sha256 } from '../../core/hash.ts';
import type { OpenedSigner, SignatureVerifier, SignedDocument, Verification } from '../../port/signatures.ts';
import { bundlesOf, type Unbundled } from './forms.ts';
import { readTrust, type Trust } from './trust.ts';

/** The largest signed document that is checked, and how many verdicts are kept at hand. */
const documentBytesMost = 1024 * 1024;
const verdictsMost = 2_000;
const tooLarge = `it has more than ${documentBytesMost} bytes`;

/**
 * Checks cosign's signatures and sigstore bundles through @sigstore/verify. Paths are resolved against the folder of the
 * platform document. Asks nobody: what a signature has to be held against is in the trusted root.
 */
export function createSignatureVerifier(folder: string): SignatureVerifier {
  // A verdict follows from the document and from all that the signer is made of.
  const kept = new Map<string, Verification>();
  // One document is held against many signers in turn.
  let last: { readonly digest: string; readonly read: Read } | null = null;
  return {
    async open(name, signer, signal): Promise<OpenedSigner> {
      const trust = await readTrust(folder, name, signer, signal);
      const id = sha256(JSON.stringify([name, signer, trust.made]));
      const keyOf = ({ digest }: Pick<SignedDocument, 'digest'>) => `${digest} ${id}`;
      const known: OpenedSigner['known'] = (document) =>
        document.bytes > documentBytesMost ? invalid(tooLarge) : (kept.get(keyOf(document)) ?? null);
      return {
        known,
        verify(document) {
          const before = known(document);
          if (before !== null) return before;
          if (last?.digest !== document.digest) last = { digest: document.digest, read: readDocument(document) };
          const found = verifyRead(last.read, { name, signer, trust });
          const [oldest] = kept.keys();
          if (kept.size >= verdictsMost && oldest !== undefined) kept.delete(oldest);
          kept.set(keyOf(document), found);
          return found;
        },
      };
    },
  };
}

interface Opened {
  readonly name: string;
  readonly signer: SignerDefinition;
  readonly trust: Trust;
}

/** What a document comes to, or why to nothing. */
type Read = { readonly document: unknown; readonly forms: readonly Unbundled[] } | string;

function readDocument({ compressed }: SignedDocument): Read {
  let document: unknown;
  try {
    document = JSON.parse(gunzipSync(compressed, { maxOutputLength: documentBytesMost }).toString('utf8'));
  } catch {
    return 'it is no JSON';
  }
  const forms = bundlesOf(document);
  return typeof forms === 'string' ? forms : { document, forms };
}

function verifyRead(read: Read, opened: Opened): Verification {
  if (typeof read === 'string') return invalid(read);
  const verdicts = read.forms.map((form) => verifyForm(read.document, form, opened));
  return verdicts.find(({ kind }) => kind === 'valid') ?? verdicts[0] ?? invalid('it has no signature');
}

/** The bytes that were checked are those that are read: nothing else in the document is believed. */
function verifyForm(document: unknown, { bundle: raw, artifact, form }: Unbundled, opened: Opened): Verification {
  let entity: SignedEntity;
  let bundle: Bundle;
  try {
    bundle = bundleFromJSON(raw);
    entity = toSignedEntity(bundle, artifact ?? undefined);
  } catch (cause) {
    return invalid(`it is damaged: ${wordsOf(cause)}`);
  }
  if (artifact !== null && opened.trust.key?.asymmetricKeyType === 'ed25519')
    return invalid('an Ed25519 key is taken with a bundle only, not in the form that lies under a .sig tag');
  const why = unfit(entity, opened);
  if (why !== null) return invalid(why);
  try {
    const by = verifyEntity(entity, opened);
    if (by.kind === 'invalid') return by;
    const reading = readingOf(bundle, artifact, form ?? `sigstore bundle ${bundleVersion(at(document, 'mediaType'))}`);
    return reading === null ? invalid('what it signs is nothing that is known') : { ...by, reading };
  } catch (cause) {
    return invalid(reasonOf(cause));
  }
}

/** What is missing before anything is checked, told in its own words. */
function unfit({ key, tlogEntries }: SignedEntity, { signer }: Opened): string | null {
  if (signer.kind === 'key' && key.$case === 'certificate') return 'it was made with a certificate, not with this key';
  if (signer.kind === 'identity' && key.$case === 'public-key') return 'it was made with a key, not with a certificate';
  const isLogged = signer.kind === 'key' ? signer.trustedRoot !== null : signer.log === 'required';
  return isLogged && tlogEntries.length === 0 ? 'it has no entry of a transparency log, which is required' : null;
}

type By = { readonly kind: 'valid'; readonly by: string } | { readonly kind: 'invalid'; readonly why: string };

function verifyEntity(entity: SignedEntity, { name, signer, trust }: Opened): By {
  if (signer.kind === 'key') {
    // Without a root there is nobody to hold log entries and timestamps against; the key alone decides.
    const isAlone = trust.root === null;
    const bare = { ...entity, timestamps: [], tlogEntries: isAlone ? [] : entity.tlogEntries };
    const limits = { tlogThreshold: isAlone ? 0 : 1, ctlogThreshold: 0, timestampThreshold: 0 };
    new Verifier(trust.material, limits).verify(bare);
    return { kind: 'valid', by: `the key ${name}` };
  }
  const verifier = new Verifier(trust.material, {
    tlogThreshold: signer.log === 'required' ? 1 : 0,
    ctlogThreshold: trust.material.ctlogs.length > 0 ? 1 : 0,
    timestampThreshold: 1,
  });
  const { identity } = verifier.verify(entity);
  const subject = identity?.subjectAlternativeName ?? '';
  const issuer = identity?.extensions?.issuer ?? '';
  const told = keptText(subject, 300) ?? 'nobody';
  if (issuer !== signer.issuer)
    return invalid(
      `it was signed by ${told}, whom ${keptText(issuer, 300) ?? 'nobody'} vouches for, not ${signer.issuer}`,
    );
  if (!matchesPattern(signer.subject, subject))
    return invalid(`it was signed by ${told}, which is not ${signer.subject}`);
  return { kind: 'valid', by: told };
}

function readingOf(bundle: Bundle, artifact: Buffer | null, form: string): DocumentReading | null {
  const by: SignedBy = {
    key: bundle.verificationMaterial.content.$case === 'publicKey' ? 'key' : 'certificate',
    logged: bundle.verificationMaterial.tlogEntries.length > 0,
  };
  if (bundle.content.$case === 'messageSignature') {
    const image = artifact === null ? null : imageSigned(artifact);
    return image === null ? null : readSignedDocument({ kind: 'image', form, image, by });
  }
  const { payloadType, payload } = bundle.content.dsseEnvelope;
  const statement = payloadType === 'application/vnd.in-toto+json' ? statementOf(payload) : null;
  return statement === null ? null : readSignedDocument({ kind: 'statement', form, statement, by });
}

/** Why @sigstore/verify refused, in words for people; its codes are those of its error.ts, 4.1. */
const reasons: Readonly<Record<string, string>> = {
  SIGNATURE_ERROR: 'the signature is not of this key, or what it signs was changed',
  PUBLIC_KEY_ERROR: 'it was made with another key',
  CERTIFICATE_ERROR: 'its certificate is not good',
  TIMESTAMP_ERROR: 'nothing that is trusted tells when it was made',
  TLOG_ERROR: 'its entry of the transparency log is not good',
  TLOG_BODY_ERROR: 'its entry of the transparency log is of something else',
  TLOG_INCLUSION_PROOF_ERROR: 'its entry of the transparency log does not prove that it is in it',
  TLOG_INCLUSION_PROMISE_ERROR: 'its entry of the transparency log is of no log that is trusted',
  TLOG_MISSING_INCLUSION_ERROR: 'its entry of the transparency log does not prove that it is in it',
};

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const { cause: inner = null } = cause instanceof Error ? cause : {};
  const words = inner instanceof Error ? wordsOf(inner) : wordsOf(cause);
  if (code === 'SIGNATURE_ERROR') return reasons[code] ?? words;
  return Object.hasOwn(reasons, code) ? `${reasons[code]} (${words})` : `it is damaged: ${words}`;
}

function wordsOf(cause: unknown): string {
  return keptText(cause instanceof Error ? cause.message : String(cause), 200) ?? 'no reason is told';
}

function invalid(why: string): { readonly kind: 'invalid'; readonly why: string } {
  return { kind: 'invalid', why };
}
