import { z } from 'zod';
import { bomLine, buildFacts, evidenceView } from './bom.ts';
import { findingsView, signatureView } from './evidence.ts';
import { standingView } from './standing.ts';
import { digest, moment, name, pageQuery, receipt, sourceFile, version } from './common.ts';

/** Registers one version of a service. */
export const releaseRequest = z
  .strictObject({
    service: name,
    version,
    compose: sourceFile,
    overrides: z
      .array(sourceFile)
      .max(49)
      .default([])
      .describe('Compose files that are merged over the first one, in this order.'),
    sources: z
      .record(z.string().min(1).max(1024), z.string().max(16 * 1024 * 1024))
      .default({})
      .describe(
        "Files that the Compose files name: included, extended, with variables or labels; texts by the path from the first file's folder. All texts together have at most 1 MiB.",
      ),
    profiles: z
      .array(z.string().min(1).max(200))
      .max(100)
      .default([])
      .describe('Profiles whose components belong to the release; * for all.'),
    files: z
      .record(z.string().max(1024), z.base64())
      .default({})
      .describe("Files that the definition's configs name, in base64 by the path as written; at most 1,000."),
    vars: z
      .record(z.string().max(200), z.string().max(65_536))
      .default({})
      .describe('Values for `${VARIABLES}` that are fixed at release time.'),
    meta: z
      .record(z.string().max(200), z.string().max(4096))
      .default({})
      .describe('Whatever the builder wants to be told with the release: a commit, a build number.'),
    build: buildFacts.nullable().default(null).describe('What the builder tells of the build; null: nothing.'),
  })
  .meta({ id: 'ReleaseRequest', description: 'One version of a service, to be registered.' });

export const releasesQuery = z.strictObject({
  service: name.optional().describe('Only of this service.'),
  search: z.string().max(100).optional().describe("Text that the service's name or the version contains."),
  ...pageQuery,
});

export const releaseSummary = z
  .object({
    service: z.string(),
    version: z.string(),
    identity: digest.describe('Of its definition, its files and its images.'),
    registeredAt: moment,
    actor: z.string(),
    actorName: z.string().describe('What people call the actor.'),
    sequence: z.number().int().describe('Of the ledger entry that registered it.'),
  })
  .meta({ id: 'ReleaseSummary', description: 'A release in a list.' });

export const releaseView = releaseSummary
  .extend({
    created: z.boolean().describe('False when the same release was there already.'),
    receipt,
    images: z
      .record(
        z.string(),
        z.object({
          reference: z.string().describe('As the definition has it.'),
          resolved: z.string().describe('With its digest.'),
          hasHealthCheck: z.boolean().nullable().describe('Null when the image does not say.'),
        }),
      )
      .describe('By component.'),
    parameters: z
      .array(
        z.object({
          name: z.string(),
          type: z.string().describe('string, integer, number, boolean, enum, duration, size or url.'),
          required: z.boolean(),
          description: z.string().optional(),
          default: z.string().optional().describe('Its value where nothing gives one.'),
          pattern: z.string().optional().describe('A regular expression that the whole value matches.'),
          values: z.array(z.string()).optional().describe('Of an enum: all it can be.'),
          min: z.number().optional(),
          max: z.number().optional(),
        }),
      )
      .describe('What each environment supplies.'),
    files: z.record(z.string(), digest).describe('By path as written.'),
    meta: z.record(z.string(), z.string()),
    warnings: z.array(z.string()),
    source: z
      .object({
        name: z.string(),
        text: z.string(),
        overrides: z.array(z.object({ name: z.string(), text: z.string() })).optional(),
        files: z.record(z.string(), z.string()).optional(),
        profiles: z.array(z.string()).optional(),
      })
      .describe('The definition as it was sent, with the files merged over it and those that they name.'),
    runsIn: z.array(z.string()).describe('Environments whose newest revision names this release.'),
    standings: z.array(standingView).describe('How it stands with each of them.'),
    bom: z.array(bomLine).describe('The bill of materials: every answer, or why there is none.'),
    findings: findingsView,
    signatures: z.array(signatureView).describe('By each signer of the platform document, for each component.'),
    evidence: z.array(evidenceView).describe('Oldest first; of more than 1,000 the newest.'),
  })
  .meta({ id: 'ReleaseView', description: 'A release with all that belongs to it.' });

export type ReleaseRequest = z.infer<typeof releaseRequest>;
export type ReleaseSummary = z.infer<typeof releaseSummary>;
export type ReleaseView = z.infer<typeof releaseView>;
