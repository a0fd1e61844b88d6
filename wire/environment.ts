import { z } from 'zod';
import { moment, name } from './common.ts';
import { deploymentSummary } from './deployment.ts';
import { specEntry } from './plan.ts';

/** How a component is doing. `unknown` is never shown as fine. */
export const health = z.enum(['healthy', 'converging', 'degraded', 'missing', 'unknown']);

export const componentStatus = z.object({
  cluster: z.string(),
  service: z.string(),
  component: z.string(),
  release: z.string(),
  image: z.string(),
  /** False while a deployment changes it, or when it is not known what runs. */
  settled: z.boolean(),
  health,
  running: z.number().int().nullable(),
  replicas: z.number().int(),
  /** The newest trouble of a task, in the engine's words. */
  message: z.string().nullable(),
});

export const environmentSummary = z.object({
  name: z.string(),
  clusters: z.array(z.string()),
  revision: z.number().int(),
  services: z.number().int(),
  unfinished: z.number().int(),
});

export const environmentView = environmentSummary.extend({
  spec: z.record(z.string(), specEntry),
  observed: z.array(
    z.object({
      cluster: z.string(),
      simulated: z.boolean(),
      observedAt: moment.nullable(),
      /** Null when the look was complete. */
      trouble: z.string().nullable(),
    }),
  ),
  components: z.array(componentStatus),
  deployments: z.array(deploymentSummary),
});

export const logsQuery = z.strictObject({
  service: name,
  component: name.optional(),
  cluster: name.optional(),
  tail: z.coerce.number().int().min(0).max(10_000).default(100),
  follow: z.stringbool().default(false),
});

/** Data of each `line` event of the log stream; the stream ends with an `end` or `trouble` event. */
export const logLine = z.object({
  cluster: z.string(),
  component: z.string(),
  task: z.string(),
  node: z.string().nullable(),
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
  timeMs: z.number().nullable(),
});

export type ComponentStatus = z.infer<typeof componentStatus>;
export type EnvironmentSummary = z.infer<typeof environmentSummary>;
export type EnvironmentView = z.infer<typeof environmentView>;
export type WireLogLine = z.infer<typeof logLine>;
