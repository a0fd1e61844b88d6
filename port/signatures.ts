import type { DocumentReading } from '../core/evidence/summary.ts';
import type { SignerDefinition } from '../core/evidence/signer.ts';

/** What came of a document and a signer. */
export type Verification =
  /** `by` tells who signed, for people; `reading` is what was signed, read from the very bytes that were checked. */
  | { readonly kind: 'valid'; readonly by: string; readonly reading: DocumentReading }
  | { readonly kind: 'invalid'; readonly why: string };

/** A signer with its key and roots at hand. */
export interface OpenedSigner {
  /** What can be said of a document without its bytes: what was said before, or that it is too large. Null: verify it. */
  known(document: Pick<SignedDocument, 'digest' | 'bytes'>): Verification | null;
  /** Holds a document against the signer. Never throws: what is no signature at all is invalid as well. */
  verify(document: SignedDocument): Verification;
}

/** A document as it is kept: compressed (RFC 1952), with the SHA-256 of its own bytes. */
export interface SignedDocument {
  readonly digest: string;
  readonly bytes: number;
  readonly compressed: Uint8Array;
}

/** Checks signatures, offline: against keys and trusted roots that are at hand. */
export interface SignatureVerifier {
  /** Reads the key and the root of a signer. Rejects with `signer.unreadable`. */
  open(name: string, signer: SignerDefinition, signal: AbortSignal): Promise<OpenedSigner>;
}
