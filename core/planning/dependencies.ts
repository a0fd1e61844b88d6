import type { ServiceDefinition } from '../definition.ts';
import type { EnvironmentDefinition } from '../platform.ts';
import { spotName, type Spot, type Target } from '../workload.ts';

/** One component that is to run, with the definition it comes from. */
export interface Wanted {
  readonly spot: Spot;
  readonly target: Target;
  readonly definition: ServiceDefinition;
}

/**
 * What comes before what: `depends_on` within a service on one cluster, `needs` between services on all clusters, and
 * the environment's order of clusters.
 */
export function dependencies(
  wanted: ReadonlyMap<string, Wanted>,
  environment: EnvironmentDefinition,
): readonly { readonly id: string; readonly after: readonly string[] }[] {
  const byService = Map.groupBy(wanted.values(), (it) => it.spot.service);
  const byGroup = Map.groupBy(wanted.values(), (it) => groupOf(it.spot.cluster, environment));
  return [...wanted].map(([id, { spot, definition }]) => {
    const dependsOn = definition.components[spot.component]?.dependsOn ?? [];
    const within = dependsOn.map((component) => spotName({ ...spot, component }));
    const needed = definition.traits.needs.flatMap((need) => byService.get(need) ?? []);
    const earlier =
      groupOf(spot.cluster, environment) === 0 ? [] : (byGroup.get(groupOf(spot.cluster, environment) - 1) ?? []);
    return { id, after: [...within, ...[...needed, ...earlier].map((it) => spotName(it.spot))] };
  });
}

function groupOf(cluster: string, { waves }: EnvironmentDefinition): number {
  const index = waves.findIndex((group) => group.includes(cluster));
  return Math.max(index, 0);
}
