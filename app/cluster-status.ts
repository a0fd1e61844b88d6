import type { ClusterStatus } from './api.ts';
import { defaultStartsAtOnce } from '../core/platform.ts';
import type { Starts } from './drive/starts.ts';
import type { PlatformState } from './platform.ts';
import type { Watch } from './watch.ts';

/** Every cluster of the platform by name, as the watch loop saw it last. */
export async function clusterStatuses(
  { platform, watch, starts }: { readonly platform: PlatformState; readonly watch: Watch; readonly starts: Starts },
  signal: AbortSignal,
): Promise<readonly ClusterStatus[]> {
  const { clusters, environments } = (await platform.current(signal)).platform;
  const underWay = starts.all();
  const users = Object.entries(environments);
  return Object.entries(clusters)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([cluster, { engine, roles, address, stepsAtOnce, startsAtOnce }]) => ({
      cluster,
      engine,
      roles,
      address,
      stepsAtOnce,
      startsAtOnce: startsAtOnce ?? defaultStartsAtOnce,
      startsUnderWay: underWay.get(cluster)?.underWay ?? 0,
      environments: users
        .filter(([, it]) => it.clusters.includes(cluster))
        .map(([name]) => name)
        .toSorted(),
      ...(watch.cluster(cluster) ?? { description: null, observedAt: null, trouble: 'it was not asked yet' }),
    }));
}
