import { known, missing, type Answer } from '../../core/bom/answer.ts';
import { digestIn } from '../../core/bom/bom.ts';
import type { ComparedEvidence, ComponentEvidence } from '../../core/comparing/change.ts';
import type { Findings, JudgedFinding } from '../../core/evidence/findings.ts';
import type { Package } from '../../core/evidence/summary.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import { billOf, evidenceOf, type Evidence } from './bill.ts';
import { releaseFindings, type FindingParts } from './findings.ts';

/** What a release proves, as far as a comparison asks. */
export async function comparedEvidence(
  parts: FindingParts,
  manifest: ReleaseManifest,
  signal: AbortSignal,
): Promise<ComparedEvidence> {
  const { service, version } = manifest.identity;
  const evidence = await evidenceOf(parts, service, version, signal);
  const findings = await releaseFindings(parts, service, evidence, signal);
  const { build } = billOf(manifest, evidence);
  const release = `${service}@${version}`;
  const components = Object.entries(manifest.images).map(([component, { resolved }]): [string, ComponentEvidence] => {
    const image = digestIn(resolved);
    const what = `${component} of ${release}`;
    return [
      component,
      { image, packages: packagesOf(evidence, image, what), findings: findingsOf(findings, image, what) },
    ];
  });
  return {
    version,
    repository: build.repository,
    commit: build.commit,
    components: Object.fromEntries(components),
  };
}

/** The packages of an image by its newest SBOM. */
export function packagesOf(evidence: readonly Evidence[], image: string, what: string): Answer<readonly Package[]> {
  for (const { row, summary } of evidence.toReversed()) {
    if (summary.kind !== 'sbom' || row.image !== image) continue;
    return known(summary.packages, summary.tool === null ? summary.format : `${summary.format} by ${summary.tool}`);
  }
  return missing(`no SBOM of ${what}`);
}

function findingsOf({ findings, scannedAt }: Findings, image: string, what: string): Answer<readonly JudgedFinding[]> {
  if (!scannedAt.has(image)) return missing(`no report of a scanner of ${what}`);
  return known(
    findings.filter((it) => it.image === image),
    'the newest reports',
  );
}
