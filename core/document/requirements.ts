import { bomFieldNames } from '../bom/lines.ts';
import type { ProvenanceRequirement } from '../evidence/provenance-requirement.ts';
import type { Requirements, ScanRequirement } from '../evidence/requirements.ts';
import { severities } from '../evidence/summary.ts';
import * as read from './reader.ts';
import { pattern } from './signers.ts';

const dayMs = 86_400_000;

const days: read.Read<number> = read.scalar({
  expected: 'a number of days such as 30d',
  type: 'text',
  placeholder: 0,
  native: null,
  parse: (text) =>
    /^[1-9]\d{0,3}d$/.test(text) ? { value: Number(text.slice(0, -1)) * dayMs } : { wrong: 'from 1d to 9999d' },
});

const count = read.optional(read.integer(0, 1_000_000), null);

const scan: read.Read<ScanRequirement> = read.chain(
  read.object({
    critical: count,
    high: count,
    medium: count,
    low: count,
    unknown: count,
    within: read.optional(days, null),
  }),
  (limits) => {
    const given = severities.flatMap((severity) => {
      const limit = limits[severity];
      return limit === null ? [] : [[severity, limit] as const];
    });
    return { most: Object.fromEntries(given), withinMs: limits.within };
  },
);

const signerNames = read.chain(read.listOf(read.name, 50), distinct);

const patterns = read.byKind<readonly string[], read.Reader>('a pattern, or a list of them', {
  scalar: read.chain(pattern, (one) => [one]),
  list: read.chain(read.listOf(pattern, 50), distinct),
});

const provenance: read.Read<ProvenanceRequirement> = read.object({
  builder: read.optional(patterns, []),
  source: read.optional(patterns, []),
  signedBy: read.optional(signerNames, []),
});

/** `environments.E.requires`: what releases have to prove before they come to an environment. */
export const requirements: read.Read<Requirements> = read.chain(
  read.object({
    bom: read.optional(read.chain(read.listOf(read.choice(bomFieldNames), 100), distinct), []),
    sbom: read.optional(read.boolean, false),
    scan: read.optional(scan, null),
    signatures: read.optional(signerNames, []),
    provenance: read.optional(provenance, null),
  }),
  ({ bom, sbom, scan: limits, signatures, provenance: of }) => ({
    bom,
    ...(sbom ? { sbom } : {}),
    ...(limits === null ? {} : { scan: limits }),
    ...(signatures.length === 0 ? {} : { signatures }),
    ...(of === null ? {} : { provenance: of }),
  }),
);

function distinct<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].toSorted();
}
