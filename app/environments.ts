import type { InventoryItem } from '../core/planning/inventory-item.ts';
import { assess } from '../core/rollout/assess.ts';
import type { SeenWorkload } from '../core/sighting.ts';
import { spotName } from '../core/workload.ts';
import type { Clusters } from './clusters.ts';
import type { ComponentStatus, EnvironmentDetail, EnvironmentSummary } from './api.ts';
import type { Look, Looks } from './looks.ts';
import { currentSpec, inventoryOf, type PlanningParts } from './planning.ts';

export interface EnvironmentParts extends Pick<PlanningParts, 'store' | 'blobs' | 'platform'> {
  readonly looks: Looks;
  readonly clusters: Clusters;
}

/** Every environment of the platform, sorted. */
export async function environmentSummaries(
  parts: EnvironmentParts,
  signal: AbortSignal,
): Promise<readonly EnvironmentSummary[]> {
  const { platform } = await parts.platform.current(signal);
  return Promise.all(
    Object.keys(platform.environments)
      .toSorted()
      .map((name) => summary(parts, name, signal)),
  );
}

async function summary(parts: EnvironmentParts, name: string, signal: AbortSignal): Promise<EnvironmentSummary> {
  const definition = await parts.platform.environment(name, signal);
  const { revision, spec } = await currentSpec(parts, name, signal);
  const unfinished = await parts.store.unfinished({ environment: name }, signal);
  return {
    name,
    clusters: definition.clusters,
    revision,
    services: Object.keys(spec.services).length,
    unfinished: unfinished.length,
  };
}

/** One environment: what is to run, and what a look at its clusters shows just now. */
export async function environmentDetail(
  parts: EnvironmentParts,
  name: string,
  signal: AbortSignal,
): Promise<EnvironmentDetail> {
  const short = await summary(parts, name, signal);
  const inventory = await inventoryOf(parts, name, signal);
  const looks = new Map(
    await Promise.all(
      short.clusters.map(async (cluster): Promise<[string, Look]> => [cluster, await parts.looks.look(cluster, name)]),
    ),
  );
  const observed = [...looks].map(([cluster, look]) => ({
    cluster,
    simulated: look.kind === 'seen' && look.sighting.simulated,
    observedAt:
      look.kind === 'seen' ? look.sighting.observedAtMs : (parts.looks.last(cluster, name)?.observedAtMs ?? null),
    trouble: troubleOf(look),
  }));
  const { items } = await parts.store.deployments({ environment: name }, { limit: 10 }, signal);
  const { spec } = await currentSpec(parts, name, signal);
  const components = inventory.map((item) => statusOf(item, looks.get(item.spot.cluster)));
  return { ...short, spec: spec.services, observed, components, deployments: items };
}

function troubleOf(look: Look): string | null {
  if (look.kind === 'blind') return look.message;
  return look.sighting.complete ? null : look.sighting.gaps.join('; ');
}

/** How one component is doing; what was not seen completely is unknown. */
function statusOf(item: InventoryItem, look: Look | undefined): ComponentStatus {
  const { spot, target, settled } = item;
  const base = {
    ...spot,
    release: target.release,
    image: target.workload.image,
    settled,
    replicas: target.workload.replicas,
  };
  if (look === undefined || look.kind === 'blind' || !look.sighting.complete) {
    return {
      ...base,
      health: 'unknown',
      running: null,
      message: look === undefined ? 'its cluster is not of this environment any more' : troubleOf(look),
    };
  }
  const seen = look.sighting.workloads.find((workload) => spotName(workload) === spotName(spot)) ?? null;
  if (seen === null || seen.engineId === '')
    return { ...base, health: 'missing', running: 0, message: 'the engine does not know it' };
  return { ...base, ...healthOf(item, seen) };
}

function healthOf(
  { target, settled }: InventoryItem,
  seen: SeenWorkload,
): Pick<ComponentStatus, 'health' | 'running' | 'message'> {
  const running = seen.tasks.filter((task) => task.wanted && task.state === 'running').length;
  const look = assess(seen.deployment ?? '', target, seen);
  switch (look.kind) {
    case 'reached':
      return { health: settled ? 'healthy' : 'converging', running, message: null };
    case 'converging':
      return { health: settled ? 'degraded' : 'converging', running, message: look.trouble?.message ?? null };
    case 'failing':
      return { health: 'degraded', running, message: look.task.message };
    case 'unwritten':
      return { health: settled ? 'degraded' : 'converging', running, message: 'it is not what was deployed' };
  }
}
