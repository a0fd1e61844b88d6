import { isFault } from '../core/fault.ts';
import type { Diagnosis } from './api.ts';
import type { Clusters } from './clusters.ts';
import type { PlatformState } from './platform.ts';
import type { Store } from '../port/store.ts';

/** How long one cluster may take to describe itself, in ms. */
const describeDeadlineMs = 5_000;

export interface DoctorParts {
  readonly store: Store;
  readonly platform: PlatformState;
  readonly clusters: Clusters;
  readonly installation: string;
  readonly generation: number;
  readonly version: string;
}

/** What the server knows of itself and of every cluster of the platform. */
export async function diagnose(parts: DoctorParts, signal: AbortSignal): Promise<Diagnosis> {
  const { store, version, installation, generation } = parts;
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
  kind: 'swarm' | 'simulated',
  signal: AbortSignal,
): Promise<Diagnosis['clusters'][number]> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(describeDeadlineMs)]);
  try {
    const engine = await parts.clusters.engine(cluster, deadline);
    return { cluster, engine: kind, description: await engine.describe(deadline), trouble: null };
  } catch (error) {
    if (!isFault(error) && !deadline.aborted) throw error;
    return { cluster, engine: kind, description: null, trouble: isFault(error) ? error.message : 'it does not answer' };
  }
}
