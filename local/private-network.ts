import { mkdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { sha256 } from '../core/hash.ts';
import { recallNetwork, takeDirectory } from './engine-directory.ts';
import { longestSocket, socketPathBytes, startEngineNode } from './engine-node.ts';
import type { EngineNode } from './engine-node.ts';
import { choosePlug, createNetwork, namespaceInode, namespacesOf, removeNetwork } from './host-network.ts';
import type { HostNetwork } from './host-network.ts';
import { clearLeftovers } from './leftovers.ts';

/** A network of this machine alone, on which private engines and a registry reach each other and the host reaches all. */
export interface PrivateNetwork {
  /** Absolute, without symbolic links. */
  readonly directory: string;
  readonly network: HostNetwork;
  /** Starts an engine as a swarm of one node, or as a node of another engine's swarm. */
  startEngine(options: NodeOptions): Promise<EngineNode>;
  /** Stops every engine, then removes every process, mount and interface of the network. Repeatable. */
  stop(): Promise<void>;
}

/** How to start a private network. */
export interface NetworkOptions {
  /** Where engines keep images, services and logs; made when it is not there. One network a directory. */
  readonly directory: string;
  /** Ends the start; what was started until then is stopped again. */
  readonly signal: AbortSignal;
  /** Hears what takes time, one sentence each. */
  readonly onProgress?: (sentence: string) => void;
}

/** How to start an engine on a private network. */
export interface NodeOptions {
  /**
   * The node's name: at most 12 of a-z, 0-9 and hyphens, once a network. Addresses are given in the order in which
   * engines are started.
   */
  readonly name: string;
  /** Ends the start. */
  readonly signal: AbortSignal;
  /** Default: `name` below the network's directory. */
  readonly directory?: string;
  /** Forgets the services, networks and configs of an earlier run and keeps the images. Default false. */
  readonly fresh?: boolean;
  /** Joins the swarm of an engine that leads it, instead of being one of its own. Always fresh. */
  readonly join?: { readonly leader: EngineNode; readonly as: 'manager' | 'worker' };
}

/**
 * Starts a private network without any engine. What an earlier run in the same directory left behind is cleared first.
 * Needs root. Throws `local.failed` when it cannot be made, or another process uses the directory.
 */
export async function startPrivateNetwork(options: NetworkOptions): Promise<PrivateNetwork> {
  if (process.getuid?.() !== 0) {
    throw new Fault('local.failed', 'A private engine needs root.', { next: 'Run the same with sudo.' });
  }
  await mkdir(options.directory, { recursive: true });
  const directory = await realpath(options.directory);
  const release = await takeDirectory(directory);
  try {
    return await startIn(directory, options, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function startIn(
  directory: string,
  { signal, onProgress = () => {} }: NetworkOptions,
  release: () => Promise<void>,
): Promise<PrivateNetwork> {
  const id = sha256(directory).slice(0, 8);
  const network = await recallNetwork(directory, id);
  const runFolder = chooseRunFolder(directory, id);
  const clear = async () => {
    const processes = await clearNetwork(network, [directory, runFolder]);
    if (processes > 0) onProgress(`Ended ${processes} processes that a private engine had left.`);
    await rm(runFolder, { recursive: true, force: true });
  };
  const nodes = new Map<string, Promise<EngineNode>>();
  const stop = async () => {
    const started = await Promise.allSettled(nodes.values());
    await Promise.all(started.map(async (node) => (node.status === 'fulfilled' ? await node.value.stop() : undefined)));
    await clear();
    await release();
  };

  await clear();
  try {
    await createNetwork(network, signal);
  } catch (error) {
    await clear();
    throw error;
  }
  const startEngine = async (options: NodeOptions): Promise<EngineNode> => {
    const { name } = options;
    if (!/^[a-z0-9-]{1,12}$/.test(name) || nodes.has(name)) {
      throw new Fault('local.failed', `A node of a private network cannot be named ${name}, or is there already.`);
    }
    const plug = choosePlug(network, name, nodes.size);
    const place = { name, network, plug, runFolder: join(runFolder, name) };
    const node = startEngineNode({ ...options, ...place, directory: options.directory ?? join(directory, name) });
    nodes.set(name, node);
    return await node;
  };
  return { directory, network, startEngine, stop };
}

/** Sockets lie in the network's directory, unless their paths would be too long there. */
function chooseRunFolder(directory: string, id: string): string {
  const near = join(directory, 'run');
  const longest = `${near}/${'x'.repeat(12)}${longestSocket}`;
  return Buffer.byteLength(longest) <= socketPathBytes ? near : join(tmpdir(), `drayage-${id}`);
}

/** Ends everything that runs on a network or was left by what ran there; how many processes that were. */
async function clearNetwork(network: HostNetwork, folders: readonly string[]): Promise<number> {
  const inodes = await Promise.all(
    (await namespacesOf(network)).map(async (namespace) => await namespaceInode({ namespace })),
  );
  const namespaceInodes = inodes.filter((inode) => inode !== null);
  const { processes } = await clearLeftovers({ namespaceInodes, controlGroup: network.namespace, folders });
  await removeNetwork(network);
  return processes;
}
