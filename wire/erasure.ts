import { z } from 'zod';
import { receipt } from './common.ts';

export const erasureRequest = z
  .strictObject({
    kind: z
      .enum(['logs', 'person'])
      .describe(
        '`logs`: the log excerpts that were kept of a deployment. `person`: what a token, and the browsers that it signed in, are called.',
      ),
    of: z.string().min(1).max(100).describe('Id of the deployment or of the token.'),
  })
  .meta({ id: 'ErasureRequest', description: 'What is to be erased, for ever.' });

export const erasureView = z
  .object({
    contents: z.number().int().describe('How many contents this request erased; 0: all of it was erased before.'),
    receipt: receipt
      .nullable()
      .describe('Of the entry that records it, the last of several; null: nothing was erased.'),
  })
  .meta({ id: 'ErasureView', description: 'What was erased.' });
