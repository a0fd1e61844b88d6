import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endDaemon, killDaemon, startDaemon, waitUntilReady } from './daemon.ts';
import type { Daemon } from './daemon.ts';
import { connectToEngine } from './engine-api.ts';
import type { EngineApi } from './engine-api.ts';
import { namespaceInode, namespacePath, plugIn, setLink, unplug } from './host-network.ts';
import type { HostNetwork, Plug } from './host-network.ts';
import { clearLeftovers } from './leftovers.ts';
import { isRunning } from './processes.ts';
import { joinSwarm, makeSwarm, waitUntilMember } from './swarm-member.ts';
import { waitUntil } from './wait.ts';

/** A Docker Engine on a private network: a machine of its own, as far as the swarm can tell. */
export interface EngineNode {
  /** The node's name in its swarm. */
  readonly name: string;
  readonly socketPath: string;
  /** What a Platform document writes as the cluster's endpoint: `unix://` and the socket's path. */
  readonly endpoint: string;
  /** Where the host and all other nodes of the network reach the ports that containers publish in host mode. */
  readonly address: string;
  readonly network: HostNetwork;
  readonly plug: Plug;
  readonly api: EngineApi;
  /** The daemon's process; another one after `restart`. */
  pid(): number;
  /** Whether its daemon runs, be it cut off. */
  isUp(): boolean;
  /** Kills the daemon with SIGKILL, as a fault of its own would: its containers run on without it. */
  kill(): Promise<void>;
  /** Kills everything at once and unplugs it, as a power cut would: daemon, containers, network. The disk stays. */
  crash(): Promise<void>;
  /**
   * Starts the daemon again on the same data; one that still runs is stopped first. Resolves when it is a member of its
   * swarm again, and a manager when the swarm answers. Throws `local.failed` when that takes more than a minute.
   */
  restart(signal: AbortSignal): Promise<void>;
  /** Takes the node's link to all others down; the host reaches only its socket. Daemon and containers run on. */
  cut(): Promise<void>;
  /** Takes the link up again. Repeatable, and no error when it was not cut. */
  mend(): Promise<void>;
  /** Stops the daemon, then removes every process, mount and interface of it. Images and services stay on disk. Repeatable. */
  stop(): Promise<void>;
}

/** What a node is made of. */
export interface EngineNodeOptions {
  readonly name: string;
  readonly network: HostNetwork;
  readonly plug: Plug;
  readonly directory: string;
  /** Where sockets lie; goes when the engine stops. */
  readonly runFolder: string;
  readonly signal: AbortSignal;
  readonly fresh?: boolean;
  readonly join?: { readonly leader: EngineNode; readonly as: 'manager' | 'worker' };
}

/** A daemon that was killed takes long to come back: it first ends the containers that ran on without it. */
const readyMs = 60_000;
/** The daemon itself gives containers 5 s to end. */
const stopMs = 20_000;
/** The longest path of a unix socket, less than the kernel's 108 bytes (unix(7)). */
export const socketPathBytes = 107;
/** The longest path that the daemon and its containerd put below the run folder. */
export const longestSocket = '/exec/containerd/containerd-debug.sock';

/** Starts an engine on a network that is there. Throws `local.failed`; nothing of it is left then. */
export async function startEngineNode(options: EngineNodeOptions): Promise<EngineNode> {
  const { name, network, plug, signal } = options;
  const socketPath = join(options.runFolder, 'docker.sock');
  const api = connectToEngine(socketPath);
  let daemon: Daemon | null = null;
  const start = async (limit: AbortSignal): Promise<void> => {
    await mkdir(options.directory, { recursive: true });
    await mkdir(options.runFolder, { recursive: true, mode: 0o700 });
    if ((await namespaceInode(plug)) === null) await plugIn(network, plug, limit);
    daemon = await startDockerd(options);
    const isReady = async () => await answersPing(api, limit);
    await waitUntilReady(daemon, isReady, { deadlineMs: readyMs, signal: limit });
  };
  const crash = async (): Promise<void> => {
    if (daemon !== null) await killDaemon(daemon);
    await clear(options);
  };
  const stop = async (): Promise<void> => {
    if (daemon !== null) await endDaemon(daemon, stopMs);
    await api.close();
    await clear(options);
  };

  try {
    await start(signal);
    const member = { api, address: plug.address, fresh: options.fresh ?? false, signal };
    if (options.join === undefined) await makeSwarm(member);
    else await joinSwarm(member, options.join.leader, options.join.as);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name,
    socketPath,
    endpoint: `unix://${socketPath}`,
    address: plug.address,
    network,
    plug,
    api,
    pid: () => daemon?.pid ?? 0,
    isUp: () => daemon?.isRunning() ?? false,
    kill: async () => {
      if (daemon !== null) await killDaemon(daemon);
    },
    crash,
    restart: async (limit) => {
      if (daemon !== null) await endDaemon(daemon, stopMs);
      await start(limit);
      await waitUntilMember(api, { deadlineMs: readyMs, signal: limit });
    },
    cut: async () => await setLink(network, plug, 'down'),
    mend: async () => await setLink(network, plug, 'up'),
    stop,
  };
}

/** Ends what the node still runs, unmounts what it mounted, and takes its plug away. */
async function clear({ name, network, plug, directory, runFolder }: EngineNodeOptions): Promise<void> {
  const inode = await namespaceInode(plug);
  await clearLeftovers({
    namespaceInodes: inode === null ? [] : [inode],
    controlGroup: `${network.namespace}/${name}`,
    folders: [directory, runFolder],
  });
  await unplug(plug);
  await rm(runFolder, { recursive: true, force: true });
}

async function startDockerd({ name, network, plug, directory, runFolder }: EngineNodeOptions): Promise<Daemon> {
  await forgetContainerd(runFolder);
  // A configuration file of its own, so that /etc/docker/daemon.json of another engine has no say here.
  const configFile = join(runFolder, 'daemon.json');
  await writeFile(configFile, '{}\n');
  const flags = [
    `--config-file=${configFile}`,
    `--data-root=${join(directory, 'data')}`,
    `--exec-root=${join(runFolder, 'exec')}`,
    `--pidfile=${join(runFolder, 'dockerd.pid')}`,
    `--host=unix://${join(runFolder, 'docker.sock')}`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    `--cgroup-parent=/${network.namespace}/${name}`,
    `--insecure-registry=${network.block}`,
    '--shutdown-timeout=5',
  ];
  // The node's name in the swarm is the host name that the daemon sees, which is why it gets a UTS namespace of its own.
  const named = ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec dockerd "$@"', name];
  return await startDaemon({
    name: 'dockerd',
    command: 'nsenter',
    args: [`--net=${namespacePath(plug)}`, ...named, ...flags],
    logFile: join(directory, 'dockerd.log'),
  });
}

/**
 * Waits for the containerd of a killed dockerd to die, as it does with it, and removes its process id: dockerd 20.10
 * takes a zombie for a running one, and then fails after 15 s (libcontainerd/supervisor/remote_daemon.go).
 */
async function forgetContainerd(runFolder: string): Promise<void> {
  const file = join(runFolder, 'exec', 'containerd', 'containerd.pid');
  const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (pid === 0) return;
  const hasEnded = await waitUntil(async () => !(await isRunning(pid)), { deadlineMs: 5_000 });
  if (hasEnded) await rm(file, { force: true });
}

async function answersPing(api: EngineApi, signal: AbortSignal): Promise<boolean> {
  try {
    return (await api.call({ method: 'GET', path: '/_ping', deadlineMs: 2_000, signal })).status === 200;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
