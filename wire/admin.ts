import { z } from 'zod';
import { moment } from './common.ts';

export const platformView = z
  .object({
    revision: z.number().int(),
    appliedAt: moment,
    refused: z.string().nullable().describe('Why the file given at the last start was refused; null: it was not.'),
    source: z.string().describe('The document as it was applied.'),
  })
  .meta({ id: 'PlatformView', description: 'The platform document in force.' });

/** What the server knows of itself and of its clusters. */
export const doctorView = z
  .object({
    version: z.string().describe('Of Drayage.'),
    installation: z.string().describe('Id that the objects on the clusters are marked with.'),
    recovery: z
      .string()
      .nullable()
      .describe('Why the ledger has to be recovered, and is only read; null: it need not.'),
    head: z.object({ sequence: z.number().int(), hash: z.string() }),
    generation: z.number().int().describe('Of the lease that drives now.'),
    signing: z
      .object({
        state: z
          .enum(['signing', 'behind', 'key-changed', 'failing'])
          .describe('Whether checkpoints of the ledger are signed; if not, why not.'),
        key: z.string().describe('The verifier key of the signatures: `name+id+base64` (C2SP signed-note).'),
        size: z.number().int().describe('Entries that the newest checkpoint covers.'),
        trouble: z.string().nullable().describe('Why nothing is signed; null when it is.'),
      })
      .describe('The signed checkpoints of the ledger.'),
    platform: z
      .object({
        revision: z.number().int(),
        refused: z.string().nullable().describe('Why the file given at the last start was refused; null: it was not.'),
      })
      .nullable()
      .describe('Null: none was ever applied.'),
    clusters: z.array(
      z.object({
        cluster: z.string(),
        engine: z.enum(['swarm', 'simulated']),
        reachable: z.boolean(),
        version: z.string().nullable().describe('Of the engine; null when it does not answer.'),
        nodes: z.number().int().nullable().describe('Null when it does not answer.'),
        findings: z.array(z.string()).describe('What should be mended.'),
      }),
    ),
  })
  .meta({ id: 'DoctorView', description: 'What the server knows of itself and of its clusters.' });

/** `checks` names what the server needs to take requests, and why it does not have it; null where all is well. */
export const healthView = z
  .object({
    status: z.enum(['ok', 'starting', 'draining', 'failing']),
    checks: z
      .record(z.string(), z.string().nullable())
      .describe('What the server needs to take requests, and why it does not have it; null where all is well.'),
  })
  .meta({ id: 'HealthView', description: 'Whether the server lives, and what it lacks.' });

export type PlatformView = z.infer<typeof platformView>;
export type DoctorView = z.infer<typeof doctorView>;
