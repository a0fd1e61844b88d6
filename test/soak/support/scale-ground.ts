import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../../../client/client.ts';
import { startServerProcess, type ServerProcess } from '../../support/server-process.ts';
import { startStaticRegistry } from '../../support/static-registry.ts';

/** A real server in a process of its own, with simulated clusters, and a registry that has every image. */
export interface ScaleGround {
  readonly server: ServerProcess;
  /** Folder of the ledger. */
  readonly data: string;
  /** Host of the images. */
  readonly registry: string;
  usage(): Usage;
  stop(): Promise<void>;
}

/** What the server's process has used since it began. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  /** Resident memory now, and the most there was, in MiB. */
  readonly residentMib: number;
  readonly peakMib: number;
}

/** In ms; Linux counts them in hundredths of a second on every architecture. */
const tickMs = 10;

/** Starts it all. `platform`: the text of its document, by the registry's host. */
export async function startScaleGround(platform: (registry: string) => string): Promise<ScaleGround> {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-scale-'));
  const file = join(folder, 'platform.yaml');
  const data = join(folder, 'data');
  const registry = await startStaticRegistry();
  await writeFile(file, platform(registry.host));
  const clear = async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  };
  const server = await startServerProcess({ platform: file, data }).catch(async (error: unknown) => {
    await clear();
    throw error;
  });
  return {
    server,
    data,
    registry: registry.host,
    usage: () => usageOf(server.pid()),
    async stop() {
      await server.stop();
      await clear();
    },
  };
}

/** See proc(5). */
function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const cpuMs = (Number(fields[11]) + Number(fields[12])) * tickMs;
  return { cpuMs, residentMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}

/** Registers a release of one component that has the service's name. `more`: lines of its Compose definition. */
export async function registerScaled(
  { server, registry }: Pick<ScaleGround, 'server' | 'registry'>,
  of: { readonly service: string; readonly version: string; readonly more?: string },
  signal: AbortSignal,
): Promise<void> {
  const { service, version, more = '' } = of;
  const text = `services:\n  ${service}:\n    image: ${registry}/${service}:${version}\n${more}`;
  const body = { service, version, compose: { name: 'compose.yaml', text } };
  await server.client.call('createRelease', { body, signal });
}

/** Has an environment run these versions, and leaves the rest as it is; the deployment's id. */
export async function submitChange(
  client: Client,
  environment: string,
  set: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const answer = await client.call('deploy', {
    body: { wanted: { kind: 'change', environment, set: { ...set } }, allowOlder: true },
    idempotencyKey: crypto.randomUUID(),
    signal,
  });
  if (answer.kind === 'nothing-to-do') throw new Error('there was nothing to deploy');
  return answer.deployment;
}

/** Fewer requests at once than the server takes of one token. */
const requestsAtOnce = 8;

/** Does something for each item, a few at the same time. */
export async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, work));
}
