import { z } from 'zod';
import { digest, json, name, sourceFile, version } from './common.ts';

/** Where the wanted spec comes from. */
export const wanted = z.discriminatedUnion('kind', [
  /** A `kind: Deployment` document: the whole of what is to run. */
  z.strictObject({
    kind: z.literal('document'),
    document: sourceFile,
    base: z.number().int().min(0).nullable().default(null),
  }),
  /** What runs, with some services at other versions. */
  z.strictObject({ kind: z.literal('change'), environment: name, set: z.record(name, version) }),
  /** What the environment was to run after a deployment; null: before the newest revision. */
  z.strictObject({ kind: z.literal('rollback'), environment: name, to: z.string().max(100).nullable().default(null) }),
]);

export const planRequest = z.strictObject({
  wanted,
  /** Services that may be removed. */
  allowRemove: z.array(name).max(1000).default([]),
  /** Services that may go back to an older version than runs; `true`: all. */
  allowOlder: z.union([z.literal(true), z.array(name).max(1000)]).default([]),
});

export const deployRequest = planRequest.extend({
  /** Refuse with `plan.changed` unless the plan has this digest. */
  expectPlan: digest.nullable().default(null),
});

const fieldChange = z.object({ field: z.string(), from: json, to: json });

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

export const stepView = z.object({
  id: z.string(),
  spot: z.object({ cluster: z.string(), service: z.string(), component: z.string() }),
  change: stepChange,
  fromRelease: z.string().nullable(),
  toRelease: z.string().nullable(),
  notes: z.array(z.string()),
});

const specEntry = z.object({
  version: z.string(),
  replicas: z.number().nullable(),
  parameters: z.record(z.string(), z.string()),
  ports: z.record(z.string(), z.number()),
});

export const planView = z.object({
  digest,
  environment: z.string(),
  baseRevision: z.number().int(),
  platformRevision: z.number().int(),
  changes: z.record(z.string(), specEntry.nullable()),
  waves: z.array(z.array(stepView)),
  /** Clusters of the environment on which nothing is real. */
  simulated: z.array(z.string()),
  unchanged: z.array(z.string()),
  warnings: z.array(z.string()),
  /** Unfinished deployments that this one would wait for. */
  waitsFor: z.array(z.string()),
});

export type PlanRequest = z.infer<typeof planRequest>;
export type DeployRequest = z.infer<typeof deployRequest>;
export type PlanView = z.infer<typeof planView>;
export type StepView = z.infer<typeof stepView>;
export { specEntry };
