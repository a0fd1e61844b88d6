import { z } from 'zod';
import { digest, name } from './common.ts';

const finding = z
  .object({
    kind: z
      .enum(['unknown-deployment', 'newer', 'differs', 'not-recorded', 'missing'])
      .describe(
        '`unknown-deployment`: a deployment wrote it that the ledger does not know. `newer`: it bears a generation that the ' +
          'ledger never granted. `differs`: it runs something else than the ledger says. `not-recorded`: the ledger has ' +
          'nothing there. `missing`: the ledger has something there, and the engine does not.',
      ),
    environment: name,
    cluster: name,
    service: name,
    component: name,
    release: z.string().nullable().describe('That the engine says it runs; null where it does not say.'),
    deployment: z.string().nullable().describe('That wrote it last, by its label.'),
    generation: z.number().int(),
  })
  .meta({ id: 'RecoveryFinding', description: 'A component of which an engine holds something else than the ledger.' });

/** Whether the ledger has to be recovered, and what that would give up. */
export const recoveryView = z
  .object({
    reason: z.string().nullable().describe('Why a recovery is needed; null when none is, and then all else is empty.'),
    head: z.object({ sequence: z.number().int(), hash: digest }).describe('Where this ledger ends.'),
    signed: z
      .object({ origin: z.string(), size: z.number().int() })
      .nullable()
      .describe('The signed checkpoint that this ledger does not fit: of so many entries. Null: none is known.'),
    highestGranted: z.number().int().describe('The highest generation that this ledger ever granted to a driver.'),
    highestSeen: z.number().int().describe('The highest generation that an object of an engine bears.'),
    findings: z.array(finding).max(1000).describe('What differs on the engines, as far as it was seen.'),
    findingCount: z.number().int().describe('How many there are; at most 1,000 are told.'),
    unseen: z
      .array(z.object({ cluster: name, environment: name, trouble: z.string() }))
      .describe('Places of which it is not known what they run.'),
    unfinished: z
      .array(z.object({ deployment: z.string(), environment: name, services: z.array(name) }))
      .describe('Deployments that a recovery ends, without a write to an engine.'),
    confirm: digest.nullable().describe('What to confirm a recovery with: stands for all that is told here.'),
  })
  .meta({ id: 'RecoveryView', description: 'Whether the ledger has to be recovered, and what that would give up.' });

export const recoverRequest = z
  .strictObject({ confirm: digest.describe('`confirm` of what was shown.') })
  .meta({ id: 'RecoverRequest', description: 'Goes on with a ledger that is behind.' });

export const recoveredView = z
  .object({
    sequence: z.number().int().describe('Of the ledger entry that records the recovery.'),
    generationBase: z.number().int().describe('Every later generation is above it.'),
    key: z.string().describe("The verifier key that signs from now on; its name is the ledger's new origin."),
    ended: z.array(z.string()).describe('Deployments that were ended.'),
  })
  .meta({ id: 'RecoveredView', description: 'What a recovery did.' });

export type RecoveryView = z.infer<typeof recoveryView>;
export type RecoveredView = z.infer<typeof recoveredView>;
