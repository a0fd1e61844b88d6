import type { Digest } from './hash.ts';
import type { Json } from './json.ts';
import type { ParameterChange } from './parameter/changes.ts';
import type { SecretRef } from './secret.ts';
import type { SpecEntry } from './spec.ts';
import type { Spot } from './workload.ts';

/** One member of a workload that differs; `from` and `to` are null where there was or will be none. */
export interface FieldChange {
  /** Path within the workload, such as `variables.LOG_LEVEL` or `image`. */
  readonly field: string;
  readonly from: Json;
  readonly to: Json;
}

/** What a step does; `from` and `to` are digests of stored Targets. */
export type StepChange =
  | { readonly kind: 'create'; readonly to: Digest }
  | {
      readonly kind: 'update';
      readonly from: Digest;
      readonly to: Digest;
      readonly fields: readonly FieldChange[];
      readonly restarts: boolean;
    }
  | {
      readonly kind: 'scale';
      readonly from: Digest;
      readonly to: Digest;
      readonly fromReplicas: number;
      readonly toReplicas: number;
    }
  | { readonly kind: 'remove'; readonly from: Digest };

/** One change to one component of a service on one cluster. */
export interface Step {
  /** `cluster/service/component`. */
  readonly id: string;
  readonly spot: Spot;
  readonly change: StepChange;
  readonly fromRelease: string | null;
  readonly toRelease: string | null;
  /** What the reader should know: why stop-first, what restarts, what was unsettled before. */
  readonly notes: readonly string[];
}

/** A newer version of a secret that a plan does not give to a service, so that none of its tasks restarts for it alone. */
export interface Withheld {
  readonly service: string;
  readonly secret: string;
  /** What its tasks have, and keep until something else replaces them. */
  readonly runs: SecretRef;
  readonly newest: SecretRef;
  /** Who wants it so: whoever asked for the plan, or the service's definition. */
  readonly because: 'asked' | 'declared';
}

/** The ordered difference between what an environment is to run now and what a spec asks. Holds no time, no choice. */
export interface Plan {
  readonly environment: string;
  readonly baseRevision: number;
  readonly platformRevision: number;
  /** service -> its entry once the deployment has succeeded; null: removed. */
  readonly changes: { readonly [service: string]: SpecEntry | null };
  /** Steps that may run at the same time, wave after wave; within a wave sorted by id. */
  readonly waves: readonly (readonly Step[])[];
  /** Clusters of the environment on which nothing is real. */
  readonly simulated: readonly string[];
  /** Ids of what stays as it is. */
  readonly unchanged: readonly string[];
  /** What becomes of the parameters of the services that it changes; absent when nothing does. */
  readonly parameters?: readonly ParameterChange[];
  /** Newer versions of secrets that it gives to nobody; absent without any. */
  readonly withheld?: readonly Withheld[];
}

/** All steps of each plan that was asked for, in order: a plan never changes. */
const flat = new WeakMap<Plan, readonly Step[]>();

/** All steps in order. */
export function stepsOf(plan: Plan): readonly Step[] {
  const known = flat.get(plan);
  if (known !== undefined) return known;
  const steps = plan.waves.flat();
  flat.set(plan, steps);
  return steps;
}

/** Whether the plan asks nothing of any engine. */
export function isEmpty(plan: Plan): boolean {
  return plan.waves.length === 0;
}

/** Digest of the Target that the step leads to; null when it removes. */
export function targetAfter(step: Step): Digest | null {
  return step.change.kind === 'remove' ? null : step.change.to;
}

/** Digest of the Target that ran before; null when the step creates. */
export function targetBefore(step: Step): Digest | null {
  return step.change.kind === 'create' ? null : step.change.from;
}
