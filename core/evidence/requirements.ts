import type { BillOfMaterials } from '../bom/bom.ts';
import { digestIn } from '../bom/bom.ts';
import { missingOf, type BomField } from '../bom/lines.ts';
import { countsOf, type Findings } from './findings.ts';
import type { Judged } from './judgement.ts';
import { unmetProvenance, type ProvenanceRequirement } from './provenance-requirement.ts';
import { severities, type EvidenceSummary, type Severity } from './summary.ts';

/** How many open findings a release may have, and how old its reports may be. */
export interface ScanRequirement {
  /** By severity; absent: any number. */
  readonly most: { readonly [severity in Severity]?: number };
  /** In ms; null: however old. */
  readonly withinMs: number | null;
}

/** What a release has to prove before it may run in an environment. */
export interface Requirements {
  /** Answers of the bill of materials that have to be there. */
  readonly bom: readonly BomField[];
  /** Whether the packages of every image have to be known. */
  readonly sbom?: true;
  /** Absent: nobody has to have looked. */
  readonly scan?: ScanRequirement;
  /** Signers, all of whom have to have signed every image; names of the platform's. Absent: nobody. */
  readonly signatures?: readonly string[];
  /** Absent: nothing has to be known of how images were built. */
  readonly provenance?: ProvenanceRequirement;
}

/** Names of the signers that requirements speak of. */
export function signersOf({ signatures = [], provenance }: Requirements): readonly string[] {
  return [...new Set([...signatures, ...(provenance?.signedBy ?? [])])];
}

/** What is known of a release that is to run. */
export interface Proven {
  readonly bom: BillOfMaterials;
  readonly evidence: readonly { readonly summary: EvidenceSummary; readonly image: string | null }[];
  readonly findings: Findings;
  readonly judged: Judged;
  readonly nowMs: number;
}

/** A clause names at most so many findings. */
const namedMost = 5;

/** What of the requirements a release does not meet, each as a clause for people; empty: it meets them all. */
export function unmetOf(requirements: Requirements, proven: Proven): readonly string[] {
  const { bom, sbom, scan, signatures = [], provenance } = requirements;
  return [
    ...missingOf(proven.bom, bom).map((answer) => `no answer for ${answer}`),
    ...(sbom === true ? withoutSbom(proven) : []),
    ...(scan === undefined ? [] : unmetScan(scan, proven)),
    ...unmetSignatures(signatures, proven),
    ...(provenance === undefined
      ? []
      : imagesOf(proven.bom).flatMap(([component, image]) => {
          return unmetProvenance(provenance, { component, image }, proven.judged.provenances) ?? [];
        })),
  ];
}

function unmetSignatures(signers: readonly string[], { judged }: Proven): readonly string[] {
  return judged.signatures.flatMap(({ component, image, signer, state }) => {
    if (state.kind === 'valid' || !signers.includes(signer)) return [];
    return [`the image of ${component} (${image}) is not signed by ${signer}: ${state.found.join('; ')}`];
  });
}

function imagesOf({ components }: BillOfMaterials): readonly (readonly [component: string, image: string])[] {
  return Object.entries(components).map(([component, { image }]) => [component, digestIn(image)]);
}

function withoutSbom({ bom, evidence }: Proven): readonly string[] {
  const has = new Set(evidence.flatMap(({ summary, image }) => (summary.kind === 'sbom' ? [image] : [])));
  return imagesOf(bom).flatMap(([component, image]) => (has.has(image) ? [] : [`no SBOM of ${component}`]));
}

function unmetScan({ most, withinMs }: ScanRequirement, { bom, findings, nowMs }: Proven): readonly string[] {
  const unseen = imagesOf(bom).flatMap(([component, image]): readonly string[] => {
    const at = findings.scannedAt.get(image);
    if (at === undefined) return [`no report of a scanner of ${component}`];
    if (withinMs === null || nowMs - at <= withinMs) return [];
    const days = Math.floor((nowMs - at) / 86_400_000);
    return [`the newest report of ${component} is ${days} days old`];
  });
  const counts = countsOf(findings.findings);
  const tooMany = severities.flatMap((severity): readonly string[] => {
    const limit = most[severity];
    if (limit === undefined || counts[severity] <= limit) return [];
    const named = findings.findings
      .filter((it) => it.state.kind === 'open' && it.severity === severity)
      .map((it) => `${it.id} in ${it.package}`);
    const some = [...new Set(named)].slice(0, namedMost).join(', ');
    const more = counts[severity] > namedMost ? ', ...' : '';
    return [
      `${counts[severity]} open ${severity} ${counts[severity] === 1 ? 'finding' : 'findings'}, ${limit} allowed: ${some}${more}`,
    ];
  });
  return [...unseen, ...tooMany];
}
