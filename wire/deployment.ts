import { z } from 'zod';
import { digest, moment, name, pageQuery, receipt } from './common.ts';
import { parameterChange, stepView, withheldSecret } from './plan.ts';

export const outcome = z
  .enum(['succeeded', 'failed', 'rolled-back', 'rollback-failed', 'cancelled', 'refused', 'superseded'])
  .meta({ id: 'Outcome', description: 'How a deployment ended.' });

/** Why something ended as it did, in one sentence and in facts. */
export const causeView = z
  .object({
    kind: z.string(),
    summary: z.string().describe('One sentence for people.'),
    step: z.string().nullable().describe('Id of the step; null when no single one failed.'),
    task: z.string().nullable().describe("The engine's id of the task; null when no task failed."),
    node: z.string().nullable().describe('Where the task ran; null when it is not known.'),
    exitCode: z.number().nullable().describe('Of the task; null when it has none.'),
    hint: z.string().nullable().describe('What probably helps; null when nothing is known.'),
    logs: z
      .array(z.object({ stream: z.enum(['stdout', 'stderr']), text: z.string() }))
      .nullable()
      .describe("Last lines of the task's log; null when none were readable, or they were erased."),
    logsErased: z.boolean().describe('Whether lines were kept and have been erased since.'),
  })
  .meta({ id: 'CauseView', description: 'Why something ended as it did, in one sentence and in facts.' });

/** One container of a step's component, as the engine schedules it. */
const taskView = z
  .object({
    name: z.string(),
    node: z.string().nullable().describe('Null while it is not placed.'),
    state: z.enum(['waiting', 'starting', 'running', 'finished', 'failed', 'stopped']),
    wanted: z.boolean().describe('False: the engine lets it end, or it has ended.'),
    current: z.boolean().describe('Made by the present change; false: by what was there before it.'),
    message: z.string().describe("The engine's own words; empty when it says nothing."),
    changedAt: moment.describe("When it last changed its state, by the engine's clock."),
  })
  .meta({ id: 'Task', description: 'One container of a component, as its engine schedules it.' });

export const stepState = z.enum(['waiting', 'started', 'verified', 'failed', 'reverting', 'reverted', 'revert-failed']);

export const deploymentSummary = z
  .object({
    id: z.string(),
    environment: z.string(),
    services: z.array(z.string()).describe('That it changes.'),
    reason: z.string().describe('What asked for it, for people.'),
    phase: z.enum(['queued', 'active', 'ended']),
    outcome: outcome.nullable().describe('How it ended; null while it has not.'),
    actor: z.string(),
    actorName: z.string().describe('What people call the actor.'),
    acceptedAt: moment,
    endedAt: moment.nullable().describe('Null while it has not ended.'),
    sequence: z.number().int().describe('Of the ledger entry that accepted it.'),
  })
  .meta({ id: 'DeploymentSummary', description: 'A deployment in a list.' });

const stepRun = stepView
  .extend({
    state: stepState,
    cause: causeView.nullable().describe('Why it failed; null when it did not.'),
    progress: z.string().nullable().describe('What the last look showed: `2 of 3 running`; null before the first.'),
    tasks: z
      .array(taskView)
      .describe('While the step is under way: its tasks by the last look, wanted ones first; at most 20.'),
    startedAt: moment.nullable().describe('Null before it started.'),
    endedAt: moment.nullable().describe('Null before it ended.'),
  })
  .meta({ id: 'StepRun', description: 'A step of a deployment, as it goes on.' });

export const deploymentView = deploymentSummary
  .extend({
    plan: digest,
    version: z.number().int().describe("Number of entries on the deployment's stream: grows with every change."),
    startedAt: moment.nullable().describe('Null while it is queued.'),
    reverting: z.boolean().describe('True from the first failure or cancel on, unless what is there is left as it is.'),
    cancelRequested: z.boolean(),
    cause: causeView.nullable().describe('Why it ended as it did, or rolls back; null when nothing went wrong.'),
    waitsFor: z
      .array(z.object({ deployment: z.string(), services: z.array(z.string()) }))
      .describe('Deployments, and the services shared with them, that this one waits for.'),
    holds: z
      .array(z.string())
      .describe('What keeps it from going on just now, such as a cluster that does not answer.'),
    waves: z.array(z.array(stepRun)),
    parameters: z.array(parameterChange).describe('What becomes of the parameters of the services that it changes.'),
    withheld: z.array(withheldSecret).describe('Newer versions of secrets that it gives to nobody.'),
    receipts: z
      .object({ accepted: receipt, ended: receipt.nullable().describe('Null while it has not ended.') })
      .describe('Of the ledger entries that accepted the deployment and that ended it.'),
    simulated: z.array(z.string()).describe('Clusters of the environment on which nothing is real.'),
    unknown: z.array(z.string()).describe('Steps of which it is not known what runs.'),
  })
  .meta({ id: 'DeploymentView', description: 'A deployment with its waves, its steps and its cause.' });

/** Answer to an accepted deployment; status 202, or 200 when there is nothing to do. */
export const deploymentAccepted = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('accepted'),
      deployment: z.string(),
      plan: digest,
      receipt,
      waitsFor: z.array(z.string()),
    }),
    z.object({
      kind: z.literal('joined').describe('The same request, or what brings the same, is there already.'),
      deployment: z.string(),
      plan: digest,
      receipt,
      waitsFor: z.array(z.string()),
    }),
    z.object({
      kind: z.literal('nothing-to-do').describe('The environment is as the spec asks; nothing was written anywhere.'),
      plan: digest,
      revision: z.number().int(),
    }),
  ])
  .meta({ id: 'DeploymentAccepted', description: 'What became of a deployment that was asked for.' });

export const cancelRequest = z
  .strictObject({
    leave: z.boolean().default(false).describe('Leave the changes as they are instead of rolling back.'),
  })
  .meta({ id: 'CancelRequest', description: 'How a deployment is to be cancelled.' });

export const deploymentsQuery = z.strictObject({
  environment: name.optional().describe('Only those in this environment.'),
  service: name.optional().describe('Only those that change this service.'),
  phase: z.enum(['queued', 'active', 'ended']).optional().describe('Only those in this phase.'),
  outcome: outcome.optional().describe('Only those that ended so.'),
  search: z.string().max(100).optional().describe("Text that the id, the reason or a service's name contains."),
  ...pageQuery,
});

export type CauseView = z.infer<typeof causeView>;
export type DeploymentSummary = z.infer<typeof deploymentSummary>;
export type TaskView = z.infer<typeof taskView>;
export type DeploymentView = z.infer<typeof deploymentView>;
export type DeploymentAccepted = z.infer<typeof deploymentAccepted>;
