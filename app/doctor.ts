import type { Diagnosis } from './api.ts';
import { describeCluster } from './describe-cluster.ts';
import type { Clusters } from './clusters.ts';
import type { PlatformState } from './platform.ts';
import type { Clock } from '../port/clock.ts';
import type { Store } from '../port/store.ts';

export interface DoctorParts {
  readonly store: Store;
  readonly platform: PlatformState;
  readonly clusters: Clusters;
  readonly clock: Clock;
  readonly installation: string;
  readonly version: string;
}

/** What the server knows of itself and of every cluster of the platform. */
export async function diagnose(parts: DoctorParts, signal: AbortSignal): Promise<Diagnosis> {
  const { store, version, installation } = parts;
  const generation = (await store.lease(signal))?.generation ?? 0;
  const base = { version, installation, generation, head: await store.head(signal) };
  if ((await store.platform(signal)) === null) return { ...base, platform: null, clusters: [] };
  const { platform, row } = await parts.platform.current(signal);
  const clusters = Object.entries(platform.clusters).map(([cluster, { engine }]) =>
    describe(parts, cluster, engine, signal),
  );
  return {
    ...base,
    platform: { revision: row.revision, refused: parts.platform.refused() },
    clusters: await Promise.all(clusters),
  };
}

async function describe(
  parts: DoctorParts,
  cluster: string,
  engine: 'swarm' | 'simulated',
  signal: AbortSignal,
): Promise<Diagnosis['clusters'][number]> {
  const answer = await describeCluster(parts, cluster, signal);
  return answer.kind === 'described'
    ? { cluster, engine, description: answer.description, trouble: null }
    : { cluster, engine, description: null, trouble: answer.trouble };
}
