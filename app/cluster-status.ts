import type { ClusterStatus } from './api.ts';
import type { PlatformState } from './platform.ts';
import type { Watch } from './watch.ts';

/** Every cluster of the platform by name, as the watch loop saw it last. */
export async function clusterStatuses(
  { platform, watch }: { readonly platform: PlatformState; readonly watch: Watch },
  signal: AbortSignal,
): Promise<readonly ClusterStatus[]> {
  const { clusters, environments } = (await platform.current(signal)).platform;
  const users = Object.entries(environments);
  return Object.entries(clusters)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([cluster, { engine, roles, address, stepsAtOnce }]) => ({
      cluster,
      engine,
      roles,
      address,
      stepsAtOnce,
      environments: users
        .filter(([, it]) => it.clusters.includes(cluster))
        .map(([name]) => name)
        .toSorted(),
      ...(watch.cluster(cluster) ?? { description: null, observedAt: null, trouble: 'it was not asked yet' }),
    }));
}
