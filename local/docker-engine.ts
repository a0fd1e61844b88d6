import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault } from '../core/fault.ts';
import { sha256 } from '../core/hash.ts';
import { endDaemon, killDaemon, startDaemon, waitUntilReady } from './daemon.ts';
import type { Daemon } from './daemon.ts';
import { connectToEngine } from './engine-api.ts';
import type { EngineApi } from './engine-api.ts';
import { createNetwork, namespaceInode, namespacePath, removeNetwork } from './host-network.ts';
import type { HostNetwork } from './host-network.ts';
import { clearLeftovers } from './leftovers.ts';
import { isRunning } from './processes.ts';
import { recallNetwork, takeDirectory } from './engine-directory.ts';
import { waitUntil } from './wait.ts';

/** A Docker Engine of one's own: a swarm of a single node, in a network namespace of its own. */
export interface PrivateEngine {
  readonly socketPath: string;
  /** What a Platform document writes as the cluster's endpoint: `unix://` and the socket's path. */
  readonly endpoint: string;
  /** Where the host reaches the ports that containers publish in host mode. */
  readonly address: string;
  readonly network: HostNetwork;
  readonly api: EngineApi;
  /** The daemon's process; another one after `restart`. */
  pid(): number;
  /** Kills the daemon with SIGKILL, as a crash would: its containers run on without it. */
  kill(): Promise<void>;
  /** Starts the daemon again on the same data; one that still runs is stopped first. Resolves when the swarm answers. */
  restart(signal: AbortSignal): Promise<void>;
  /** Stops the daemon, then removes every process, mount and interface of it. Images and services stay on disk. */
  stop(): Promise<void>;
}

/** How to start a private engine. */
export interface EngineOptions {
  /** Where images, services and logs are kept; made when it is not there. One engine a directory. */
  readonly directory: string;
  /** Ends the start; what was started until then is stopped again. */
  readonly signal: AbortSignal;
  /** Forgets the services, networks and configs of an earlier run and keeps the images. Default false. */
  readonly fresh?: boolean;
  /** Hears what takes time, one sentence each. */
  readonly onProgress?: (sentence: string) => void;
}

/** A daemon that was killed takes long to come back: it first ends the containers that ran on without it. */
const readyMs = 60_000;
/** The daemon itself gives containers 5 s to end. */
const stopMs = 20_000;
/** The longest path of a unix socket, less than the kernel's 108 bytes (unix(7)). */
const socketPathBytes = 107;
/** The longest path that the daemon and its containerd put below the run folder. */
const longestSocket = '/exec/containerd/containerd-debug.sock';

/**
 * Starts a private Docker Engine and makes it a swarm. What an earlier run in the same directory left behind is cleared
 * first. Needs root. Throws `local.failed` when the engine does not come up within a minute, or another process uses
 * the directory.
 */
export async function startPrivateEngine(options: EngineOptions): Promise<PrivateEngine> {
  if (process.getuid?.() !== 0) {
    throw new Fault('local.failed', 'A private engine needs root.', {
      next: 'Run the same with sudo.',
    });
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
  { signal, fresh = false, onProgress = () => {} }: EngineOptions,
  release: () => Promise<void>,
): Promise<PrivateEngine> {
  const id = sha256(directory).slice(0, 8);
  const network = await recallNetwork(directory, id);
  const runFolder = chooseRunFolder(directory, id);
  const socketPath = join(runFolder, 'docker.sock');
  const clear = async (): Promise<void> => {
    const marks = {
      namespaceInode: await namespaceInode(network),
      controlGroup: network.namespace,
      folders: [directory, runFolder],
    };
    const { processes } = await clearLeftovers(marks);
    if (processes > 0) onProgress(`Ended ${processes} processes that a private engine had left.`);
    await removeNetwork(network);
    await rm(runFolder, { recursive: true, force: true });
  };

  await clear();
  const api = connectToEngine(socketPath);
  let daemon: Daemon | null = null;
  const start = async (limit: AbortSignal): Promise<void> => {
    daemon = await startDockerd({ directory, runFolder, network });
    const isReady = async () => await answersPing(api, limit);
    await waitUntilReady(daemon, isReady, { deadlineMs: readyMs, signal: limit });
  };
  const stop = async (): Promise<void> => {
    if (daemon !== null) await endDaemon(daemon, stopMs);
    await api.close();
    await clear();
    await release();
  };

  try {
    await mkdir(runFolder, { recursive: true, mode: 0o700 });
    await createNetwork(network, signal);
    await start(signal);
    await joinSwarm(api, network, { fresh, signal });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    socketPath,
    endpoint: `unix://${socketPath}`,
    address: network.engineAddress,
    network,
    api,
    pid: () => daemon?.pid ?? 0,
    kill: async () => {
      if (daemon !== null) await killDaemon(daemon);
    },
    restart: async (limit) => {
      if (daemon !== null) await endDaemon(daemon, stopMs);
      await start(limit);
      await joinSwarm(api, network, { fresh: false, signal: limit });
    },
    stop,
  };
}

/** Sockets lie in the engine's directory, unless their paths would be too long there. */
function chooseRunFolder(directory: string, id: string): string {
  const near = join(directory, 'run');
  if (Buffer.byteLength(near + longestSocket) <= socketPathBytes) return near;
  return join(tmpdir(), `drayage-${id}`);
}

async function startDockerd(of: {
  readonly directory: string;
  readonly runFolder: string;
  readonly network: HostNetwork;
}): Promise<Daemon> {
  const { directory, runFolder, network } = of;
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
    `--cgroup-parent=/${network.namespace}`,
    `--insecure-registry=${network.block}`,
    '--shutdown-timeout=5',
  ];
  return await startDaemon({
    name: 'dockerd',
    command: 'nsenter',
    args: [`--net=${namespacePath(network)}`, 'dockerd', ...flags],
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

const swarmState = z.object({
  Swarm: z.object({
    LocalNodeState: z.string(),
    ControlAvailable: z.boolean(),
    NodeAddr: z.string(),
  }),
});

async function joinSwarm(
  api: EngineApi,
  network: HostNetwork,
  { fresh, signal }: { readonly fresh: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { Swarm: swarm } = swarmState.parse(await api.ask({ method: 'GET', path: '/info', signal }));
  const isMember = swarm.LocalNodeState !== 'inactive';
  const isUsable = isMember && swarm.ControlAvailable && swarm.NodeAddr === network.engineAddress;
  if (isUsable && !fresh) return;
  if (isMember) await api.ask({ method: 'POST', path: '/swarm/leave?force=true', deadlineMs: 30_000, signal });
  const body = {
    ListenAddr: `${network.engineAddress}:2377`,
    AdvertiseAddr: network.engineAddress,
    DefaultAddrPool: ['10.40.0.0/16'],
    SubnetSize: 24,
  };
  await api.ask({ method: 'POST', path: '/swarm/init', body, deadlineMs: 30_000, signal });
}
