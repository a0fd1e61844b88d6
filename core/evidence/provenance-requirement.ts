import type { JudgedProvenance } from './judgement.ts';
import { matchesPattern } from './pattern.ts';

/** What provenance has to say of every image, and who has to have signed it. */
export interface ProvenanceRequirement {
  /** Patterns (`matchesPattern`) of builders, one of which it names; empty: any, or none. */
  readonly builder: readonly string[];
  /** Patterns of source repositories, one of which it names; empty: any, or none. */
  readonly source: readonly string[];
  /** Signers, one of whom signed it; empty: nobody needs to, and then it says what whoever appended it says. */
  readonly signedBy: readonly string[];
}

/** A clause names at most so many documents that do not count. */
const namedMost = 5;

/** Why an image has no provenance that counts, as a clause for people; null: it has. */
export function unmetProvenance(
  requirement: ProvenanceRequirement,
  { component, image }: { readonly component: string; readonly image: string },
  provenances: readonly JudgedProvenance[],
): string | null {
  const all = provenances.filter((it) => it.image === image);
  if (all.length === 0) return `no provenance of ${component} (${image})`;
  const wrong = all.map((it) => ({ it, why: faultsOf(requirement, it) }));
  if (wrong.some(({ why }) => why.length === 0)) return null;
  const told = wrong.slice(-namedMost).map(({ it, why }) => `entry ${it.entry} ${why.join(' and ')}`);
  return `no provenance of ${component} (${image}) counts: ${told.join('; ')}`;
}

function faultsOf({ builder, source, signedBy }: ProvenanceRequirement, it: JudgedProvenance): readonly string[] {
  const { summary } = it;
  const wrongBuilder = mismatch('builder', builder, summary.builder);
  const wrongSource = mismatch('source', source, repositoryOf(summary.source));
  return [...wrongBuilder, ...wrongSource, ...unsigned(signedBy, it)];
}

function mismatch(what: string, patterns: readonly string[], value: string | null): readonly string[] {
  if (patterns.length === 0) return [];
  if (value === null) return [`names no ${what}`];
  if (patterns.some((pattern) => matchesPattern(pattern, value))) return [];
  return [`names the ${what} ${value}, which is not ${patterns.join(' or ')}`];
}

function unsigned(signedBy: readonly string[], { summary, verdicts }: JudgedProvenance): readonly string[] {
  if (signedBy.length === 0) return [];
  if (summary.signed !== true) return [`is not signed, by ${signedBy.join(' or ')} or anybody`];
  const reasons = signedBy.map((signer) => {
    const verdict = verdicts.get(signer);
    if (verdict?.kind === 'valid') return null;
    return `is not signed by ${signer}: ${verdict?.why ?? 'it was not looked at'}`;
  });
  return reasons.includes(null) ? [] : reasons.filter((reason) => reason !== null);
}

/** A source without the branch or tag behind it: `https://host/team/repository@refs/heads/main`. */
function repositoryOf(source: string | null): string | null {
  return source === null ? null : source.replace(/@[^@]*$/, (end, at: number) => (at > source.indexOf('/') ? '' : end));
}
