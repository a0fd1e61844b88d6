import { signersOf, unmetOf, type Requirements } from '../../core/evidence/requirements.ts';
import { Fault } from '../../core/fault.ts';
import type { Plan } from '../../core/plan.ts';
import { entryOf } from '../../core/planning/merge-specs.ts';
import type { Platform } from '../../core/platform.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { Spec } from '../../core/spec.ts';
import { environmentOf } from '../platform.ts';
import { evidenceOf } from './bill.ts';
import { signersFor } from './judge.ts';
import { provenOf, type ProvenParts } from './proven.ts';

/** A sentence names at most so many of what is unmet; the facts hold all. */
const namedMost = 20;

/** A release, and each requirement that it does not meet, as a clause. */
interface Unmet {
  readonly service: string;
  readonly version: string;
  readonly lacks: readonly string[];
}

/**
 * Refuses a plan that brings a release into an environment without what the environment requires of it
 * (`plan.evidence-missing`). Looks at releases that come; what runs already stays, and so does the way back.
 */
export async function requireEvidence(
  parts: ProvenParts,
  of: {
    readonly platform: Platform;
    readonly plan: Plan;
    readonly current: Spec;
    readonly manifests: ReadonlyMap<string, ReleaseManifest>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { requires } = environmentOf(of.platform, of.plan.environment);
  if (requires === undefined) return;
  const signers = signersFor(of.platform, requires);
  const unmet: Unmet[] = [];
  for (const [service, entry] of Object.entries(of.plan.changes)) {
    const manifest = of.manifests.get(service);
    if (entry === null || manifest === undefined || entryOf(of.current, service)?.version === entry.version) continue;
    const evidence = await evidenceOf(parts, service, entry.version, signal);
    const lacks = unmetOf(requires, await provenOf(parts, { manifest, evidence, signers }, signal));
    if (lacks.length > 0) unmet.push({ service, version: entry.version, lacks });
  }
  if (unmet.length === 0) return;
  const { environment } = of.plan;
  const all = unmet.flatMap(({ service, version, lacks }) => lacks.map((lack) => `${service}@${version}: ${lack}`));
  const more = all.length - namedMost;
  throw new Fault(
    'plan.evidence-missing',
    `${environment} requires evidence that is not there: ${all.slice(0, namedMost).join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
    {
      facts: {
        environment,
        unmet: unmet.map(({ service, version, lacks }) => ({ service, version, lacks: [...lacks] })),
      },
      next: nextFor(requires, unmet),
    },
  );
}

function nextFor(requires: Requirements, unmet: readonly Unmet[]): string {
  const [first] = unmet;
  const release = first === undefined ? 'SERVICE@VERSION' : `${first.service}@${first.version}`;
  const isSigning = unmet.some(({ lacks }) => lacks.some((lack) => / is not signed|no provenance /.test(lack)));
  if (isSigning && signersOf(requires).length + (requires.provenance === undefined ? 0 : 1) > 0)
    return `Sign the image or attest how it was built (cosign sign, cosign attest), then run "dray release" again, or append the bundle with "dray attach ${release} FILE".`;
  return 'Append what is missing to the release, or release it again where its build tells more.';
}
