import type { BillOfMaterials } from '../bom/bom.ts';
import { missingOf, type BomField } from '../bom/lines.ts';

/** What a release has to prove before it may run in an environment. */
export interface Requirements {
  /** Answers of the bill of materials that have to be there. */
  readonly bom: readonly BomField[];
}

/** What is known of a release that is to run. */
export interface Proven {
  readonly bom: BillOfMaterials;
}

/** What of the requirements a release does not meet, each as a clause for people; empty: it meets them all. */
export function unmetOf({ bom }: Requirements, proven: Proven): readonly string[] {
  return missingOf(proven.bom, bom).map((answer) => `no answer for ${answer}`);
}
