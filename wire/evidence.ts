import { z } from 'zod';
import { bomFormats } from '../core/evidence/export.ts';
import { severities } from '../core/evidence/summary.ts';
import { moment, name } from './common.ts';

export const attachRequest = z
  .strictObject({
    content: z.base64().describe('The document in base64: at most 50 MiB, and at most 11 MiB compressed.'),
    compressed: z.boolean().default(false).describe('Whether its bytes are compressed (gzip, RFC 1952) before that.'),
    component: name
      .nullable()
      .default(null)
      .describe('Whose image it speaks of; null: what it names itself, or the only one.'),
  })
  .meta({
    id: 'AttachRequest',
    description:
      'An SBOM (CycloneDX, SPDX), a report (Trivy, Grype, SARIF, CycloneDX), VEX (OpenVEX, CycloneDX), an in-toto statement, or a signature (a sigstore bundle, a DSSE envelope, the descriptor of a cosign signature with its `data`), as JSON.',
  });

export const bomQuery = z.strictObject({
  format: z
    .enum(bomFormats)
    .default('cyclonedx')
    .describe(
      '`cyclonedx`: CycloneDX 1.6. `in-toto`: that, as the predicate of a statement about its images; not signed.',
    ),
});

const findingState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open').describe('It counts.') }),
  z.object({
    kind: z.literal('waived').describe('Somebody answers for it.'),
    reason: z.string(),
    until: moment,
    actor: z.string(),
  }),
  z.object({
    kind: z.literal('not-affected').describe('A VEX document says so.'),
    why: z.string().nullable().describe('Null: it does not say why.'),
  }),
]);

export const findingView = z
  .object({
    id: z.string().describe('As the scanner names it.'),
    aliases: z.array(z.string()),
    severity: z.enum(severities),
    package: z.string(),
    version: z.string().nullable().describe('Null: the scanner does not say.'),
    fixedIn: z.string().nullable().describe('Null: nobody knows of a fixed version.'),
    image: z.string().nullable().describe('Digest of the image.'),
    tool: z.string().describe('The scanner.'),
    state: findingState,
  })
  .meta({ id: 'FindingView', description: 'A vulnerability in a package of an image, and whether it counts.' });

const count = z.number().int();
const countOfEach = { critical: count, high: count, medium: count, low: count, unknown: count };

export const findingsView = z
  .object({
    counts: z.object(countOfEach).describe('Open findings by severity.'),
    waived: z.number().int(),
    notAffected: z.number().int(),
    scanned: z.array(z.object({ image: z.string(), at: moment })).describe('Images that a report speaks of.'),
  })
  .meta({ id: 'FindingsView', description: 'What scanners found in a release, by their newest reports.' });

export const signatureView = z
  .object({
    component: z.string(),
    image: z.string().describe('Digest of its image.'),
    signer: z.string().describe('Name of the signer in the platform document.'),
    requiredBy: z.array(z.string()).describe('Environments that ask for this signature.'),
    state: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('valid').describe('It is signed.'),
        by: z.string().describe('The key, or the identity that was vouched for.'),
        entry: z.number().int().describe('Of the ledger entry that appended the signature.'),
      }),
      z.object({
        kind: z.literal('lacking').describe('No signature counts.'),
        found: z.array(z.string()).describe('What was found instead, and where nothing was.'),
      }),
    ]),
  })
  .meta({ id: 'SignatureView', description: 'Whether an image is signed by a signer, as it is judged now.' });

export const whereView = z
  .object({
    vulnerability: z.string(),
    releases: z
      .array(
        z.object({
          service: z.string(),
          version: z.string(),
          runsIn: z.array(z.string()).describe('Environments whose newest revision names it.'),
          findings: z.array(findingView),
        }),
      )
      .describe('Those that run somewhere first; at most 200.'),
  })
  .meta({ id: 'WhereView', description: 'Releases whose newest report names a vulnerability.' });

export const waiverRequest = z
  .strictObject({
    vulnerability: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'such as CVE-2024-1234')
      .describe('Name of the vulnerability, such as CVE-2024-1234.'),
    service: name.nullable().default(null).describe('Where it is waived; null: in every service.'),
    reason: z.string().min(1).max(500).describe('Why; it stays on the ledger for ever.'),
    until: moment.describe('When it ends by itself.'),
  })
  .meta({ id: 'WaiverRequest', description: 'A vulnerability that somebody answers for until a moment.' });

export const waiverView = z
  .object({
    waiver: z.string().describe('Its id.'),
    sequence: z.number().int().describe('Of the entry that records it.'),
  })
  .meta({ id: 'WaiverView', description: 'A recorded waiver.' });

export type FindingView = z.infer<typeof findingView>;
export type FindingsView = z.infer<typeof findingsView>;
export type WhereView = z.infer<typeof whereView>;
export type SignatureView = z.infer<typeof signatureView>;
