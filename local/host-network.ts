import { readdir, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { runCommand } from './command.ts';

/**
 * A network that exists only on this machine: a bridge in a namespace of its own, the switch, to which the host and any
 * number of nodes are plugged by veth pairs. The bridges, firewall rules and ports of engines stay in the namespaces of
 * their nodes, so that neither another Docker on this machine nor the host's firewall is touched; the host and all nodes
 * reach each other. Nothing routes onwards: no node reaches the internet.
 */
export interface HostNetwork {
  /** The name under /run/netns of the switch's namespace; those of nodes begin with it and a hyphen. */
  readonly namespace: string;
  /** The host's end of its veth pair. */
  readonly hostInterface: string;
  readonly hostAddress: string;
  /** An address of the switch itself, for what all engines share, such as a registry. */
  readonly sharedAddress: string;
  /** The block of all addresses, in CIDR notation. */
  readonly block: string;
  /** Which block it is, out of 1,024. */
  readonly blockIndex: number;
}

/** Where a node is plugged into a network. */
export interface Plug {
  /** The name of the node's namespace under /run/netns. */
  readonly namespace: string;
  /** The switch's end of the veth pair; the node's own end is `eth0`. */
  readonly port: string;
  readonly address: string;
}

const blockCount = 1_024;
const blockAddresses = 64;
const prefixLength = 26;
/** The lowest addresses of a block are the block's own, the host's and the switch's; the last is the broadcast's. */
const firstNode = 3;
const namespaceFolder = '/run/netns';

/** How many nodes a network has room for. */
export const nodeLimit = blockAddresses - 1 - firstNode;

/**
 * Chooses names and addresses for a network by its id (8 hexadecimal digits): a block of 64 addresses out of
 * 10.213.0.0/16, the one of an earlier run (`wanted`) if it is still free. Throws `local.failed` when all are taken.
 */
export function chooseNetwork(id: string, wanted: number | null): HostNetwork {
  const hostInterface = `dray-${id}`;
  const taken = new Set(
    Object.entries(networkInterfaces())
      .filter(([name]) => name !== hostInterface)
      .flatMap(([, addresses]) => addresses ?? [])
      .map(({ address }) => blockOf(address)),
  );
  const first = wanted ?? Number.parseInt(id, 16);
  for (let tried = 0; tried < blockCount; tried += 1) {
    const blockIndex = (first + tried) % blockCount;
    if (taken.has(blockIndex)) continue;
    return {
      namespace: `drayage-${id}`,
      hostInterface,
      hostAddress: addressOf(blockIndex, 1),
      sharedAddress: addressOf(blockIndex, 2),
      block: `${addressOf(blockIndex, 0)}/${prefixLength}`,
      blockIndex,
    };
  }
  throw new Fault('local.failed', 'No address block of 10.213.0.0/16 is free on this machine.');
}

function addressOf(blockIndex: number, host: number): string {
  const offset = blockIndex * blockAddresses + host;
  return `10.213.${offset >> 8}.${offset & 255}`;
}

/** The block that an address of the host lies in, or null when it is in none. */
function blockOf(address: string): number | null {
  const [a, b, c = 0, d = 0] = address.split('.').map(Number);
  return a === 10 && b === 213 ? Math.floor((c * 256 + d) / blockAddresses) : null;
}

/** The plug of a network's node by its number, from 0 up to `nodeLimit`. Throws `local.failed` beyond that. */
export function choosePlug(network: HostNetwork, name: string, index: number): Plug {
  if (index >= nodeLimit) throw new Fault('local.failed', `A private network has room for ${nodeLimit} nodes.`);
  const namespace = `${network.namespace}-${name}`;
  return { namespace, port: `port${index}`, address: addressOf(network.blockIndex, firstNode + index) };
}

/** The file through which a process enters a namespace. */
export function namespacePath({ namespace }: { readonly namespace: string }): string {
  return join(namespaceFolder, namespace);
}

/** The inode by which the kernel tells network namespaces apart, or null when there is no such namespace. */
export async function namespaceInode(of: { readonly namespace: string }): Promise<number | null> {
  try {
    return (await stat(namespacePath(of))).ino;
  } catch {
    return null;
  }
}

/** The namespaces of a network that exist: the switch's and those of its nodes. */
export async function namespacesOf(network: HostNetwork): Promise<readonly string[]> {
  const names = await readdir(namespaceFolder).catch(() => []);
  return names.filter((name) => name === network.namespace || name.startsWith(`${network.namespace}-`));
}

/** Makes the switch and plugs the host in. Throws `local.failed`. */
export async function createNetwork(network: HostNetwork, signal: AbortSignal): Promise<void> {
  const { namespace, hostInterface } = network;
  const ip = async (...args: string[]) => await runCommand('ip', args, signal);
  const inside = async (...args: string[]) => await ip('-n', namespace, ...args);
  await ip('netns', 'add', namespace);
  await inside('link', 'add', 'switch', 'type', 'bridge');
  // Else it takes that of one of its ports, and changes it when a node goes: who knows the old one waits for nobody.
  await inside('link', 'set', 'switch', 'address', hardwareAddress(network.sharedAddress));
  await inside('addr', 'add', `${network.sharedAddress}/${prefixLength}`, 'dev', 'switch');
  await ip('link', 'add', hostInterface, 'type', 'veth', 'peer', 'name', 'host', 'netns', namespace);
  await inside('link', 'set', 'host', 'master', 'switch');
  for (const each of ['lo', 'host', 'switch']) await inside('link', 'set', each, 'up');
  await ip('addr', 'add', `${network.hostAddress}/${prefixLength}`, 'dev', hostInterface);
  await ip('link', 'set', hostInterface, 'up');
}

/** Takes everything of a network away that is there: the namespaces, and with them all veth pairs. */
export async function removeNetwork(network: HostNetwork): Promise<void> {
  if (await exists(`/sys/class/net/${network.hostInterface}`))
    await runCommand('ip', ['link', 'del', network.hostInterface]);
  for (const name of await namespacesOf(network)) await runCommand('ip', ['netns', 'del', name]);
}

/** Makes a node's namespace and joins it to the switch. Throws `local.failed`. */
export async function plugIn(network: HostNetwork, plug: Plug, signal: AbortSignal): Promise<void> {
  const { namespace, port, address } = plug;
  const ip = async (...args: string[]) => await runCommand('ip', args, signal);
  await ip('netns', 'add', namespace);
  const there = ['netns', network.namespace];
  // A namespace goes a little later than its name, and with it the old end of a node that comes back at once.
  await ip('-n', network.namespace, 'link', 'del', port).catch(() => undefined);
  await ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', port, ...there);
  // The same at every plugging in, as of a real network card: what the others remember of it stays right.
  await ip('-n', namespace, 'link', 'set', 'eth0', 'address', hardwareAddress(address));
  await ip('-n', network.namespace, 'link', 'set', port, 'master', 'switch');
  await ip('-n', network.namespace, 'link', 'set', port, 'up');
  await ip('-n', namespace, 'addr', 'add', `${address}/${prefixLength}`, 'dev', 'eth0');
  for (const each of ['lo', 'eth0']) await ip('-n', namespace, 'link', 'set', each, 'up');
}

/** A locally administered MAC address that follows from an IPv4 address. */
function hardwareAddress(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return ['02', '42', ...bytes].join(':');
}

/** Takes a node's namespace away, if it is there; its end at the switch goes with it. */
export async function unplug(plug: Plug): Promise<void> {
  if ((await namespaceInode(plug)) === null) return;
  await runCommand('ip', ['netns', 'del', plug.namespace]);
}

/** Cuts a node off, or joins it again: its port at the switch goes down or up. Repeatable. */
export async function setLink(network: HostNetwork, plug: Plug, to: 'up' | 'down'): Promise<void> {
  await runCommand('ip', ['-n', network.namespace, 'link', 'set', plug.port, to]);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
