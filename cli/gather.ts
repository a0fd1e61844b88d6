import { dirname, join } from 'node:path';
import { bundleLimits } from '../core/compose/bundle.ts';
import { findNeeds, readDefinition } from '../core/compose/definition.ts';
import { readEnvFile } from '../core/compose/env-file.ts';
import { asText } from '../core/compose/template.ts';
import { createProblems } from '../core/document/problems.ts';
import { documentLimits } from '../core/document/scan.ts';
import type { ReleaseSource } from '../core/release.ts';
import { UsageError } from './failure.ts';
import { readBytes, readSource, readTextIfThere, type SourceText } from './file.ts';
import type { Io } from './io.ts';

/** What an engine takes as one config: 1000 KB (Docker Swarm). */
const configBytesMost = 1000 * 1024;

type Pairs = Readonly<Record<string, string>>;

/** What a release is made of, as the command line was told. */
export interface Asked {
  readonly service: string;
  /** Compose files, at least one; the folder of the first is the project's. */
  readonly files: readonly string[];
  readonly profiles: readonly string[];
  readonly envFiles: readonly string[];
  /** These win over what the env files say. */
  readonly vars: Pairs;
}

/** A release's parts, as they are sent. */
export interface Gathered {
  readonly compose: SourceText;
  readonly overrides: readonly SourceText[];
  readonly sources: Pairs;
  readonly profiles: readonly string[];
  readonly vars: Pairs;
  /** Config files in base64 by the path as written. */
  readonly files: Pairs;
}

/**
 * Reads all files that a release needs: the Compose files, whatever they name, and what that names in turn. Each path is
 * one below the project's folder. Throws what `readDefinition` does, with the place that asks for a file that is not
 * there; a UsageError for a file that cannot be read.
 */
export async function gatherRelease(io: Io, asked: Asked): Promise<Gathered> {
  const [first, ...others] = await readAll(io, asked.files);
  if (first === undefined) throw new UsageError('no Compose file is named.', 'Name one with -f FILE.');
  const [file = '.'] = asked.files;
  const folder = file === '-' ? '.' : dirname(file);
  const given = { ...(await readVariables(io, asked.envFiles)), ...asked.vars };
  const named: ReleaseSource = {
    ...first,
    ...(others.length === 0 ? {} : { overrides: others }),
    ...(asked.profiles.length === 0 ? {} : { profiles: asked.profiles }),
  };
  const { source, variables } = await complete(io, folder, named, given);
  // What an env file says besides belongs to other programs.
  const used = Object.entries(given).filter(([name]) => variables.has(name) || Object.hasOwn(asked.vars, name));
  const vars = Object.fromEntries(used);
  const definition = readDefinition(source, { service: asked.service }, vars);
  return {
    compose: first,
    overrides: others,
    sources: source.files ?? {},
    profiles: asked.profiles,
    vars,
    files: await readConfigs(io, folder, definition.files, first.name),
  };
}

/** A Compose file with every file that it names and that is there. */
export async function gatherSources(io: Io, file: SourceText): Promise<SourceText & Pick<ReleaseSource, 'files'>> {
  const { source } = await complete(io, dirname(file.name), { ...file, profiles: ['*'] }, {});
  return { ...file, ...(source.files === undefined ? {} : { files: source.files }) };
}

async function readAll(io: Io, paths: readonly string[]): Promise<readonly SourceText[]> {
  if (paths.filter((path) => path === '-').length > 1) {
    throw new UsageError('standard input is named twice.', 'Name it once.');
  }
  const files: SourceText[] = [];
  for (const path of paths) files.push(await readSource(io, path));
  return files;
}

/** The variables of env files, the later file's before the earlier one's. Throws `document.invalid`. */
async function readVariables(io: Io, paths: readonly string[]): Promise<Pairs> {
  const known = new Map<string, string>();
  for (const path of paths) {
    const file = await readSource(io, path);
    const problems = createProblems(file);
    const found = readEnvFile(
      file,
      'compose',
      (name) => {
        const text = known.get(name);
        return text === undefined ? undefined : [{ kind: 'text', text }];
      },
      problems,
    );
    for (const [name, { value, place }] of found) {
      const { text, open } = asText(value);
      if (open !== null) problems.add(place, `\${${open}} has no value`, 'give it a value in a line before');
      known.set(name, text);
    }
    problems.throwIfAny();
  }
  return Object.fromEntries(known);
}

/** The project with every file that it names and that is there. */
async function complete(
  io: Io,
  folder: string,
  named: ReleaseSource,
  vars: Pairs,
): Promise<{ readonly source: ReleaseSource; readonly variables: ReadonlySet<string> }> {
  const files = new Map<string, string>();
  const absent = new Set<string>();
  for (let round = 0; round <= bundleLimits.files; round += 1) {
    const source = files.size === 0 ? named : { ...named, files: Object.fromEntries(files) };
    const needs = findNeeds(source, vars);
    const next = needs.files.filter(({ path }) => !files.has(path) && !absent.has(path));
    if (next.length === 0) return { source, variables: needs.variables };
    for (const { path } of next) {
      const text = await readTextIfThere(io, join(folder, path), documentLimits.bytes);
      if (text === null) absent.add(path);
      else files.set(path, text);
    }
  }
  throw new Error('the files of a project name more and more files');
}

async function readConfigs(io: Io, folder: string, paths: readonly string[], by: string): Promise<Pairs> {
  const files: Record<string, string> = {};
  for (const path of paths) {
    try {
      files[path] = (await readBytes(io, join(folder, path), configBytesMost)).toString('base64');
    } catch (thrown) {
      if (!(thrown instanceof UsageError)) throw thrown;
      throw new UsageError(`a config of ${by}: ${thrown.message}`, thrown.next);
    }
  }
  return files;
}
