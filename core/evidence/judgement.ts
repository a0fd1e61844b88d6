import type { EvidenceSummary } from './summary.ts';

type Provenance = Extract<EvidenceSummary, { readonly kind: 'provenance' }>;

/** What came of holding a signed document against one signer. */
export type Verdict =
  /** `by` tells who signed, for people: the key, or the identity. */
  { readonly kind: 'valid'; readonly by: string } | { readonly kind: 'invalid'; readonly why: string };

/** Whether an image is signed by a signer. */
export interface Judgement {
  readonly component: string;
  /** `sha256:...` */
  readonly image: string;
  readonly signer: string;
  readonly state:
    | { readonly kind: 'valid'; readonly by: string; readonly entry: number }
    /** No signature counts. What was found instead, and where nothing was; each a clause for people. */
    | { readonly kind: 'lacking'; readonly found: readonly string[] };
}

/** Provenance of an image, and what became of each signer that was asked for. */
export interface JudgedProvenance {
  readonly image: string;
  readonly summary: Provenance;
  /** The ledger's entry that appended it. */
  readonly entry: number;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** All that signers say of a release. */
export interface Judged {
  readonly signatures: readonly Judgement[];
  readonly provenances: readonly JudgedProvenance[];
}
