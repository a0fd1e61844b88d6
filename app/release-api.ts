import type { BillOfMaterials } from '../core/bom/bom.ts';
import type { BuildFacts } from '../core/bom/build.ts';
import type { Standing } from '../core/evidence/standing.ts';
import type { Findings } from '../core/evidence/findings.ts';
import type { Judgement } from '../core/evidence/judgement.ts';
import type { ReleaseManifest, ReleaseSource } from '../core/release.ts';
import type { ReleaseRow } from '../port/store.ts';
import type { Evidence } from './evidence/bill.ts';
import type { Receipt } from './ledger-api.ts';

export interface ReleaseInput {
  readonly service: string;
  readonly version: string;
  readonly compose: ReleaseSource;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly vars: { readonly [name: string]: string };
  readonly meta: { readonly [key: string]: string };
  /** What its builder told of the build; absent or null: nothing. */
  readonly build?: BuildFacts | null;
}

export interface ReleaseDetail {
  readonly row: ReleaseRow;
  readonly manifest: ReleaseManifest;
  readonly receipt: Receipt;
  readonly created: boolean;
  /** Environments whose newest revision names it. */
  readonly runsIn: readonly string[];
  /** How it stands with each of them. */
  readonly standings: readonly Standing[];
  readonly bom: BillOfMaterials;
  /** What scanners found, as the newest reports say. */
  readonly findings: Findings;
  /** What each signer of the platform document says of each image now. */
  readonly signatures: readonly SignatureDetail[];
  /** Oldest first. */
  readonly evidence: readonly Evidence[];
}

export interface SignatureDetail extends Judgement {
  /** Environments that ask for this signer's signature. */
  readonly requiredBy: readonly string[];
}
