import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineNode } from '../../../local/engine-node.ts';
import { removeImage, type PushedImage } from '../../../local/images.ts';
import { startPrivateNetwork } from '../../../local/private-network.ts';
import { startPrivateSwarm, type PrivateSwarm } from '../../../local/private-swarm.ts';
import { startPrivateRegistry, type PrivateRegistry } from '../../../local/registry.ts';
import { buildImages } from '../../engine/support/ground.ts';
import { register } from '../../engine/support/shop-floor.ts';
import type { Ware } from '../../engine/support/ware.ts';
import { startServerProcess, type ServerProcess } from '../../support/server-process.ts';

/** Two real swarms on one network, `fe` and `be`, with a registry and a server that drives both. */
export interface Field {
  readonly directory: string;
  readonly fe: PrivateSwarm;
  readonly be: PrivateSwarm;
  readonly server: ServerProcess;
  /** The present registry; another one after `restartRegistry`. */
  registry(): PrivateRegistry;
  /** Starts the registry again, at the same address and on the same data; it has to be stopped. */
  restartRegistry(): Promise<void>;
  image(tag: string): PushedImage;
  stop(): Promise<void>;
}

/** How many nodes a swarm has, and which of its managers the server talks to. */
export interface SwarmShape {
  readonly managers: number;
  readonly workers: number;
  readonly endpoint: number;
}

/** The environment `front` is on `fe`, `back` on `be`. */
export const environments = { fe: 'front', be: 'back' } as const;

/** Starts all of it in a new folder under /tmp; `stop` removes that too. */
export async function startField(options: {
  readonly fe: SwarmShape;
  readonly be: SwarmShape;
  readonly tags: readonly string[];
  readonly signal: AbortSignal;
}): Promise<Field> {
  const { tags, signal } = options;
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-field-')));
  const undo: (() => Promise<unknown>)[] = [async () => await rm(directory, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const network = await startPrivateNetwork({ directory: join(directory, 'net'), signal });
    undo.push(async () => await network.stop());
    const openRegistry = async () =>
      await startPrivateRegistry({ directory: join(directory, 'registry'), engine: network, signal });
    let registry = await openRegistry();
    undo.push(async () => await registry.stop());
    const [fe, be] = await Promise.all([
      startPrivateSwarm({ network, name: 'fe', ...options.fe, signal }),
      startPrivateSwarm({ network, name: 'be', ...options.be, signal }),
    ]);
    const images = await buildImages({ engine: fe.managers[0], registry, directory, tags, signal });
    await forgetImages(fe.managers[0], images.values());
    const platform = join(directory, 'platform.yaml');
    const endpoints = { fe: endpointOf(fe, options.fe), be: endpointOf(be, options.be) };
    await writeFile(platform, platformDocument(endpoints, registry));
    const server = await startServerProcess({ platform, data: join(directory, 'data') });
    undo.push(async () => await server.stop());
    const image = (tag: string) => {
      const found = images.get(tag);
      assert.ok(found !== undefined, `no image ${tag}`);
      return found;
    };
    const restartRegistry = async () => void (registry = await openRegistry());
    return { directory, fe, be, server, registry: () => registry, restartRegistry, image, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The engine that built the images is to pull them like any other. */
async function forgetImages(engine: EngineNode, images: Iterable<PushedImage>): Promise<void> {
  for (const { reference } of images) {
    await removeImage(engine, reference.replace(/@.*/, ''));
    await removeImage(engine, reference.replace(/:[^:@]*@/, '@'));
  }
}

function endpointOf(swarm: PrivateSwarm, { endpoint }: SwarmShape): string {
  const manager = swarm.managers[endpoint];
  assert.ok(manager !== undefined, `${swarm.name} has no manager ${endpoint}`);
  return manager.endpoint;
}

function platformDocument(endpoints: { readonly fe: string; readonly be: string }, registry: PrivateRegistry): string {
  return [
    'apiVersion: drayage/v1',
    'kind: Platform',
    'clusters:',
    ...Object.entries(endpoints).map(([name, endpoint]) => `  ${name}: { engine: swarm, endpoint: '${endpoint}' }`),
    'registries:',
    `  '${registry.host}': { credentials: none, insecure: true }`,
    'environments:',
    ...Object.entries(environments).map(([cluster, name]) => `  ${name}: { clusters: [${cluster}] }`),
    '',
  ].join('\n');
}

/** Registers versions of the ware, each of the image with its tag. */
export async function registerWares(
  field: Field,
  wares: readonly (Omit<Ware, 'image'> & { readonly tag: string })[],
): Promise<void> {
  for (const { tag, ...ware } of wares) {
    await register(field.server.client, { ...ware, image: field.image(tag).reference.replace(/@.*/, '') });
  }
}
