import type { VerifierKey } from '../core/tree/note.ts';

/** The key that signs checkpoints, and what was last signed: kept outside the database. */
export interface Signer {
  /** Whose signature it is now. */
  key(): VerifierKey;
  /** The Ed25519 signature of a text. */
  sign(text: string): Uint8Array;
  /** The signed checkpoint that reached furthest, verbatim; null when nothing was signed yet. Rejects with a Fault. */
  published(signal: AbortSignal): Promise<string | null>;
  /** Keeps a signed checkpoint; to be called before anybody else gets to see it. Rejects with a Fault. */
  publish(note: string, signal: AbortSignal): Promise<void>;
  /** Makes the next key and keeps it beside the present one, which goes on signing; the same again until it is in force. */
  prepareNext(name: string, signal: AbortSignal): Promise<VerifierKey>;
  /** The key that is prepared and not in force yet; null when there is none. */
  next(): VerifierKey | null;
  /** Puts the prepared key in force, and forgets the one before. */
  useNext(signal: AbortSignal): Promise<void>;
}
