import { adviseWritable, parentOf, type WritableAdvice } from '../../core/compose/writable.ts';
import { isFault } from '../../core/fault.ts';
import type { DockerClient } from '../swarm/client.ts';
import { sleep } from '../swarm/bounded.ts';
import { list, record, text, at } from '../swarm/json.ts';
import {
  ask,
  createContainer,
  filesIn,
  lastLines,
  startContainer,
  stateOf,
  writtenPaths,
  type ContainerState,
} from './container.ts';
import { probeHealth, type HealthProposal } from './probe.ts';

/** One component to be tried out, as its definition has it. */
export interface TrialComponent {
  readonly name: string;
  readonly image: string;
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly variables: { readonly [name: string]: string };
  readonly user: string | null;
  readonly workingDir: string | null;
  readonly tmpfs: readonly string[];
  /** Where volumes are mounted: each gets an empty one. */
  readonly volumes: readonly string[];
  /** Files on this machine, by where they are mounted. */
  readonly files: readonly { readonly target: string; readonly source: string }[];
  readonly ports: readonly number[];
  /** Whether its definition says how its health is told. */
  readonly hasHealthCheck: boolean;
}

/** What trying a component out showed. */
export type TrialResult =
  | { readonly kind: 'skipped'; readonly component: string; readonly reason: string }
  | {
      readonly kind: 'tried';
      readonly component: string;
      /** Null while it ran to the end of the trial. */
      readonly ended: Ending | null;
      readonly writable: WritableAdvice;
      /** With a read-only root and the proposed tmpfs; null while it ran to the end of the trial. */
      readonly endedReadOnly: Ending | null;
      /** A check that was tried, and answered; null when none is needed or none was found. */
      readonly health: HealthProposal | null;
      readonly needsHealthCheck: boolean;
    };

