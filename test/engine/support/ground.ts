import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrivateEngine, type PrivateEngine } from '../../../local/docker-engine.ts';
import { buildAndPush, type PushedImage } from '../../../local/images.ts';
import { startPrivateRegistry, type PrivateRegistry } from '../../../local/registry.ts';
import { startServerProcess, type ServerProcess } from '../../support/server-process.ts';
import { wareFiles } from './ware.ts';

/** A real engine, a real registry with the images of the ware, and a real server that drives the engine. */
export interface Ground {
  readonly directory: string;
  readonly engine: PrivateEngine;
  readonly registry: PrivateRegistry;
  readonly server: ServerProcess;
  /** The image with this tag. */
  image(tag: string): PushedImage;
  stop(): Promise<void>;
}

export interface GroundOptions {
  /** Tags of the ware to build; each is an image of its own. */
  readonly tags: readonly string[];
  /** The `environments` of the platform document; their cluster is `one`. */
  readonly environments: Readonly<Record<string, string>>;
  /** An environment on a cluster of its own, `narrow`, that is the same engine with these limits; default: none. */
  readonly narrow?: { readonly environment: string; readonly limits: string };
  readonly signal: AbortSignal;
}

/** Starts all of it in a new folder under /tmp; `stop` removes that too. */
export async function startGround({ tags, environments, narrow, signal }: GroundOptions): Promise<Ground> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-ground-')));
  const undo: (() => Promise<unknown>)[] = [async () => await rm(directory, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const engine = await startPrivateEngine({ directory: join(directory, 'engine'), signal });
    undo.push(async () => await engine.stop());
    const registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine, signal });
    undo.push(async () => await registry.stop());
    const images = await buildImages({ engine, registry, directory, tags, signal });
    const platform = join(directory, 'platform.yaml');
    await writeFile(
      platform,
      platformDocument(engine, registry, { environments, ...(narrow === undefined ? {} : { narrow }) }),
    );
    const server = await startServerProcess({ platform, data: join(directory, 'data') });
    undo.push(async () => await server.stop());
    const image = (tag: string) => {
      const found = images.get(tag);
      assert.ok(found !== undefined, `no image ${tag}`);
      return found;
    };
    return { directory, engine, registry, server, image, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Builds the ware under each tag, each an image of its own, and pushes it. */
export async function buildImages(of: {
  readonly engine: PrivateEngine;
  readonly registry: PrivateRegistry;
  readonly directory: string;
  readonly tags: readonly string[];
  readonly signal: AbortSignal;
}): Promise<ReadonlyMap<string, PushedImage>> {
  const { engine, registry, directory, tags, signal } = of;
  const images = new Map<string, PushedImage>();
  for (const tag of tags) {
    const contextDirectory = join(directory, 'images', tag);
    await mkdir(contextDirectory, { recursive: true });
    for (const [name, text] of Object.entries(wareFiles(tag))) {
      await writeFile(join(contextDirectory, name), text, { mode: 0o755 });
    }
    images.set(tag, await buildAndPush(engine, registry, { name: 'ware', tag, contextDirectory, signal }));
  }
  return images;
}

function platformDocument(
  engine: PrivateEngine,
  registry: PrivateRegistry,
  { environments, narrow }: Pick<GroundOptions, 'environments' | 'narrow'>,
): string {
  return [
    'apiVersion: drayage/v1',
    'kind: Platform',
    'clusters:',
    `  one: { engine: swarm, endpoint: '${engine.endpoint}' }`,
    ...(narrow === undefined
      ? []
      : [`  narrow: { engine: swarm, endpoint: '${engine.endpoint}', limits: { ${narrow.limits} } }`]),
    'registries:',
    `  '${registry.host}': { credentials: none, insecure: true }`,
    'environments:',
    ...Object.entries(environments).map(
      ([name, rest]) => `  ${name}: { clusters: [one]${rest === '' ? '' : `, ${rest}`} }`,
    ),
    ...(narrow === undefined ? [] : [`  ${narrow.environment}: { clusters: [narrow] }`]),
    '',
  ].join('\n');
}
