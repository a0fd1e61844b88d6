import { findNeeds, readDefinition } from '../compose/definition.ts';
import type { ReadDefinition } from '../definition.ts';
import { isFault, type Fault } from '../fault.ts';
import type { Json } from '../json.ts';
import type { ReleaseSource } from '../release.ts';

/** Texts by path; the first one is the Compose file that the project begins with. */
export type Texts = { readonly [path: string]: string };

/** What a project of the tests is read with. */
export interface ProjectOptions {
  /** Of the texts, those that are merged over the first one. */
  readonly over?: readonly string[];
  readonly profiles?: readonly string[];
  readonly vars?: { readonly [name: string]: string };
}

/** A project as the command line sends it: of the texts, only those that are asked for. */
export function projectOf(texts: Texts, options: ProjectOptions = {}): ReleaseSource {
  const over = options.over ?? [];
  const [first = ''] = Object.keys(texts);
  const overrides = over.map((name) => ({ name, text: texts[name] ?? '' }));
  let source: ReleaseSource = {
    name: first,
    text: texts[first] ?? '',
    ...(overrides.length === 0 ? {} : { overrides }),
    ...(options.profiles === undefined ? {} : { profiles: options.profiles }),
  };
  for (let known = -1; known < Object.keys(source.files ?? {}).length;) {
    known = Object.keys(source.files ?? {}).length;
    const { files } = findNeeds(source, options.vars ?? {});
    const found = files.flatMap(({ path }) => {
      const text = Object.hasOwn(texts, path) ? texts[path] : undefined;
      return text === undefined ? [] : [[path, text] as const];
    });
    if (found.length > 0) source = { ...source, files: Object.fromEntries(found) };
  }
  return source;
}

/** Reads a project as the server does. */
export function readProject(texts: Texts, options: ProjectOptions = {}): ReadDefinition {
  return readDefinition(projectOf(texts, options), { service: 'shop' }, options.vars ?? {});
}

/** The definition of a project. */
export function definitionOf(texts: Texts, options: ProjectOptions = {}): Json {
  return readProject(texts, options).definition;
}

/** What a project is refused for, as `file:line:column: message`. */
export function problemsOf(texts: Texts, options: ProjectOptions = {}): readonly string[] {
  return faultOf(() => readProject(texts, options)).problems.map(
    ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
  );
}

/** The Fault that something throws. */
export function faultOf(act: () => unknown): Fault {
  try {
    act();
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
