import { z } from 'zod';

const lacks = z
  .array(z.string())
  .describe("What of the environment's requirements it does not meet now; empty: it would be taken again.");

export const standingView = z
  .object({ environment: z.string(), lacks })
  .meta({ id: 'StandingView', description: 'How a release stands with an environment that runs it.' });

export const refusalsView = z
  .object({
    items: z.array(
      z.object({ environment: z.string(), service: z.string(), version: z.string(), lacks: z.array(z.string()) }),
    ),
    unreadable: z
      .array(z.object({ service: z.string(), version: z.string(), why: z.string() }))
      .describe(
        'Releases that run and of which what is stored cannot be read, with the reason: how they stand is not known.',
      ),
    unseen: z
      .number()
      .int()
      .describe('Releases that run somewhere and were not looked at yet: ask again, it goes on meanwhile.'),
  })
  .meta({
    id: 'RefusalsView',
    description:
      'Releases that run in environments which would not take them now, until a deployment or a waiver settles it.',
  });

export type StandingView = z.infer<typeof standingView>;
export type RefusalsView = z.infer<typeof refusalsView>;
