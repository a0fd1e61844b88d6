import type { ErasableKind } from '../core/event.ts';
import type { Digest } from '../core/hash.ts';

/** What is to be erased, for ever. */
export interface EraseInput {
  /** `logs`: the log excerpts that were kept of a deployment. `person`: what a token and its sessions are called. */
  readonly kind: Exclude<ErasableKind, 'secret'>;
  /** Id of the deployment or of the token. */
  readonly of: string;
}

export interface Erasure {
  /** How many contents it erased; what was erased before is not counted. */
  readonly contents: number;
  /** Of the entry that records it, the last of several; null when nothing was left to erase. */
  readonly receipt: Receipt | null;
}

/** Where an entry stands on the ledger: its sequence and leaf hash. */
export interface Receipt {
  readonly sequence: number;
  readonly hash: Digest;
}

/** A receipt with its proof: a text of core/tree/receipt.ts. */
export interface ProvenReceipt extends Receipt {
  readonly proof: string;
}

/** A signing key that was put in force: C2SP verifier keys. */
export interface SigningKeyChange {
  readonly key: string;
  readonly previous: string | null;
  /** Of the entry that records it. */
  readonly sequence: number;
}
