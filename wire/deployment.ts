import { z } from 'zod';
import { digest, moment, name, receipt } from './common.ts';
import { stepView } from './plan.ts';

export const outcome = z.enum([
  'succeeded',
  'failed',
  'rolled-back',
  'rollback-failed',
  'cancelled',
  'refused',
  'superseded',
]);

/** Why something ended as it did, in one sentence and in facts. */
export const causeView = z.object({
  kind: z.string(),
  /** One sentence for people. */
  summary: z.string(),
  step: z.string().nullable(),
  task: z.string().nullable(),
  node: z.string().nullable(),
  exitCode: z.number().nullable(),
  hint: z.string().nullable(),
  /** Last lines of the task's log; null when none were readable or they were erased. */
  logs: z.array(z.object({ stream: z.enum(['stdout', 'stderr']), text: z.string() })).nullable(),
});

export const stepState = z.enum(['waiting', 'started', 'verified', 'failed', 'reverting', 'reverted', 'revert-failed']);

export const deploymentSummary = z.object({
  id: z.string(),
  environment: z.string(),
  services: z.array(z.string()),
  reason: z.string(),
  phase: z.enum(['queued', 'active', 'ended']),
  outcome: outcome.nullable(),
  actor: z.string(),
  acceptedAt: moment,
  endedAt: moment.nullable(),
  sequence: z.number().int(),
});

export const deploymentView = deploymentSummary.extend({
  plan: digest,
  /** Number of entries on the deployment's stream: grows with every change. */
  version: z.number().int(),
  startedAt: moment.nullable(),
  /** True from the first failure or cancel on. */
  reverting: z.boolean(),
  cancelRequested: z.boolean(),
  cause: causeView.nullable(),
  /** Deployments and services that this one waits for. */
  waitsFor: z.array(z.object({ deployment: z.string(), services: z.array(z.string()) })),
  /** What keeps it from going on just now, such as a cluster that does not answer. */
  holds: z.array(z.string()),
  waves: z.array(
    z.array(
      stepView.extend({
        state: stepState,
        cause: causeView.nullable(),
        /** What the last look showed: `2 of 3 running`. */
        progress: z.string().nullable(),
        startedAt: moment.nullable(),
        endedAt: moment.nullable(),
      }),
    ),
  ),
  /** Clusters of the environment on which nothing is real. */
  simulated: z.array(z.string()),
  /** Steps of which it is not known what runs. */
  unknown: z.array(z.string()),
});

/** Answer to an accepted deployment; status 202, or 200 when there is nothing to do. */
export const deploymentAccepted = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('accepted'),
    deployment: z.string(),
    plan: digest,
    receipt,
    waitsFor: z.array(z.string()),
  }),
  /** The same request, or the same plan, is there already. */
  z.object({ kind: z.literal('joined'), deployment: z.string(), plan: digest, receipt, waitsFor: z.array(z.string()) }),
  /** The environment is as the spec asks; nothing was written anywhere. */
  z.object({ kind: z.literal('nothing-to-do'), plan: digest, revision: z.number().int() }),
]);

export const cancelRequest = z.strictObject({
  /** Leave the changes as they are instead of rolling back. */
  leave: z.boolean().default(false),
});

export const deploymentsQuery = z.strictObject({
  environment: name.optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

export type CauseView = z.infer<typeof causeView>;
export type DeploymentSummary = z.infer<typeof deploymentSummary>;
export type DeploymentView = z.infer<typeof deploymentView>;
export type DeploymentAccepted = z.infer<typeof deploymentAccepted>;
