import { stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { Fault } from '../core/fault.ts';
import { runCommand } from './command.ts';

/**
 * Where a private engine lives: a network namespace of its own, joined to the host by a veth pair. The engine's bridges,
 * firewall rules and ports stay inside, so that neither another Docker on this machine nor the host's firewall is
 * touched; the host reaches published ports at `engineAddress`. Nothing routes onwards: no engine reaches the internet.
 */
export interface HostNetwork {
  /** The name of the namespace under /run/netns. */
  readonly namespace: string;
  /** The host's end of the veth pair; the same name for the interface on the host. */
  readonly hostInterface: string;
  readonly hostAddress: string;
  /** Where the host finds what listens inside. */
  readonly engineAddress: string;
  /** The block of both addresses, in CIDR notation. */
  readonly block: string;
}

/** Every private engine gets a block of four addresses out of 10.213.0.0/16. */
const blockCount = 16_384;

/**
 * Chooses names and addresses for an engine by its id (8 hexadecimal digits); with `wanted`, the block of an earlier
 * run, if still free. Throws `local.failed` when all blocks are taken.
 */
export function chooseNetwork(id: string, wanted: number | null): HostNetwork & { readonly blockIndex: number } {
  const hostInterface = `dray-${id}`;
  const taken = new Set(
    Object.entries(networkInterfaces())
      .filter(([name]) => name !== hostInterface)
      .flatMap(([, addresses]) => addresses ?? [])
      .map(({ address }) => address),
  );
  const first = wanted ?? Number.parseInt(id, 16) % blockCount;
  for (let tried = 0; tried < blockCount; tried += 1) {
    const blockIndex = (first + tried) % blockCount;
    const [hostAddress, engineAddress] = [addressOf(blockIndex, 1), addressOf(blockIndex, 2)];
    if (taken.has(hostAddress) || taken.has(engineAddress)) continue;
    const block = `${addressOf(blockIndex, 0)}/30`;
    return {
      namespace: `drayage-${id}`,
      hostInterface,
      hostAddress,
      engineAddress,
      block,
      blockIndex,
    };
  }
  throw new Fault('local.failed', 'No address block of 10.213.0.0/16 is free on this machine.');
}

function addressOf(blockIndex: number, host: number): string {
  const offset = blockIndex * 4 + host;
  return `10.213.${offset >> 8}.${offset & 255}`;
}

/** The file through which a process enters the namespace. */
export function namespacePath(network: HostNetwork): string {
  return `/run/netns/${network.namespace}`;
}

/** The inode by which the kernel tells network namespaces apart, or null when there is no such namespace. */
export async function namespaceInode(network: HostNetwork): Promise<number | null> {
  try {
    return (await stat(namespacePath(network))).ino;
  } catch {
    return null;
  }
}

/** Makes the namespace and the veth pair. Throws `local.failed`. */
export async function createNetwork(network: HostNetwork, signal: AbortSignal): Promise<void> {
  const { namespace, hostInterface } = network;
  const ip = async (...args: string[]) => await runCommand('ip', args, signal);
  await ip('netns', 'add', namespace);
  await ip('link', 'add', hostInterface, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  await ip('addr', 'add', `${network.hostAddress}/30`, 'dev', hostInterface);
  await ip('link', 'set', hostInterface, 'up');
  await ip('-n', namespace, 'addr', 'add', `${network.engineAddress}/30`, 'dev', 'eth0');
  await ip('-n', namespace, 'link', 'set', 'eth0', 'up');
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
}

/** Takes the namespace and the veth pair away, whichever are there. */
export async function removeNetwork(network: HostNetwork): Promise<void> {
  if (await exists(`/sys/class/net/${network.hostInterface}`))
    await runCommand('ip', ['link', 'del', network.hostInterface]);
  if ((await namespaceInode(network)) !== null) await runCommand('ip', ['netns', 'del', network.namespace]);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
