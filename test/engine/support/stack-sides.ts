import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findNeeds, instantiate, readDefinition } from '../../../core/compose/definition.ts';
import { sha256, type Digest } from '../../../core/hash.ts';
import { makeTarget } from '../../../core/planning/make-target.ts';
import type { EnvironmentDefinition } from '../../../core/platform.ts';
import type { ReleaseManifest } from '../../../core/release.ts';
import type { Target } from '../../../core/workload.ts';
import type { PrivateEngine } from '../../../local/docker-engine.ts';
import type { PushedImage } from '../../../local/images.ts';
import { waitUntil } from '../../../local/wait.ts';
import type { Engine } from '../../../port/engine.ts';
import { list, text } from '../../../engine/swarm/json.ts';
import type { StackCli } from './stack-cli.ts';
import { holdingOf, type Holding } from './stack-shape.ts';

/** What both sides are given. */
export interface Sides {
  readonly cli: StackCli;
  readonly engine: PrivateEngine;
  readonly driver: Engine;
  /** The only image, and the reference by which every file names it once `${REGISTRY}` is filled in. */
  readonly image: PushedImage;
  readonly written: string;
  /** Filled in when the release is registered. */
  readonly vars: Readonly<Record<string, string>>;
  /** Given by the environment. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What came of a file on one side. */
export type Side =
  { readonly kind: 'taken'; readonly holding: Holding } | { readonly kind: 'refused'; readonly said: string };

/** The service that each file defines; a component of this name is its main one. */
const service = 'shop';

const installation = 'differential';

const removalMs = 20_000;

/** Deploys a file as a stack, looks at what the engine then holds, and removes it. */
export async function deployedAsStack(sides: Sides, file: string): Promise<Side> {
  const stack = `theirs-${basename(file, '.yaml')}`;
  const { went, said } = await sides.cli.deploy(file, stack);
  try {
    if (went === 'wrong') return { kind: 'refused', said };
    const plain = (name: string): string | null => afterPrefix(name, `${stack}_`);
    return { kind: 'taken', holding: await look(sides, plain) };
  } finally {
    await removeStack(sides, stack);
  }
}

/** Removes all that bears the stack's label; a network stays for a moment, until the tasks of it are ended. */
async function removeStack({ engine: { api }, signal }: Sides, stack: string): Promise<void> {
  const filter = encodeURIComponent(JSON.stringify({ label: [`com.docker.stack.namespace=${stack}`] }));
  for (const kind of ['services', 'configs', 'secrets', 'networks']) {
    const found = list(await api.ask({ method: 'GET', path: `/${kind}?filters=${filter}`, signal }));
    for (const item of found) {
      const path = `/${kind}/${text(item, 'ID') ?? text(item, 'Id') ?? ''}`;
      const isGone = async (): Promise<boolean> => {
        const { status } = await api.call({ method: 'DELETE', path, signal });
        return status < 300 || status === 404;
      };
      if (!(await waitUntil(isGone, { deadlineMs: removalMs, signal }))) throw new Error(`${stack}: ${path} stays`);
    }
  }
}

/** Makes a release of a file, writes each component of it through the engine driver, looks, and removes it. */
export async function deployedAsRelease(sides: Sides, file: string): Promise<Side> {
  const environment = `ours-${basename(file, '.yaml')}`;
  const made = await attempt(async () => await targetsOf(sides, environment, file));
  if (made.kind === 'refused') return made;
  const { targets, files } = made.value;
  const writer = { installation, deployment: 'deployment-1', generation: 1 };
  try {
    const applied = await attempt(async () => {
      for (const target of targets) {
        const request = { writer, target, files, credentials: null, whenTasksFail: 'pause' } as const;
        await sides.driver.apply(request, sides.signal);
      }
    });
    if (applied.kind === 'refused') return applied;
    return { kind: 'taken', holding: await look(sides, (name) => plainOfRelease(name, environment)) };
  } finally {
    for (const { workload } of targets) {
      await sides.driver.remove({ writer, environment, spot: workload }, sides.signal);
    }
  }
}

type Attempted<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'refused'; readonly said: string };

