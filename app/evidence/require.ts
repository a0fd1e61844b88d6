import { unmetOf } from '../../core/evidence/requirements.ts';
import { Fault } from '../../core/fault.ts';
import type { Plan } from '../../core/plan.ts';
import { entryOf } from '../../core/planning/merge-specs.ts';
import type { EnvironmentDefinition } from '../../core/platform.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { Spec } from '../../core/spec.ts';
import { billOf, evidenceOf } from './bill.ts';
import { releaseFindings, type FindingParts } from './findings.ts';

/** A sentence names at most so many of what is unmet; the facts hold all. */
const namedMost = 20;

/**
 * Refuses a plan that brings a release into an environment without what the environment requires of it
 * (`plan.evidence-missing`). Looks at releases that come; what runs already stays, and so does the way back.
 */
export async function requireEvidence(
  parts: FindingParts,
  of: {
    readonly definition: EnvironmentDefinition;
    readonly plan: Plan;
    readonly current: Spec;
    readonly manifests: ReadonlyMap<string, ReleaseManifest>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { requires } = of.definition;
  if (requires === undefined) return;
  const unmet: { readonly service: string; readonly version: string; readonly lacks: readonly string[] }[] = [];
  for (const [service, entry] of Object.entries(of.plan.changes)) {
    const manifest = of.manifests.get(service);
    if (entry === null || manifest === undefined || entryOf(of.current, service)?.version === entry.version) continue;
    const evidence = await evidenceOf(parts, service, entry.version, signal);
    const findings = await releaseFindings(parts, service, evidence, signal);
    const pieces = evidence.map(({ row, summary }) => ({ summary, image: row.image }));
    const bom = billOf(manifest, evidence);
    const lacks = unmetOf(requires, { bom, evidence: pieces, findings, nowMs: parts.clock.now() });
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
      next: 'Append what is missing to the release, or release it again where its build tells more.',
    },
  );
}
