import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import { Fault } from '../core/fault.ts';
import { endDaemon, startDaemon, waitUntilReady } from './daemon.ts';
import { namespacePath } from './host-network.ts';
import type { HostNetwork } from './host-network.ts';

/** Who may read and write a private registry. */
export interface RegistryAccess {
  readonly user: string;
  readonly password: string;
  /** The password's bcrypt hash, which is the only one that the registry takes. */
  readonly bcrypt: string;
}

/** A private image registry. */
export interface PrivateRegistry {
  /** What image references begin with: address and port. */
  readonly host: string;
  readonly url: string;
  readonly access: RegistryAccess | null;
  pid(): number;
  /** Takes a manifest away, and with it the tags that point to it. Throws `image.unresolved` when there is none. */
  deleteManifest(repository: string, digest: string): Promise<void>;
  stop(): Promise<void>;
}

/** How to start a private registry. */
export interface RegistryOptions {
  /** Where blobs and the log are kept; made when it is not there. */
  readonly directory: string;
  /**
   * An engine that pulls from it, or the private network of several. The registry then listens on the network's shared
   * address, which the host and all engines use; it has to be stopped before the network. Without one it listens on
   * 127.0.0.1.
   */
  readonly engine?: { readonly network: HostNetwork };
  /** Default 5000 beside an engine, else any free port. */
  readonly port?: number;
  readonly access?: RegistryAccess;
  /** Ends the start. */
  readonly signal: AbortSignal;
}

const readyMs = 15_000;
const stopMs = 5_000;
const requestMs = 15_000;

/** Starts Debian's docker-registry, over plain HTTP. Throws `local.failed` when the port is taken or it stays silent for 15 s. */
export async function startPrivateRegistry(options: RegistryOptions): Promise<PrivateRegistry> {
  await mkdir(options.directory, { recursive: true });
  const directory = await realpath(options.directory);
  const network = options.engine?.network ?? null;
  const address = network === null ? '127.0.0.1' : network.sharedAddress;
  const port = options.port ?? (network === null ? await findFreePort() : 5000);
  const host = `${address}:${port}`;
  const url = `http://${host}`;
  // Whoever else listens there would answer in the place of the new one, which then ends unnoticed.
  if (await isTaken(address, port)) throw new Fault('local.failed', `${host} is already in use.`);
  const access = options.access ?? null;
  const configFile = await writeConfig(directory, host, access);
  const serve = ['docker-registry', 'serve', configFile];
  const enter = network === null ? [] : [`--net=${namespacePath(network)}`];
  const logFile = join(directory, 'registry.log');
  const daemon = await startDaemon({
    name: 'docker-registry',
    command: 'nsenter',
    args: [...enter, ...serve],
    logFile,
  });
  const stop = async () => await endDaemon(daemon, stopMs);
  try {
    const limits = { deadlineMs: readyMs, signal: options.signal };
    await waitUntilReady(daemon, async () => await isAnswering(url, access), limits);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    url,
    access,
    pid: () => daemon.pid,
    deleteManifest: async (repository, digest) => await deleteManifest({ url, access, repository, digest }),
    stop,
  };
}

/** The configuration is JSON, of which YAML is a superset. */
async function writeConfig(directory: string, host: string, access: RegistryAccess | null): Promise<string> {
  const passwords = join(directory, 'htpasswd');
  if (access !== null) await writeFile(passwords, `${access.user}:${access.bcrypt}\n`, { mode: 0o600 });
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'blobs') }, delete: { enabled: true } },
    http: { addr: host, headers: { 'X-Content-Type-Options': ['nosniff'] } },
    ...(access === null ? {} : { auth: { htpasswd: { realm: 'drayage', path: passwords } } }),
  };
  const file = join(directory, 'config.yml');
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`);
  return file;
}

async function isAnswering(url: string, access: RegistryAccess | null): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000);
    const answer = await request(`${url}/v2/`, { headers: authorization(access), signal });
    await answer.body.dump();
    return answer.statusCode === 200;
  } catch {
    return false;
  }
}

async function deleteManifest(of: {
  readonly url: string;
  readonly access: RegistryAccess | null;
  readonly repository: string;
  readonly digest: string;
}): Promise<void> {
  const answer = await request(`${of.url}/v2/${of.repository}/manifests/${of.digest}`, {
    method: 'DELETE',
    headers: authorization(of.access),
    signal: AbortSignal.timeout(requestMs),
  });
  await answer.body.dump();
  if (answer.statusCode === 202) return;
  const message = `The registry did not delete ${of.repository}@${of.digest}: it answered ${answer.statusCode}.`;
  throw new Fault(answer.statusCode === 404 ? 'image.unresolved' : 'local.failed', message);
}

function authorization(access: RegistryAccess | null): Record<string, string> {
  if (access === null) return {};
  return {
    authorization: `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`,
  };
}

async function isTaken(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const probe = connect({ host, port, timeout: 2_000 });
    const settle = (taken: boolean) => {
      probe.destroy();
      resolve(taken);
    };
    probe.once('connect', () => settle(true));
    probe.once('error', () => settle(false));
    probe.once('timeout', () => settle(false));
  });
}

async function findFreePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}
