import type { PlannedDeployment } from '../../app/api.ts';
import type { Plan, Step, StepChange } from '../../core/plan.ts';
import type { ContentDiff } from '../../core/planning/text-diff.ts';
import type { SecretRef } from '../../core/secret.ts';
import type { SpecEntry } from '../../core/spec.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { PlanView, StepView } from '../../wire/plan.ts';

/** A plan as the wire has it. */
export function planView({ plan, digest, warnings, advice, configs, waitsFor }: PlannedDeployment): PlanView {
  return {
    digest,
    environment: plan.environment,
    baseRevision: plan.baseRevision,
    platformRevision: plan.platformRevision,
    changes: mapValues(plan.changes, (entry) => (entry === null ? null : specEntryView(entry))),
    waves: plan.waves.map((wave) => wave.map(stepView)),
    simulated: [...plan.simulated],
    unchanged: [...plan.unchanged],
    parameters: parameterViews(plan),
    withheld: withheldViews(plan),
    configs: configViews(configs),
    warnings: [...warnings],
    advice: [...advice],
    waitsFor: [...waitsFor],
  };
}

/** Changed configs with their differences. */
export function configViews(configs: PlannedDeployment['configs']): PlanView['configs'] {
  return configs.map(({ diff, ...of }) => ({ ...of, diff: diffView(diff) }));
}

/** What becomes of a plan's parameters. */
export function parameterViews({ parameters = [] }: Plan): PlanView['parameters'] {
  return parameters.map((change) => ({ ...change }));
}

/** Which newer versions of secrets a plan gives to nobody. */
export function withheldViews({ withheld = [] }: Plan): PlanView['withheld'] {
  return withheld.map((one) => ({ ...one, runs: versionOf(one.runs), newest: versionOf(one.newest) }));
}

function diffView(diff: ContentDiff): PlanView['configs'][number]['diff'] {
  if (diff.kind !== 'text') return { ...diff };
  return { ...diff, hunks: diff.hunks.map((hunk) => hunk.map((line) => ({ ...line }))) };
}

/** A step of a plan. */
export function stepView(step: Step): StepView {
  const { cluster, service, component } = step.spot;
  return {
    id: step.id,
    spot: { cluster, service, component },
    change: changeView(step.change),
    fromRelease: step.fromRelease,
    toRelease: step.toRelease,
    notes: [...step.notes],
  };
}

/** A service's entry in a spec. */
export function specEntryView(entry: SpecEntry): PlanView['changes'][string] & object {
  return {
    version: entry.version,
    replicas: entry.replicas,
    parameters: { ...entry.parameters },
    ports: { ...entry.ports },
    ...(entry.cluster === undefined ? {} : { cluster: entry.cluster }),
    ...(entry.secrets === undefined ? {} : { secrets: mapValues(entry.secrets, versionOf) }),
  };
}

/** A version as plans show it. */
export function versionOf(ref: SecretRef): string {
  return ref.kind === 'version' ? ref.version : `${ref.name} of the engine`;
}

/** The same keys with other values. */
export function mapValues<T, U>(record: { readonly [key: string]: T }, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function changeView(change: StepChange): StepView['change'] {
  switch (change.kind) {
    case 'create':
    case 'remove':
    case 'scale':
      return { ...change };
    case 'update':
      return { ...change, fields: change.fields.map((field) => ({ ...field })) };
    default:
      return unreachable(change);
  }
}
