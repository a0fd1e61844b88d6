import type { ServiceDefinition } from '../definition.ts';
import type { EnvironmentDefinition } from '../platform.ts';
import { spotName, type Spot, type Target } from '../workload.ts';

/** One component that is to run, with the definition it comes from. */
export interface Wanted {
  readonly spot: Spot;
  readonly target: Target;
  readonly definition: ServiceDefinition;
  /** Where it reaches what it needs on other clusters, for whoever reads the plan. */
  readonly reached: readonly string[];
}

/** What comes first is named by id: of something wanted, or of a whole group of clusters. */
export interface Dependency {
  readonly id: string;
  readonly after: readonly string[];
}

/**
 * What comes before what: `depends_on` within a service on one cluster, `needs` between services on all clusters, and
 * the environment's order of clusters. Each group of clusters but the last is an entry of its own, after all that is
 * wanted on it: so the third group waits for the first also where nothing is wanted on the second.
 */
export function dependencies(
  wanted: ReadonlyMap<string, Wanted>,
  environment: EnvironmentDefinition,
): readonly Dependency[] {
  const byService = Map.groupBy(wanted.values(), (it) => it.spot.service);
  const components = [...wanted].map(([id, { spot, definition }]): Dependency => {
    const dependsOn = definition.components[spot.component]?.dependsOn ?? [];
    const within = dependsOn.map((component) => spotName({ ...spot, component }));
    const needed = definition.traits.needs.flatMap((need) => byService.get(need) ?? []).map((it) => spotName(it.spot));
    return { id, after: [...within, ...needed, ...groupBefore(groupOf(spot.cluster, environment), environment)] };
  });
  return [...components, ...groups(wanted, environment)];
}

function groups(wanted: ReadonlyMap<string, Wanted>, environment: EnvironmentDefinition): readonly Dependency[] {
  const members = Map.groupBy(wanted.keys(), (id) => groupOf(wanted.get(id)?.spot.cluster, environment));
  return environment.waves.slice(0, -1).map((clusters, index) => ({
    id: groupName(clusters),
    after: [...(members.get(index) ?? []), ...groupBefore(index, environment)],
  }));
}

function groupBefore(index: number, { waves }: EnvironmentDefinition): readonly string[] {
  const before = waves[index - 1];
  return before === undefined ? [] : [groupName(before)];
}

/** No id of a spot: those have two slashes. */
function groupName(clusters: readonly string[]): string {
  return `all on ${clusters.join(', ')}`;
}

function groupOf(cluster: string | undefined, { waves }: EnvironmentDefinition): number {
  const index = waves.findIndex((group) => cluster !== undefined && group.includes(cluster));
  return Math.max(index, 0);
}
