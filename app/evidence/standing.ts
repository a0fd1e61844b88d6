import { unmetOf } from '../../core/evidence/requirements.ts';
import type { Standing } from '../../core/evidence/standing.ts';
import { entryOf } from '../../core/planning/merge-specs.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { Recorded } from '../recorded.ts';
import { billOf, type Evidence } from './bill.ts';
import { releaseFindings, type FindingParts } from './findings.ts';
import { judge, signersFor, type JudgeParts } from './judge.ts';

export interface StandingParts extends FindingParts, JudgeParts {
  readonly blobs: FindingParts['blobs'] & JudgeParts['blobs'];
  readonly recorded: Recorded;
}

/** How a release stands with each environment whose newest revision names it, by its evidence. */
export async function standingsOf(
  parts: StandingParts,
  manifest: ReleaseManifest,
  evidence: readonly Evidence[],
  signal: AbortSignal,
): Promise<readonly Standing[]> {
  const { service, version } = manifest.identity;
  const { environments, platform } = await parts.recorded.current();
  const running = [...environments.values()].filter(({ spec }) => entryOf(spec, service)?.version === version);
  if (running.length === 0) return [];
  const findings = await releaseFindings(parts, service, evidence, signal);
  const pieces = evidence.map(({ row, summary }) => ({ summary, image: row.image }));
  const wanted = running.flatMap(({ definition: { requires } }) => (requires === undefined ? [] : [requires]));
  const signers = Object.assign({}, ...wanted.map((requires) => signersFor(platform ?? {}, requires)));
  const judged = await judge(parts, { manifest, evidence, signers }, signal);
  const proven = { bom: billOf(manifest, evidence), evidence: pieces, findings, judged, nowMs: parts.clock.now() };
  return running.map(({ name, definition: { requires } }) => {
    return { environment: name, lacks: requires === undefined ? [] : unmetOf(requires, proven) };
  });
}
