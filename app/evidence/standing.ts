import { unmetOf } from '../../core/evidence/requirements.ts';
import type { Standing } from '../../core/evidence/standing.ts';
import { entryOf } from '../../core/planning/merge-specs.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { Recorded } from '../recorded.ts';
import type { Evidence } from './bill.ts';
import { signersFor } from './judge.ts';
import { provenOf, type ProvenParts } from './proven.ts';

export interface StandingParts extends ProvenParts {
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
  const wanted = running.flatMap(({ definition: { requires } }) => (requires === undefined ? [] : [requires]));
  const signers = Object.assign({}, ...wanted.map((requires) => signersFor(platform ?? {}, requires)));
  const proven = await provenOf(parts, { manifest, evidence, signers }, signal);
  return running.map(({ name, definition: { requires } }) => {
    return { environment: name, lacks: requires === undefined ? [] : unmetOf(requires, proven) };
  });
}
