import { z } from 'zod';
import { moment } from './common.ts';

export const role = z.enum(['admin', 'viewer']);

export const tokenRequest = z.strictObject({ name: z.string().min(1).max(100), role: role.default('admin') });

export const tokenSummary = z.object({
  id: z.string(),
  name: z.string(),
  role,
  createdAt: moment,
  revokedAt: moment.nullable(),
});

/** The only time that the secret is shown. */
export const tokenCreated = tokenSummary.extend({ secret: z.string() });

export const platformView = z.object({
  revision: z.number().int(),
  appliedAt: moment,
  /** Null unless the file given at the last start was refused; then why. */
  refused: z.string().nullable(),
  source: z.string(),
});

/** What the server knows of itself and of its clusters. */
export const doctorView = z.object({
  version: z.string(),
  installation: z.string(),
  head: z.object({ sequence: z.number().int(), hash: z.string() }),
  generation: z.number().int(),
  platform: z.object({ revision: z.number().int(), refused: z.string().nullable() }).nullable(),
  clusters: z.array(
    z.object({
      cluster: z.string(),
      engine: z.enum(['swarm', 'simulated']),
      reachable: z.boolean(),
      version: z.string().nullable(),
      nodes: z.number().int().nullable(),
      findings: z.array(z.string()),
    }),
  ),
});

export const healthView = z.object({ status: z.enum(['ok', 'starting', 'draining']) });

export type TokenSummary = z.infer<typeof tokenSummary>;
export type PlatformView = z.infer<typeof platformView>;
export type DoctorView = z.infer<typeof doctorView>;
