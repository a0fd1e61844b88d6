import { z } from 'zod';
import { moment, name, pageQuery } from './common.ts';
import { deploymentSummary } from './deployment.ts';
import { specEntry } from './plan.ts';

/** How a component is doing. `unknown` is never shown as fine. */
export const health = z
  .enum(['healthy', 'converging', 'degraded', 'missing', 'unknown'])
  .meta({ id: 'Health', description: 'How a component is doing. `unknown` is not fine: nobody could see it.' });

export const componentStatus = z
  .object({
    cluster: z.string(),
    service: z.string(),
    component: z.string(),
    release: z.string().describe('Version of the release that it comes from.'),
    image: z.string(),
    settled: z.boolean().describe('False while a deployment changes it, or when it is not known what runs.'),
    health,
    running: z.number().int().nullable().describe('Replicas seen running; null when nobody could see.'),
    replicas: z.number().int().describe('Replicas asked for.'),
    message: z.string().nullable().describe("The newest trouble of a task, in the engine's words; null: none."),
  })
  .meta({ id: 'ComponentStatus', description: 'A component: what it is to be, and what was seen of it.' });

export const environmentSummary = z
  .object({
    name: z.string(),
    clusters: z.array(z.string()),
    revision: z.number().int().describe('0 before the first deployment.'),
    services: z.number().int().describe('How many are to run.'),
    unfinished: z.number().int().describe('How many deployments are queued or active.'),
  })
  .meta({ id: 'EnvironmentSummary', description: 'An environment in a list.' });

export const environmentsQuery = z.strictObject({
  search: z.string().max(100).optional().describe('Text that the name contains.'),
  ...pageQuery,
});

export const environmentView = environmentSummary
  .extend({
    spec: z.record(z.string(), specEntry).describe('What is to run, by service.'),
    observed: z.array(
      z.object({
        cluster: z.string(),
        simulated: z.boolean().describe('True: nothing on it is real.'),
        observedAt: moment.nullable().describe('When it was looked at last; null: never since the server started.'),
        trouble: z.string().nullable().describe('Why the look was not complete; null: it was.'),
      }),
    ),
    components: z.array(componentStatus),
    olderSecrets: z
      .array(
        z.object({
          service: z.string(),
          secret: z.string(),
          runs: z.string().describe('The version that it has.'),
          newest: z.string().describe('The newest that Drayage keeps.'),
        }),
      )
      .describe('Who has not got the newest version of a secret; of those that are kept elsewhere plans tell.'),
    deployments: z.array(deploymentSummary).describe('The newest ten.'),
  })
  .meta({ id: 'EnvironmentView', description: 'What an environment is to run and what it was seen to run.' });

/** A line of an environment's history: what a revision changed; null where a service was not there. */
export const revisionView = z
  .object({
    revision: z.number().int(),
    deployment: z.string(),
    actor: z.string(),
    actorName: z.string().describe('What people call the actor.'),
    time: moment,
    changes: z
      .record(
        z.string(),
        z.object({
          from: specEntry.nullable().describe('Null: the service was not there.'),
          to: specEntry.nullable().describe('Null: the service was removed.'),
        }),
      )
      .describe('By service.'),
  })
  .meta({ id: 'RevisionView', description: "A line of an environment's history." });

export const logsQuery = z.strictObject({
  service: name.describe('Whose log.'),
  component: name.optional().describe('Only of this component.'),
  cluster: name.optional().describe('Only on this cluster.'),
  tail: z.coerce.number().int().min(0).max(10_000).default(100).describe('How many of the last lines to begin with.'),
  follow: z
    .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })
    .default(false)
    .meta({ description: 'Go on with new lines instead of ending.', enum: ['true', 'false'] }),
});

/** Data of each `line` event of the log stream; the stream ends with an `end` or `trouble` event. */
export const logLine = z
  .object({
    cluster: z.string(),
    component: z.string(),
    task: z.string(),
    node: z.string().nullable().describe('Null when the engine does not say.'),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
    timeMs: z.number().nullable().describe('Milliseconds since 1970; null when the engine does not say.'),
  })
  .meta({ id: 'LogLine', description: 'A line of the log of a container.' });

export type ComponentStatus = z.infer<typeof componentStatus>;
export type EnvironmentSummary = z.infer<typeof environmentSummary>;
export type EnvironmentView = z.infer<typeof environmentView>;
export type RevisionView = z.infer<typeof revisionView>;
export type WireLogLine = z.infer<typeof logLine>;
