import { z } from 'zod';
import { moment, pageNext, pageQuery } from './common.ts';
import { environmentSummary, health } from './environment.ts';

export const overviewQuery = z.strictObject({
  search: z.string().max(100).optional().describe("Text that the service's name contains."),
  health: health.optional().describe('Only services that are so somewhere.'),
  ...pageQuery,
});

const cell = z
  .object({
    version: z.string(),
    health: health.describe(
      'The worst of its components; `unknown` when the last look is too old or was not complete.',
    ),
    running: z.number().int().nullable().describe('Replicas seen running; null when nobody could see.'),
    replicas: z.number().int().describe('Replicas asked for.'),
    since: moment.describe('When this version came.'),
    message: z.string().nullable().describe("The newest trouble of a task, in the engine's words; null: none."),
  })
  .meta({ id: 'OverviewCell', description: 'What stands where a service meets an environment.' });

const overviewEnvironment = environmentSummary
  .extend({
    simulated: z.boolean().describe('True: nothing in it is real.'),
    observedAt: moment.nullable().describe('The oldest of the newest looks at its clusters; null before the first.'),
    trouble: z.string().nullable().describe('Why a look was not complete; null: all were.'),
  })
  .meta({ id: 'OverviewEnvironment', description: 'A column of the overview.' });

/** Every service against every environment, from the last look of the server's own loop. */
export const overviewView = z
  .object({
    environments: z.array(overviewEnvironment),
    services: z.array(
      z.object({
        service: z.string(),
        cells: z
          .array(
            z.object({
              now: cell.nullable().describe('Null where it does not run.'),
              moving: z
                .object({ deployment: z.string(), phase: z.enum(['queued', 'active']) })
                .nullable()
                .describe('The unfinished deployment that changes it here; null: none does.'),
            }),
          )
          .describe('In the order of `environments`.'),
      }),
    ),
    next: pageNext,
    total: z.number().int().describe('Services that match, on all pages.'),
    healths: z
      .object({
        healthy: z.number().int(),
        converging: z.number().int(),
        degraded: z.number().int(),
        missing: z.number().int(),
        unknown: z.number().int(),
      })
      .describe('Service-environment pairs by health, whatever the search.'),
  })
  .meta({ id: 'OverviewView', description: 'Every service against every environment.' });

export const clusterView = z
  .object({
    cluster: z.string(),
    engine: z.enum(['swarm', 'simulated']),
    roles: z.array(z.string()),
    address: z.string().nullable().describe('Where other clusters reach it; null: nowhere.'),
    stepsAtOnce: z.number().int().describe('The most steps of one deployment that run on it at once.'),
    startsAtOnce: z
      .number()
      .int()
      .describe('The most tasks that may be starting on it at once because of Drayage, over all deployments.'),
    startsUnderWay: z.number().int().describe('How many tasks may be starting on it now because of Drayage.'),
    environments: z.array(z.string()),
    version: z.string().nullable().describe('Of the engine; null before it first answered.'),
    nodes: z.array(z.object({ name: z.string(), ready: z.boolean(), manager: z.boolean() })),
    findings: z.array(z.string()).describe('What should be mended.'),
    observedAt: moment.nullable().describe('When it last answered; null: never since the server started.'),
    trouble: z.string().nullable().describe('Why it does not answer now; null when it does.'),
  })
  .meta({ id: 'ClusterView', description: 'A cluster as it was last seen.' });

export type OverviewView = z.infer<typeof overviewView>;
export type ClusterView = z.infer<typeof clusterView>;
