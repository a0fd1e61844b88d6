import { canonical } from '../core/canonical.ts';
import type { ClusterDefinition } from '../core/platform.ts';
import type { Engine } from '../port/engine.ts';
import { clusterOf, type PlatformState } from './platform.ts';

/** Makes the engine of a cluster; does not connect yet. */
export type OpenEngine = (cluster: string, definition: ClusterDefinition) => Engine;

/** The engines of the platform's clusters. */
export interface Clusters {
  /** `cluster.unknown` when the platform has none of this name. */
  engine(cluster: string, signal: AbortSignal): Promise<Engine>;
  definition(cluster: string, signal: AbortSignal): Promise<ClusterDefinition>;
  close(): Promise<void>;
}

export function createClusters(platform: PlatformState, open: OpenEngine): Clusters {
  const engines = new Map<string, { readonly key: string; readonly engine: Engine }>();
  async function definition(cluster: string, signal: AbortSignal): Promise<ClusterDefinition> {
    return clusterOf((await platform.current(signal)).platform, cluster);
  }
  return {
    definition,
    async engine(cluster, signal) {
      const defined = await definition(cluster, signal);
      const key = canonical(defined);
      const known = engines.get(cluster);
      if (known?.key === key) return known.engine;
      const engine = open(cluster, defined);
      engines.set(cluster, { key, engine });
      await known?.engine.close();
      return engine;
    },
    async close() {
      await Promise.all([...engines.values()].map(({ engine }) => engine.close()));
      engines.clear();
    },
  };
}
