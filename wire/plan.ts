import { z } from 'zod';
import { parameterSources } from '../core/parameter/resolve.ts';
import { digest, json, name, sourceFile, version } from './common.ts';

/** Where the wanted spec comes from. */
export const wanted = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('document').describe('A `kind: Deployment` document: the whole of what is to run.'),
      document: sourceFile,
      base: z
        .number()
        .int()
        .min(0)
        .nullable()
        .default(null)
        .describe('The revision that the document was made from; null: what the document says, or none.'),
    }),
    z.strictObject({
      kind: z.literal('change').describe('What runs, with some services at other versions.'),
      environment: name,
      set: z.record(name, version).describe('Version by service.'),
    }),
    z.strictObject({
      kind: z.literal('rollback').describe('What the environment was to run once.'),
      environment: name,
      to: z
        .string()
        .max(100)
        .nullable()
        .default(null)
        .describe('After this deployment; null: before the newest revision.'),
    }),
  ])
  .meta({ id: 'Wanted', description: 'Where the wanted spec comes from.' });

const restartPolicy = z.enum(['changed', 'never']);

const restartWish = z
  .strictObject({
    all: restartPolicy
      .nullable()
      .default(null)
      .describe('Of every service; null: as its definition says, else `changed`.'),
    services: z.record(name, restartPolicy).default({}).describe('By service; goes before `all`.'),
  })
  .meta({
    id: 'RestartWish',
    description:
      'Whether a newer version of a secret alone restarts the tasks that have an older one: `changed`: it does; `never`: they keep the version they have until something else restarts them.',
  });

export const planRequest = z
  .strictObject({
    wanted,
    allowRemove: z.array(name).max(1000).default([]).describe('Services that may be removed.'),
    allowOlder: z
      .union([z.literal(true), z.array(name).max(1000)])
      .default([])
      .describe('Services that may go back to an older version than runs; `true`: all.'),
    restart: restartWish
      .optional()
      .describe('What newer versions of secrets restart; absent: what the definitions say. Not of a rollback.'),
  })
  .meta({ id: 'PlanRequest', description: 'A difference to be worked out.' });

export const deployRequest = planRequest
  .extend({
    expectPlan: digest
      .nullable()
      .default(null)
      .describe('Refuse with `plan.changed` unless the plan has this digest; null: take any.'),
  })
  .meta({ id: 'DeployRequest', description: 'A deployment to be made.' });

const fieldChange = z
  .object({ field: z.string(), from: json, to: json })
  .meta({ id: 'FieldChange', description: 'One member of a workload that changes; a missing side is null.' });

const stepChange = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('create'), to: digest }),
  z.object({
    kind: z.literal('update'),
    from: digest,
    to: digest,
    fields: z.array(fieldChange),
    restarts: z.boolean(),
  }),
  z.object({ kind: z.literal('scale'), from: digest, to: digest, fromReplicas: z.number(), toReplicas: z.number() }),
  z.object({ kind: z.literal('remove'), from: digest }),
]);

export const stepView = z
  .object({
    id: z.string().describe('`cluster/service/component`.'),
    spot: z.object({ cluster: z.string(), service: z.string(), component: z.string() }),
    change: stepChange,
    fromRelease: z.string().nullable().describe('Version that runs before; null: none does.'),
    toRelease: z.string().nullable().describe('Version that runs after; null: none does.'),
    notes: z.array(z.string()).describe('What people should know of how it goes.'),
  })
  .meta({ id: 'StepView', description: 'One change to one component of a service on one cluster.' });

const specEntry = z
  .object({
    version: z.string(),
    replicas: z.number().nullable().describe("On each cluster; null: as the release's definition says."),
    parameters: z.record(z.string(), z.string()),
    ports: z.record(z.string(), z.number()).describe("Port of the cluster by the definition's."),
    cluster: z.string().optional().describe('The one cluster it runs on; absent: as its role says.'),
    secrets: z
      .record(z.string(), z.string())
      .optional()
      .describe('Versions of the secrets that it mounts, by name; absent without any.'),
  })
  .meta({ id: 'SpecEntry', description: 'What a spec says of one service.' });