/** Only a fault is a refusal; a bug is thrown on. */
async function attempt<T>(run: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { kind: 'done', value: await run() };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Fault') throw error;
    return { kind: 'refused', said: error.message };
  }
}

/** Everything is allowed: what an environment may forbid is no matter of the mapping. */
const environmentDefinition: EnvironmentDefinition = {
  clusters: ['one'],
  waves: [],
  onFailure: 'roll-back',
  waiting: 'queue',
  stepDeadlineMs: 60_000,
  allows: {
    [service]: {
      binds: ['/'],
      capabilities: ['NET_ADMIN', 'NET_BIND_SERVICE', 'SYS_TIME'],
      hostNetwork: true,
      volumeDrivers: ['local'],
    },
  },
};

async function targetsOf(
  sides: Sides,
  environment: string,
  file: string,
): Promise<{ readonly targets: readonly Target[]; readonly files: ReadonlyMap<Digest, Uint8Array> }> {
  const composeFile = { name: basename(file), text: await readFile(file, 'utf8') };
  const named = findNeeds(composeFile, sides.vars).files.map(
    async ({ path }) => [path, await readFile(join(dirname(file), path), 'utf8')] as const,
  );
  const source = { ...composeFile, files: Object.fromEntries(await Promise.all(named)) };
  const read = readDefinition(source, { service }, sides.vars);
  const contents = new Map<string, Uint8Array>(
    Object.entries(read.inline).map(([path, text]) => [path, Buffer.from(text)] as const),
  );
  for (const path of read.files) contents.set(path, await readFile(join(dirname(file), path)));
  const images = Object.entries(read.images).map(([component, reference]) => {
    if (reference !== sides.written) throw new Error(`${component} of ${file} has another image: ${reference}`);
    return [component, { reference, resolved: sides.image.reference, hasHealthCheck: false }] as const;
  });
  const manifest: ReleaseManifest = {
    identity: {
      service,
      version: '1.0.0',
      definition: read.definition,
      images: Object.fromEntries(images.map(([component, { resolved }]) => [component, resolved])),
      files: Object.fromEntries([...contents].map(([path, bytes]) => [path, sha256(bytes)])),
    },
    parameters: read.parameters,
    images: Object.fromEntries(images),
    source,
    meta: {},
    warnings: read.warnings,
  };
  const definition = instantiate(manifest, sides.parameters);
  const entry = { version: '1.0.0', replicas: null, parameters: sides.parameters, ports: {} };
  const targets = Object.keys(definition.components).map((component) =>
    makeTarget({ environment, environmentDefinition, cluster: 'one', definition, entry, component, hosts: [] }),
  );
  return { targets, files: new Map([...contents.values()].map((bytes) => [sha256(bytes), bytes])) };
}

/** Defaults are asked for, so that one that is written out equals one that is not; the engine gives them one by one. */
async function look({ engine: { api }, signal }: Sides, plain: (name: string) => string | null): Promise<Holding> {
  const ask = async (path: string): Promise<unknown> => await api.ask({ method: 'GET', path, signal });
  const own = list(await ask('/services')).filter((service) => plain(text(service, 'Spec', 'Name') ?? '') !== null);
  const services = await Promise.all(
    own.map(async (service) => await ask(`/services/${text(service, 'ID') ?? ''}?insertDefaults=true`)),
  );
  // The list leaves out the one network that every swarm has.
  const networks = [...list(await ask('/networks')), await ask('/networks/host?scope=swarm')];
  return holdingOf({ services, networks, configs: list(await ask('/configs')), plain });
}

function afterPrefix(name: string, prefix: string): string | null {
  return name.startsWith(prefix) ? name.slice(prefix.length) : null;
}

/** A config's name ends in a digest of its content; the network of the environment is nobody's in the file. */
function plainOfRelease(name: string, environment: string): string | null {
  if (name === `${environment}_shared`) return '(environment)';
  const plain = afterPrefix(name, `${environment}_${service}_`);
  return plain === null ? null : plain.replace(/_[0-9a-f]{12}$/, '');
}
