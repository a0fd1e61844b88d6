import type { Proven } from '../../core/evidence/requirements.ts';
import type { Platform } from '../../core/platform.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import { billOf, type Evidence } from './bill.ts';
import { releaseFindings, type FindingParts } from './findings.ts';
import { judge, type JudgeParts } from './judge.ts';

export interface ProvenParts extends FindingParts, JudgeParts {
  readonly blobs: FindingParts['blobs'] & JudgeParts['blobs'];
}

/** What a release has to hold against requirements now: one answer for plans, and for what runs already. */
export async function provenOf(
  parts: ProvenParts,
  of: {
    readonly manifest: ReleaseManifest;
    readonly evidence: readonly Evidence[];
    readonly signers: NonNullable<Platform['signers']>;
  },
  signal: AbortSignal,
): Promise<Proven> {
  const { manifest, evidence } = of;
  return {
    bom: billOf(manifest, evidence),
    evidence: evidence.map(({ row, summary }) => ({ summary, image: row.image })),
    findings: await releaseFindings(parts, manifest.identity.service, evidence, signal),
    judged: await judge(parts, of, signal),
    nowMs: parts.clock.now(),
  };
}