export interface Ending {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

export interface TrialOptions {
  readonly client: DockerClient;
  /** Tells this trial's objects from all others. */
  readonly id: string;
  /** In the order in which they are started. */
  readonly components: readonly TrialComponent[];
  /** How long each of the two runs lasts, in ms. */
  readonly runMs: number;
  readonly say: (line: string) => void;
}

/** How long tidying up may take. */
const tidyMs = 60_000;
const wordsMost = 3;

/**
 * Runs all components twice on one engine, on a network of their own where they find each other by name: with a writable
 * root, to see what they write, then with a read-only one and the folders that this leads to. Whatever happens, nothing
 * is left. Throws the engine's Fault.
 */
export async function runTrial(options: TrialOptions, signal: AbortSignal): Promise<readonly TrialResult[]> {
  const { client, id, components } = options;
  const results: TrialResult[] = [];
  try {
    await ask(client, { method: 'POST', path: '/networks/create', body: networkBody(id) }, signal);
    const images = new Map<string, unknown>();
    for (const { name, image } of components) {
      const found = await imageOf(client, image, signal);
      if (found === null)
        results.push({
          kind: 'skipped',
          component: name,
          reason: `its image is not on this engine: docker pull ${image}`,
        });
      else images.set(name, found);
    }
    const present = components.filter(({ name }) => images.has(name));
    const first = await run(options, present, () => null, signal);
    const seen = await lookAtAll(options, first, images, signal);
    await removeContainers(client, id, signal);
    const second = await run(options, present, (name) => seen.get(name)?.writable ?? null, signal);
    for (const one of seen.values())
      results.push({ ...one, endedReadOnly: await endingOf(client, second, one, signal) });
    return results;
  } finally {
    await tidy(client, id);
  }
}

type Tried = Extract<TrialResult, { kind: 'tried' }>;

function networkBody(id: string): object {
  return { Name: networkName(id), Driver: 'bridge', CheckDuplicate: true, Labels: labelsOf(id) };
}

function networkName(id: string): string {
  return `drayage-trial-${id}`;
}

function labelsOf(id: string): object {
  return { 'drayage.trial': id };
}

async function imageOf(client: DockerClient, image: string, signal: AbortSignal): Promise<unknown> {
  const answer = await client.call({ method: 'GET', path: `/images/${image}/json` }, signal);
  return answer.kind === 'ok' ? answer.body : null;
}

/** Starts all, one after the other, and lets them run; ids by component. */
async function run(
  { client, id, runMs, say }: TrialOptions,
  components: readonly TrialComponent[],
  readOnlyWith: (name: string) => WritableAdvice | null,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  const isReadOnly = components.some(({ name }) => readOnlyWith(name) !== null);
  for (const component of components) {
    const body = containerBody(id, component, readOnlyWith(component.name));
    const name = `${networkName(id)}-${component.name}`;
    const container = await createContainer(client, { name, body }, signal);
    await startContainer(client, container, signal);
    ids.set(component.name, container);
  }
  const root = isReadOnly ? 'a read-only root and the proposed tmpfs' : 'a writable root';
  if (ids.size > 0) say(`${[...ids.keys()].join(', ')}: running for ${runMs / 1000} s with ${root}`);
  if (ids.size > 0) await sleep(runMs, signal);
  return ids;
}

function containerBody(id: string, component: TrialComponent, readOnly: WritableAdvice | null): object {
  const tmpfs = [...component.tmpfs, ...(readOnly?.tmpfs.map(({ path }) => path) ?? [])];
  return {
    Image: component.image,
    Labels: labelsOf(id),
    Env: Object.entries(component.variables).map(([name, value]) => `${name}=${value}`),
    ...(component.entrypoint === null ? {} : { Entrypoint: component.entrypoint }),
    ...(component.command === null ? {} : { Cmd: component.command }),
    ...(component.user === null ? {} : { User: component.user }),
    ...(component.workingDir === null ? {} : { WorkingDir: component.workingDir }),
    HostConfig: {
      NetworkMode: networkName(id),
      ReadonlyRootfs: readOnly !== null,
      Tmpfs: Object.fromEntries(tmpfs.map((path) => [path, 'mode=1777'])),
      Mounts: component.volumes.map((target) => ({ Type: 'volume', Target: target })),
      Binds: component.files.map(({ source, target }) => `${source}:${target}:ro`),
    },
    NetworkingConfig: { EndpointsConfig: { [networkName(id)]: { Aliases: [component.name] } } },
  };
}

async function lookAtAll(
  options: TrialOptions,
  ids: ReadonlyMap<string, string>,
  images: ReadonlyMap<string, unknown>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Tried>> {
  const seen = new Map<string, Tried>();
  for (const component of options.components) {
    const id = ids.get(component.name);
    if (id !== undefined)
      seen.set(component.name, await lookAt(options, component, id, images.get(component.name), signal));
  }
  return seen;
}

async function lookAt(
  { client, id: trial }: TrialOptions,
  component: TrialComponent,
  id: string,
  image: unknown,
  signal: AbortSignal,
): Promise<Tried> {
  const state = await stateOf(client, id, signal);
  const written = await writtenPaths(client, id, signal);
  const mounted = [
    ...component.tmpfs,
    ...component.volumes,
    ...component.files.map(({ target }) => target),
    ...Object.keys(record(at(image, 'Config', 'Volumes'))),
  ];
  const needsHealthCheck = !component.hasHealthCheck && list(at(image, 'Config', 'Healthcheck', 'Test')).length === 0;
  const ports = [
    ...component.ports,
    ...Object.keys(record(at(image, 'Config', 'ExposedPorts'))).map((key) => parseInt(key, 10)),
  ];
  return {
    kind: 'tried',
    component: component.name,
    ended: state.running ? null : await ending(client, id, state, signal),
    writable: adviseWritable(written, mounted, await imageFilesOf(client, trial, component, written, signal)),
    endedReadOnly: null,
    needsHealthCheck,
    health: needsHealthCheck && state.running ? await probeHealth(client, { id, pid: state.pid, ports }, signal) : null,
  };
}

/** Looks into a container of the image that was never started. */
async function imageFilesOf(
  client: DockerClient,
  trial: string,
  component: TrialComponent,
  written: readonly { readonly path: string }[],
  signal: AbortSignal,
): Promise<(folder: string) => readonly string[]> {
  const spec = {
    name: `${networkName(trial)}-${component.name}-image`,
    body: {
      Image: component.image,
      Labels: labelsOf(trial),
      ...(component.command === null ? {} : { Cmd: component.command }),
    },
  };
  const found = new Map<string, readonly string[]>();
  const untouched = await createContainer(client, spec, signal);
  for (const folder of new Set(written.map(({ path }) => parentOf(path))))
    if (folder !== '/') found.set(folder, await filesIn(client, untouched, folder, signal));
  return (folder) => found.get(folder) ?? [];
}

async function endingOf(
  client: DockerClient,
  ids: ReadonlyMap<string, string>,
  { component }: Tried,
  signal: AbortSignal,
): Promise<Ending | null> {
  const id = ids.get(component) ?? '';
  const state = await stateOf(client, id, signal);
  return state.running ? null : await ending(client, id, state, signal);
}

async function ending(
  client: DockerClient,
  id: string,
  { exitCode }: ContainerState,
  signal: AbortSignal,
): Promise<Ending> {
  return { exitCode, lines: await lastLines(client, id, wordsMost, signal) };
}

async function removeContainers(client: DockerClient, id: string, signal: AbortSignal): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`drayage.trial=${id}`] }));
  const found = list(await ask(client, { method: 'GET', path: `/containers/json?all=1&filters=${filters}` }, signal));
  for (const one of found)
    await client.call({ method: 'DELETE', path: `/containers/${text(one, 'Id') ?? ''}?force=1&v=1` }, signal);
}

/** Takes everything away, also when the trial was interrupted. */
async function tidy(client: DockerClient, id: string): Promise<void> {
  const signal = AbortSignal.timeout(tidyMs);
  try {
    await removeContainers(client, id, signal);
    await client.call({ method: 'DELETE', path: `/networks/${networkName(id)}` }, signal);
  } catch (error) {
    // An engine that does not answer any more has said so already.
    if (!isFault(error)) throw error;
  }
}
