import type { Answer } from '../../core/bom/answer.ts';
import { makeBom, type BillOfMaterials } from '../../core/bom/bom.ts';
import type { BuildFacts } from '../../core/bom/build.ts';
import type { ImageFacts } from '../../core/bom/image.ts';
import type { EvidenceSummary } from '../../core/evidence/summary.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { EvidenceRow, Store } from '../../port/store.ts';
import type { Blobs } from '../blobs.ts';

/** A piece of evidence with what was read of it. */
export interface Evidence {
  readonly row: EvidenceRow;
  readonly summary: EvidenceSummary;
}

/** All evidence of a release, oldest first. */
export async function evidenceOf(
  { store, blobs }: { readonly store: Store; readonly blobs: Blobs },
  service: string,
  version: string,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const found: Evidence[] = [];
  for (const row of await store.evidence(service, version, signal)) {
    found.push({ row, summary: await blobs.read('evidence', row.summary, signal) });
  }
  return found;
}

/** The bill of materials that follows from a release and its evidence. */
export function billOf(manifest: ReleaseManifest, evidence: readonly Evidence[]): BillOfMaterials {
  const builds: BuildFacts[] = [];
  const images = new Map<string, Answer<ImageFacts>[]>();
  for (const { row, summary } of evidence) {
    if (summary.kind === 'build') builds.push(summary.build);
    if (summary.kind !== 'image' || row.image === null) continue;
    const before = images.get(row.image);
    if (before === undefined) images.set(row.image, [summary.facts]);
    else before.push(summary.facts);
  }
  return makeBom({ manifest, builds, images });
}
