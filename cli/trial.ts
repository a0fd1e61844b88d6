import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ConvertSource } from '../core/compose/convert.ts';
import { instantiate, readDefinition } from '../core/compose/definition.ts';
import type { Proposal } from '../core/compose/propose.ts';
import type { ComponentDefinition, ServiceDefinition } from '../core/definition.ts';
import { isFault } from '../core/fault.ts';
import { sha256, type Digest } from '../core/hash.ts';
import { levelsOf } from '../core/planning/order.ts';
import type { runTrial } from '../server.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Context } from './context.ts';
import { UsageError } from './failure.ts';
import { readBytes } from './file.ts';

/** What is asked of a trial run. */
export interface TrialRequest {
  /** The converted definition. */
  readonly source: ConvertSource;
  readonly vars: { readonly [name: string]: string };
  /** `unix:///path` of the local engine. */
  readonly endpoint: string;
  readonly runMs: number;
}

/** What a trial run leads to, and what a person should know of it. */
export interface TrialOutcome {
  readonly proposals: readonly Proposal[];
  readonly notes: readonly string[];
}

const fileBytesMost = 1_000 * 1_024;

/** Tries the definition's components out on the local engine. Throws `plan.parameter-missing`, or the engine's Fault. */
export async function tryOut(context: Context, request: TrialRequest): Promise<TrialOutcome> {
  const { io, terminal, signal } = context;
  const folder = await mkdtemp(join(tmpdir(), 'dray-trial-'));
  try {
    const { definition, contents } = await define(context, request);
    const server = await import('../server.ts');
    const components = await Promise.all(
      inOrder(definition).map(async ([name, one]) => await toTrial(name, one, contents, folder)),
    );
    const { endpoint, runMs } = request;
    const id = randomBytes(4).toString('hex');
    const say = (line: string) => terminal.warn(terminal.style.dim(line));
    const results = await server.runTrial({ endpoint, id, components, runMs, say }, signal);
    return { proposals: results.flatMap(proposalOf), notes: results.flatMap(notesOf) };
  } finally {
    await rm(folder, { recursive: true, force: true });
    io.signal.throwIfAborted();
  }
}

async function define(
  { io }: Context,
  { source, vars }: TrialRequest,
): Promise<{ readonly definition: ServiceDefinition; readonly contents: ReadonlyMap<Digest, Uint8Array> }> {
  const read = readDefinition(source, { service: 'trial' }, vars);
  const files = new Map<string, Uint8Array>(
    Object.entries(read.inline).map(([path, text]) => [path, Buffer.from(text, 'utf8')]),
  );
  for (const path of read.files) files.set(path, await readBytes(io, join(dirname(source.name), path), fileBytesMost));
  const identity = {
    service: 'trial',
    version: '0',
    definition: read.definition,
    images: read.images,
    files: Object.fromEntries([...files].map(([path, bytes]) => [path, sha256(bytes)])),
  };
  const { parameters, warnings } = read;
  const definition = filledIn({ identity, parameters, images: {}, source, meta: {}, warnings }, vars);
  return { definition, contents: new Map([...files.values()].map((bytes) => [sha256(bytes), bytes])) };
}

/** Here a missing parameter is given on the command line, not in a spec. */
function filledIn(manifest: ReleaseManifest, vars: TrialRequest['vars']): ServiceDefinition {
  try {
    return instantiate(manifest, vars);
  } catch (error) {
    if (!isFault(error, 'plan.parameter-missing')) throw error;
    const { parameters } = error.facts;
    const names = Array.isArray(parameters) ? parameters.map(String) : [];
    throw new UsageError(
      `To try it out ${names.join(', ')} must have a value.`,
      `Give ${names.length === 1 ? 'it' : 'them'} with ${names.map((name) => `--var ${name}=VALUE`).join(' ')}.`,
    );
  }
}

function inOrder({ components }: ServiceDefinition): readonly (readonly [string, ComponentDefinition])[] {
  const nodes = Object.entries(components).map(([id, { dependsOn }]) => ({ id, after: dependsOn, counts: true }));
  const levels = levelsOf(nodes);
  return Object.entries(components).toSorted(([a], [b]) => (levels.get(a) ?? 0) - (levels.get(b) ?? 0));
}

async function toTrial(
  name: string,
  one: ComponentDefinition,
  contents: ReadonlyMap<Digest, Uint8Array>,
  folder: string,
) {
  const files = one.configs.map(({ target, content }) => ({ target, source: join(folder, content), content }));
  for (const { source, content } of files) await writeFile(source, contents.get(content) ?? '', { mode: 0o644 });
  return {
    name,
    image: one.image,
    entrypoint: one.entrypoint,
    command: one.command,
    variables: one.variables,
    user: one.user,
    workingDir: one.workingDir ?? null,
    tmpfs: one.tmpfs.map(({ target }) => target),
    volumes: one.volumes.map(({ target }) => target),
    files: files.map(({ target, source }) => ({ target, source })),
    ports: one.ports.map(({ target }) => target),
    hasHealthCheck: one.health.kind !== 'image',
  };
}

type TrialResult = Awaited<ReturnType<typeof runTrial>>[number];

function proposalOf(result: TrialResult): readonly Proposal[] {
  if (result.kind === 'skipped') return [];
  const tmpfs = result.writable.tmpfs.map(({ path }) => path);
  return [{ component: result.component, tmpfs, health: result.health?.test ?? null }];
}

function notesOf(result: TrialResult): readonly string[] {
  const { component } = result;
  if (result.kind === 'skipped') return [`${component} was not tried out: ${result.reason}`];
  const { ended, endedReadOnly, writable, health, needsHealthCheck } = result;
  const told = (code: number, lines: readonly string[]) =>
    `with the exit code ${code}${lines.length === 0 ? '' : `: ${lines.at(-1)}`}`;
  return [
    ...(ended === null
      ? []
      : [`${component} ended ${told(ended.exitCode, ended.lines)}; what it writes later was not seen`]),
    ...writable.tmpfs.map(({ path, because, hides }) => {
      const hidden =
        hides.length === 0 ? '' : `; this hides what the image has there, such as ${hides.join(', ')}: check that`;
      return `${component}: ${path} is proposed as tmpfs, since ${because}; write a volume instead if it must outlive the task${hidden}`;
    }),
    ...writable.changedFiles.map(
      (path) => `${component} changes ${path}, which the image brings: build it into the image, or give it as a config`,
    ),
    ...(health === null
      ? []
      : [`${component}: a health check is proposed that answered in the trial: ${health.test.join(' ')}`]),
    ...(needsHealthCheck && health === null
      ? [
          `${component} has no health check, and none was found that its image can run: running will mean started, not healthy`,
        ]
      : []),
    ...(ended === null && endedReadOnly !== null
      ? [
          `${component} does not run with a read-only root and this: it ended ${told(endedReadOnly.exitCode, endedReadOnly.lines)}`,
        ]
      : []),
  ];
}
