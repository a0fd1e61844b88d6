import { z } from 'zod';
import { digest, moment, name, receipt, sourceFile, version } from './common.ts';

/** Registers one version of a service. */
export const releaseRequest = z.strictObject({
  service: name,
  version,
  compose: sourceFile,
  /** Files that the definition's configs name: path as written -> base64. */
  files: z.record(z.string().max(1024), z.base64()).default({}),
  /** Values for `${VARIABLES}` that are fixed at release time. */
  vars: z.record(z.string().max(200), z.string().max(65_536)).default({}),
  meta: z.record(z.string().max(200), z.string().max(4096)).default({}),
});

export const releaseSummary = z.object({
  service: z.string(),
  version: z.string(),
  identity: digest,
  registeredAt: moment,
  actor: z.string(),
  sequence: z.number().int(),
});

export const releaseView = releaseSummary.extend({
  /** False when the same release was there already. */
  created: z.boolean(),
  receipt,
  images: z.record(
    z.string(),
    z.object({ reference: z.string(), resolved: z.string(), hasHealthCheck: z.boolean().nullable() }),
  ),
  parameters: z.array(z.object({ name: z.string(), type: z.string(), required: z.boolean() })),
  files: z.record(z.string(), digest),
  meta: z.record(z.string(), z.string()),
  warnings: z.array(z.string()),
  source: z.object({ name: z.string(), text: z.string() }),
});

export type ReleaseSummary = z.infer<typeof releaseSummary>;
export type ReleaseView = z.infer<typeof releaseView>;
