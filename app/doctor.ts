import { unreachable } from '../core/unreachable.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Checkpoints } from './checkpoints.ts';
import { describeCluster } from './describe-cluster.ts';
import type { Clusters } from './clusters.ts';
import type { PlatformState } from './platform.ts';
import type { Recovery } from './recovery.ts';
import type { Clock } from '../port/clock.ts';
import type { Store } from '../port/store.ts';

export interface DoctorParts {
  readonly store: Store;
  readonly platform: PlatformState;
  readonly clusters: Clusters;
  readonly clock: Clock;
  readonly checkpoints: Checkpoints;
  readonly recovery: Pick<Recovery, 'need'>;
  readonly installation: string;
  readonly version: string;
}

/** What the server knows of itself and of every cluster of the platform. */
export async function diagnose(parts: DoctorParts, signal: AbortSignal): Promise<Diagnosis> {
  const { store, version, installation } = parts;
  const generation = (await store.lease(signal))?.generation ?? 0;
  const recovery = parts.recovery.need()?.message ?? null;
  const base = {
    version,
    recovery,
    installation,
    generation,
    head: await store.head(signal),
    signing: signingOf(parts),
  };
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

function signingOf({ checkpoints }: DoctorParts): Diagnosis['signing'] {
  const state = checkpoints.state();
  const base = { key: checkpoints.key(), size: checkpoints.figures().size };
  switch (state.kind) {
    case 'signing':
      return { ...base, state: state.kind, trouble: null };
    case 'failing':
      return { ...base, state: state.kind, trouble: state.reason };
    case 'behind':
    case 'key-changed':
      return { ...base, state: state.kind, trouble: state.fault.message };
    default:
      return unreachable(state);
  }
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
