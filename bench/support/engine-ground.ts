import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPrivateEngine, type PrivateEngine } from '../../local/docker-engine.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { buildImages } from '../../test/engine/support/ground.ts';
import { findStackCli, type StackCli } from '../../test/engine/support/stack-cli.ts';
import type { BenchContext } from '../../tool/bench/row.ts';
import { startDrayage, type Drayage } from './drayage.ts';
import { composeOf, serviceNames, stackOf, type ServiceSetting, type Version } from './stack.ts';
import { versionOf } from './engine-state.ts';

/** A private engine that both sides deploy to, a server that drives it, and the `docker` program. */
export interface EngineGround {
  readonly engine: PrivateEngine;
  readonly server: Drayage;
  /** Runs `docker stack deploy` of a version's file until it goes well; how long that took, in ms. */
  stackDeploy(version: Version, stack: string): Promise<number>;
  readonly facts: readonly string[];
  close(): Promise<void>;
}

const conflict = 'update out of sequence';

/** How often `docker stack deploy` is run until it goes well. */
const attemptsMost = 5;

const versions: readonly Version[] = ['1', '2', '3'];

/** Starts all of it and registers every version of the services. Needs Linux and root. */
export async function startEngineGround(
  { scratch, signal, say }: BenchContext,
  { environments, ...checks }: Omit<ServiceSetting, 'image'> & { readonly environments: readonly string[] },
): Promise<EngineGround> {
  await mkdir(scratch, { recursive: true });
  const directory = await realpath(await mkdtemp(join(scratch, 'engine-')));
  const undo: (() => Promise<unknown>)[] = [async () => await rm(directory, { recursive: true, force: true })];
  const close = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const engine = await startPrivateEngine({ directory: join(directory, 'engine'), signal });
    undo.push(async () => await engine.stop());
    const registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine, signal });
    undo.push(async () => await registry.stop());
    const images = await buildImages({ engine, registry, directory, tags: ['one'], signal });
    const image = images.get('one')?.reference;
    assert.ok(image !== undefined, 'the image is built');
    const server = await startDrayage(directory, platformText(engine, registry.host, environments));
    undo.push(async () => await server.remove());
    const setting = { image, ...checks };
    await registerAll(server, setting);
    const cli = await stackCli(engine, directory);
    for (const version of versions)
      await writeFile(join(directory, `stack-${version}.yaml`), stackOf(version, setting));
    return {
      engine,
      server,
      facts: [`${cli.version}; engine ${await versionOf(engine.api)}, one node; images pulled beforehand`],
      stackDeploy: async (version, stack) => {
        const beganMs = performance.now();
        const repeated = await deployStack(cli, join(directory, `stack-${version}.yaml`), stack);
        if (repeated > 0) say(`docker stack deploy met "${conflict}" and was run again, ${repeated} times`);
        return performance.now() - beganMs;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The command stops in the middle when the engine itself wrote to a service meanwhile; whoever runs it runs it again. How
 * often that was done.
 */
async function deployStack(cli: StackCli, file: string, stack: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const { went, said } = await cli.deploy(file, stack);
    if (went === 'well') return attempt - 1;
    assert.ok(said.includes(conflict) && attempt < attemptsMost, said);
  }
}

async function stackCli(engine: PrivateEngine, directory: string): Promise<StackCli> {
  const configDirectory = join(directory, 'docker-config');
  await mkdir(configDirectory);
  const engineVersion = await versionOf(engine.api);
  return await findStackCli({ endpoint: engine.endpoint, engineVersion, configDirectory, variables: {} });
}

async function registerAll({ client }: Drayage, setting: ServiceSetting): Promise<void> {
  for (const service of serviceNames) {
    for (const version of versions) {
      const compose = { name: 'compose.yaml', text: composeOf(service, version, setting) };
      await client.call('createRelease', { body: { service, version, compose } });
    }
  }
}

function platformText(engine: PrivateEngine, registry: string, environments: readonly string[]): string {
  return JSON.stringify({
    apiVersion: 'drayage/v1',
    kind: 'Platform',
    clusters: { one: { engine: 'swarm', endpoint: engine.endpoint, limits: { stepsAtOnce: 20, startsAtOnce: 20 } } },
    registries: { [registry]: { credentials: 'none', insecure: true } },
    environments: Object.fromEntries(environments.map((name) => [name, { clusters: ['one'] }])),
  });
}