const parameterValue = z.object({
  value: z.string(),
  source: z
    .enum(parameterSources)
    .describe(
      "`release`: the release's own default; `environment`, `slice`: the platform document; `spec`: the deployment spec.",
    ),
  slice: z.string().optional().describe('The slice that gives it; absent with any other source.'),
});

export const parameterChange = z
  .object({
    service: z.string(),
    parameter: z.string(),
    from: parameterValue.nullable().describe('Null: it had no value.'),
    to: parameterValue.nullable().describe('Null: it has none any more.'),
  })
  .meta({
    id: 'ParameterChange',
    description: 'A parameter that comes to another value, or has it from somewhere else.',
  });

export const withheldSecret = z
  .object({
    service: z.string(),
    secret: z.string(),
    runs: z.string().describe('The version that its tasks have and keep.'),
    newest: z.string().describe('The version that they take once something else restarts them.'),
    because: z.enum(['asked', 'declared']).describe('`asked`: by this request; `declared`: by its definition.'),
  })
  .meta({
    id: 'WithheldSecret',
    description: 'A newer version of a secret that a service is not given, so that none of its tasks restarts for it.',
  });

const contentDiff = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('text'),
    hunks: z
      .array(z.array(z.object({ kind: z.enum(['same', 'removed', 'added']), text: z.string() })))
      .describe('Runs of lines that differ, each with what stands around it.'),
    isCut: z.boolean().describe('There is more than is shown.'),
  }),
  z.object({ kind: z.literal('binary').describe('One of the two is no text.') }),
  z.object({ kind: z.literal('too-large').describe('Larger than is compared.') }),
]);

export const configChange = z
  .object({
    service: z.string(),
    component: z.string(),
    config: z.string(),
    from: digest.nullable().describe('Of the content; null: there was none.'),
    to: digest.nullable().describe('Of the content; null: there is none any more.'),
    diff: contentDiff,
  })
  .meta({ id: 'ConfigChange', description: 'A config whose content changes, line by line.' });

export const deploymentConfigs = z
  .object({ items: z.array(configChange).describe('The first 20.') })
  .meta({ id: 'DeploymentConfigs', description: 'What of the contents of configs a deployment changes.' });

export const planView = z
  .object({
    digest,
    environment: z.string(),
    baseRevision: z.number().int().describe("The environment's revision that it starts from."),
    platformRevision: z.number().int(),
    changes: z
      .record(z.string(), specEntry.nullable())
      .describe('What the spec will say of each changed service; null: it is removed.'),
    waves: z.array(z.array(stepView)).describe('Each waits until the one before is verified.'),
    simulated: z.array(z.string()).describe('Clusters of the environment on which nothing is real.'),
    unchanged: z.array(z.string()).describe('Ids of what stays as it is.'),
    parameters: z.array(parameterChange).describe('What becomes of the parameters of the services that it changes.'),
    withheld: z.array(withheldSecret).describe('Newer versions of secrets that it gives to nobody.'),
    configs: z.array(configChange).describe('What of the contents of configs it changes; the first 20.'),
    warnings: z.array(z.string()).describe('What its author should mend in the document.'),
    advice: z.array(z.string()).describe('What blocks running more of what it changes.'),
    waitsFor: z.array(z.string()).describe('Unfinished deployments that this one would wait for.'),
  })
  .meta({ id: 'PlanView', description: 'The ordered difference between what runs and what is wanted.' });

export type PlanRequest = z.infer<typeof planRequest>;
export type DeployRequest = z.infer<typeof deployRequest>;
export type WithheldSecret = z.infer<typeof withheldSecret>;
export type ParameterChange = z.infer<typeof parameterChange>;
export type ConfigChange = z.infer<typeof configChange>;
export type PlanView = z.infer<typeof planView>;
export type StepView = z.infer<typeof stepView>;
export { specEntry };
