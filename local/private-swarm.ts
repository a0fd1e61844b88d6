import assert from 'node:assert/strict';
import type { EngineNode } from './engine-node.ts';
import type { PrivateNetwork } from './private-network.ts';

/** A swarm of several private engines on one private network. */
export interface PrivateSwarm {
  readonly name: string;
  /** The first one made the swarm; `endpoint` of any is what a Platform document writes. */
  readonly managers: readonly [EngineNode, ...EngineNode[]];
  readonly workers: readonly EngineNode[];
  /** Managers, then workers. */
  readonly nodes: readonly EngineNode[];
}

/** How to start a swarm. */
export interface SwarmOptions {
  readonly network: PrivateNetwork;
  /** At most 9 of a-z, 0-9 and hyphens; nodes are named `NAME-m0`, `NAME-m1`, ..., `NAME-w0`, ... */
  readonly name: string;
  readonly managers: number;
  readonly workers: number;
  readonly signal: AbortSignal;
}

/**
 * Starts a new swarm of so many managers (at least one) and workers; the network stops it. What the same nodes ran
 * earlier is forgotten, their images are kept. Throws `local.failed`.
 */
export async function startPrivateSwarm(options: SwarmOptions): Promise<PrivateSwarm> {
  const { network, name, signal } = options;
  assert(options.managers >= 1, 'a swarm has a manager');
  const first = await network.startEngine({ name: `${name}-m0`, fresh: true, signal });
  const join = async (role: 'manager' | 'worker', index: number) => {
    const nodeName = `${name}-${role === 'manager' ? 'm' : 'w'}${index}`;
    return await network.startEngine({ name: nodeName, join: { leader: first, as: role }, signal });
  };
  // Managers one after another: each changes the quorum that the next needs.
  const managers: [EngineNode, ...EngineNode[]] = [first];
  for (let index = 1; index < options.managers; index += 1) managers.push(await join('manager', index));
  const workers = await Promise.all(
    Array.from({ length: options.workers }, async (_, index) => await join('worker', index)),
  );
  return { name, managers, workers, nodes: [...managers, ...workers] };
}
