import { canonical } from '../canonical.ts';
import type { ServiceDefinition } from '../definition.ts';
import { Fault } from '../fault.ts';
import { digestOf, type Digest } from '../hash.ts';
import type { Plan, Step, Withheld } from '../plan.ts';
import type { ParameterChange } from '../parameter/changes.ts';
import type { EnvironmentDefinition, Platform } from '../platform.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import { firstOf, retarget, spotName, targetDigest, type Target } from '../workload.ts';
import { checkAllowances } from './allowances.ts';
import type { InventoryItem } from './inventory-item.ts';
import { checkOverrides, makeTarget } from './make-target.ts';
import { makeStep } from './make-step.ts';
import { entryOf } from './merge-specs.ts';
import { checkNetworks } from './networks.ts';
import { levelsOf } from './order.ts';
import { clustersFor, type Placed } from './place.ts';
import { checkPorts, claimsOf, holdersBefore, type PortClaim } from './ports.ts';
import { dependencies, type Wanted } from './dependencies.ts';
import { checkNames, reachFrom } from './exports.ts';

export interface PlanningInput {
  readonly environment: string;
  readonly environmentDefinition: EnvironmentDefinition;
  readonly platform: Platform;
  readonly platformRevision: number;
  readonly baseRevision: number;
  readonly current: Spec;
  /** The merged spec: the whole of what is to run. */
  readonly spec: Spec;
  /** Of every service of the spec, its parameters filled in. */
  readonly definitions: ReadonlyMap<string, ServiceDefinition>;
  readonly inventory: readonly InventoryItem[];
  /** Ports that other environments hold on the same clusters. */
  readonly otherClaims: readonly PortClaim[];
  /** Services that unfinished deployments of this environment hold: what the inventory says of them is in motion. */
  readonly busy: ReadonlySet<string>;
  /** `service/component` of images that are known to have no health check. */
  readonly unchecked: ReadonlySet<string>;
  /** How parameters differ from what they were when the current revision was made; absent: they do not. */
  readonly parameters?: readonly ParameterChange[];
  /** Newer versions of secrets that the spec leaves out; absent: none. */
  readonly withheld?: readonly Withheld[];
}

export interface PlanningResult {
  readonly plan: Plan;
  readonly digest: Digest;
  /** Every target that the plan leads to, by digest. Those that it comes from are stored: the inventory names them. */
  readonly targets: ReadonlyMap<Digest, Target>;
}

/** Plans the way from what runs to what is wanted. Deterministic: the same input gives the same plan, byte for byte. */
export function makePlan(input: PlanningInput): PlanningResult {
  const wanted = wantedTargets(input);
  const changes = changedEntries(input.current, input.spec);
  const isElsewhere = (service: string) => input.busy.has(service) && !Object.hasOwn(changes, service);
  const coming = input.inventory.filter(({ spot }) => isElsewhere(spot.service) && !wanted.has(spotName(spot)));
  checkPorts(
    [...wanted.values()].map((it) => it.target),
    [...input.otherClaims, ...coming.flatMap((item) => claimsOf(item.target))],
  );
  checkNames([...coming.map((item) => item.target), ...[...wanted.values()].map((it) => it.target)]);
  const targets = new Map<Digest, Target>();
  const remember = (target: Target) => {
    const digest = targetDigest(target);
    targets.set(digest, target);
    return digest;
  };
  const before = new Map(input.inventory.map((item) => [spotName(item.spot), item]));
  const steps = new Map<string, Step>();
  const unchanged: string[] = [];
  for (const id of [...new Set([...wanted.keys(), ...before.keys()])].toSorted()) {
    const spot = (wanted.get(id) ?? before.get(id))?.spot;
    // Whose entry this plan does not change, another deployment may: its work is not to be undone as a difference.
    const isOthers = spot !== undefined && isElsewhere(spot.service);
    const step = isOthers
      ? null
      : makeStep(before.get(id) ?? null, wanted.get(id)?.target ?? null, remember, input.unchecked);
    if (step === null) unchanged.push(id);
    else steps.set(id, withReached(step, wanted.get(id)));
  }
  const changing = [...steps.keys()].flatMap((id) => wanted.get(id)?.target ?? []);
  // What it reaches on its node is the same on each cluster.
  checkAllowances([...new Set(changing.map(({ workload }) => firstOf(workload)))], input.environmentDefinition);
  checkNetworks(changing, input.inventory);
  const stepped = new Set([...steps.values()].map((step) => step.spot.service));
  const parameters = (input.parameters ?? []).filter(
    ({ service }) => stepped.has(service) || Object.hasOwn(changes, service),
  );
  const plan: Plan = {
    environment: input.environment,
    baseRevision: input.baseRevision,
    platformRevision: input.platformRevision,
    changes,
    waves: wavesOf(input, wanted, steps, before),
    simulated: simulatedClusters(input),
    unchanged,
    // Left out when it was: the plan of what has no parameters stays the same, byte for byte.
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(input.withheld === undefined || input.withheld.length === 0 ? {} : { withheld: input.withheld }),
  };
  return { plan, digest: digestOf(plan), targets };
}

