import type { EngineNode } from './engine-node.ts';
import { startPrivateNetwork } from './private-network.ts';
import type { NetworkOptions } from './private-network.ts';

/** A Docker Engine of one's own, a swarm of a single node: alone, or one of several on a private network. */
export type PrivateEngine = EngineNode;

/** How to start a private engine that is alone on its network. */
export interface EngineOptions extends NetworkOptions {
  /** Forgets the services, networks and configs of an earlier run and keeps the images. Default false. */
  readonly fresh?: boolean;
}

/**
 * Starts a private Docker Engine and makes it a swarm; its `stop` takes its network away too. What an earlier run in the
 * same directory left behind is cleared first. Needs root. Throws `local.failed` when the engine does not come up
 * within a minute, or another process uses the directory.
 */
export async function startPrivateEngine(options: EngineOptions): Promise<PrivateEngine> {
  const { signal, fresh = false } = options;
  const network = await startPrivateNetwork(options);
  try {
    const { directory } = network;
    const engine = await network.startEngine({ name: 'engine', directory, fresh, signal });
    return { ...engine, stop: async () => await network.stop() };
  } catch (error) {
    await network.stop();
    throw error;
  }
}
