import type { DeploymentEvent } from '../../../core/event.ts';
import { workloadName } from '../../../core/names.ts';
import { stepsOf, targetAfter, targetBefore, type Step } from '../../../core/plan.ts';
import { isTouched, progressOf, stepsIn } from '../../../core/rollout/state.ts';
import type { Target } from '../../../core/workload.ts';
import type { InspectedTask, Inspection } from '../../../engine/simulated/inspection.ts';
import type { Reader } from '../../../store/sqlite/reader.ts';
import { environment, monitorMs } from '../scenario.ts';
import type { Findings } from './findings.ts';
import type { AuditedDeployment } from './ledger-audit.ts';

export interface OutcomeAuditParts {
  readonly reader: Reader;
  readonly findings: Findings;
  readonly inspect: (cluster: string) => Inspection;
}

/** Compares what is recorded with what is, at the moment it becomes durable. */
export function auditOutcome(of: AuditedDeployment, event: DeploymentEvent, parts: OutcomeAuditParts): void {
  if (event.kind === 'step-verified' || event.kind === 'revert-verified') {
    const step = stepsOf(of.plan).find(({ id }) => id === event.step);
    if (step !== undefined) checkGoal('what is verified was watched', of, step, event.target, parts);
    return;
  }
  if (event.kind !== 'deployment-ended') return;
  const steps = stepsIn(of.rollout);
  if (event.outcome === 'succeeded')
    for (const step of stepsOf(of.plan)) checkGoal('what succeeded is congruent', of, step, targetAfter(step), parts);
  const isBack = event.outcome === 'rolled-back' || (event.outcome === 'cancelled' && of.events.some(isTurn));
  if (!isBack) return;
  for (const step of stepsOf(of.plan))
    if (isTouched(progressOf(steps, step.id)))
      checkGoal('what was rolled back runs as before', of, step, targetBefore(step), parts);
}

function isTurn({ kind }: DeploymentEvent): boolean {
  return kind === 'rollback-started';
}

function checkGoal(
  property: Parameters<Findings['violated']>[0],
  { id }: AuditedDeployment,
  { spot }: Pick<Step, 'spot'>,
  digest: string | null,
  parts: OutcomeAuditParts,
): void {
  const seen = parts.inspect(spot.cluster);
  const name = workloadName({ environment, ...spot });
  const trouble =
    digest === null ? remains(seen, name) : misses(seen, name, readTarget(parts.reader, digest), property);
  if (trouble !== null) parts.findings.violated(property, `${id}: ${name} on ${spot.cluster}: ${trouble}`);
}

/** What is left of an object that is to be gone. */
function remains({ services }: Inspection, name: string): string | null {
  return services.some((service) => service.name === name) ? 'it is still there' : null;
}

/** What lacks to a target, but for what crashed after it had served. */
function misses(
  { services, tasks, atMs }: Inspection,
  name: string,
  target: Target,
  property: Parameters<Findings['violated']>[0],
): string | null {
  const object = services.find((service) => service.name === name);
  if (object === undefined) return 'it is not there';
  if (object.tombstone) return 'it is being removed';
  if (object.workload !== target.hash) return `it holds ${object.workload.slice(0, 8)}, not ${target.hash.slice(0, 8)}`;
  const { replicas } = target.workload;
  if (object.replicas !== replicas) return `it has ${object.replicas} replicas, not ${replicas}`;
  // A change of the number of replicas alone leaves the containers that run.
  const own = tasks.filter((task) => task.serviceId === object.id && task.image === target.workload.image);
  const heldMs = property === 'what is verified was watched' ? monitorMs : 0;
  const serving = own.filter((task) => isServing(task) && (task.healthyAtMs ?? atMs) + heldMs <= atMs);
  const excused = new Set(own.filter((task) => hasFailed(task)).map(({ slot }) => slot));
  for (const { slot } of serving) excused.delete(slot);
  const lacking = replicas - serving.length - excused.size;
  if (lacking > 0) return `${lacking} of ${replicas} do not run for ${heldMs} ms, and nothing happened to them`;
  return null;
}

function isServing(task: InspectedTask): boolean {
  return task.healthyAtMs !== null && task.endedAtMs === null && task.stopAskedAtMs === null;
}

/** Ended by itself or by the world, after it had served. */
function hasFailed({ healthyAtMs, endedBy, stopAskedBy, endedAtMs }: InspectedTask): boolean {
  if (healthyAtMs === null || endedAtMs === null) return healthyAtMs !== null && stopAskedBy === 'node-lost';
  return endedBy === 'behaviour' || endedBy === 'crash' || endedBy === 'node-crash' || endedBy === 'node-lost';
}

/** What the inventory calls settled must run once all is at rest; and nothing runs that it does not hold. */
export function auditRest(clusters: readonly string[], parts: OutcomeAuditParts): void {
  const rows = parts.reader.inventory(environment);
  for (const cluster of clusters) {
    const seen = parts.inspect(cluster);
    const here = rows.filter((row) => row.cluster === cluster);
    for (const row of here.filter(({ settled }) => settled)) {
      const name = workloadName(row);
      const trouble = misses(seen, name, readTarget(parts.reader, row.target), 'what is settled runs');
      if (trouble !== null) parts.findings.violated('what is settled runs', `${name} on ${cluster}: ${trouble}`);
    }
    const known = new Set(here.map((row) => workloadName(row)));
    for (const { name } of seen.services) {
      if (!known.has(name))
        parts.findings.violated('nothing runs that the ledger does not hold', `${name} on ${cluster}`);
    }
  }
}

function readTarget(reader: Reader, digest: string): Target {
  const blob = reader.blob(digest);
  if (blob === null) throw new Error(`the target ${digest} is missing`);
  return JSON.parse(new TextDecoder().decode(blob)) as Target;
}