function simulatedClusters({ environmentDefinition, platform }: PlanningInput): readonly string[] {
  return environmentDefinition.clusters.filter((name) => platform.clusters[name]?.engine === 'simulated').toSorted();
}

/** A step that starts tasks says where they reach what runs on other clusters. */
function withReached(step: Step, wanted: Wanted | undefined): Step {
  const { change } = step;
  const starts = change.kind === 'create' || (change.kind === 'update' && change.restarts);
  return starts && wanted !== undefined ? { ...step, notes: [...step.notes, ...wanted.reached] } : step;
}

function wantedTargets(input: PlanningInput): ReadonlyMap<string, Wanted> {
  const { environment, environmentDefinition, platform } = input;
  const services = placedServices(input);
  const wanted = new Map<string, Wanted>();
  for (const [service, placed] of services) {
    const { definition, entry } = placed;
    /** By component: one that reaches nothing on other clusters is the same on each. */
    const made = new Map<string, Target>();
    for (const cluster of placed.clusters) {
      const { hosts, notes: reached } = reachFrom(cluster, placed, services, platform);
      for (const component of Object.keys(definition.components)) {
        const spot = { cluster, component, service };
        const known = hosts.length === 0 ? made.get(component) : undefined;
        const target =
          known === undefined
            ? makeTarget({ environment, environmentDefinition, ...spot, definition, entry, hosts })
            : retarget(known, cluster);
        if (hosts.length === 0 && known === undefined) made.set(component, target);
        wanted.set(spotName(spot), { spot, target, definition, reached });
      }
    }
  }
  return wanted;
}

function placedServices(input: PlanningInput): ReadonlyMap<string, Placed> {
  const placed = new Map<string, Placed>();
  for (const [service, entry] of Object.entries(input.spec.services)) {
    const definition = input.definitions.get(service);
    if (definition === undefined) throw new Error(`the definition of ${service} is not at hand`);
    checkOverrides(definition, entry);
    checkNeeds(definition, input.spec);
    const clusters = clustersFor(definition, entry, input.environmentDefinition, input.platform);
    placed.set(service, { definition, entry, clusters });
  }
  return placed;
}

function checkNeeds(definition: ServiceDefinition, spec: Spec): void {
  const missing = definition.traits.needs.filter((need) => entryOf(spec, need) === null);
  if (missing.length === 0) return;
  throw new Fault(
    'plan.need-missing',
    `${definition.service} ${definition.version} needs ${missing.join(', ')}, which the spec of ${spec.environment} does not name.`,
    {
      facts: { service: definition.service, missing: [...missing] },
      next: `Add ${missing.join(', ')} to the spec, or take it out of x-drayage.needs.`,
    },
  );
}

/**
 * Levels over all that is wanted, so that what is left alone still carries the order of what stands behind it. What is
 * removed goes last, unless it holds a port that something else waits for.
 */
function wavesOf(
  input: PlanningInput,
  wanted: ReadonlyMap<string, Wanted>,
  steps: ReadonlyMap<string, Step>,
  before: ReadonlyMap<string, InventoryItem>,
): readonly (readonly Step[])[] {
  const changing = new Map([...before].filter(([id]) => steps.has(id)).map(([id, item]) => [id, item.target]));
  const wantedNodes = dependencies(wanted, input.environmentDefinition).map(({ id, after }) => {
    const target = wanted.get(id)?.target;
    const holders = target === undefined ? [] : holdersBefore(id, target, changing);
    return { id, after: holders.length === 0 ? after : [...after, ...holders], counts: steps.has(id) };
  });
  const awaited = new Set(wantedNodes.flatMap((node) => node.after));
  const removals = [...steps.values()].filter((step) => step.change.kind === 'remove').map((step) => step.id);
  const earlyNodes = removals.filter((id) => awaited.has(id)).map((id) => ({ id, after: [], counts: true }));
  const everything = [...wantedNodes, ...earlyNodes].map((node) => node.id);
  const lateNodes = removals.filter((id) => !awaited.has(id)).map((id) => ({ id, after: everything, counts: true }));
  const levels = levelsOf([...wantedNodes, ...earlyNodes, ...lateNodes]);
  const waves = new Map<number, Step[]>();
  for (const [id, step] of steps) {
    const level = levels.get(id) ?? 0;
    const wave = waves.get(level);
    if (wave === undefined) waves.set(level, [step]);
    else wave.push(step);
  }
  return [...waves.entries()]
    .toSorted(([a], [b]) => a - b)
    .map(([, wave]) => wave.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
}

function changedEntries(current: Spec, spec: Spec): Record<string, SpecEntry | null> {
  const names = [...new Set([...Object.keys(current.services), ...Object.keys(spec.services)])].toSorted();
  const changed = names.filter((name) => canonical(entryOf(current, name)) !== canonical(entryOf(spec, name)));
  return Object.fromEntries(changed.map((name) => [name, entryOf(spec, name)]));
}
