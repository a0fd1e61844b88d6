import { entryOf, type DocumentNode, type MapEntry, type ScalarNode } from '../document/node.ts';
import type { Problems } from '../document/problems.ts';
import {
  object,
  refuseKey,
  type Field,
  type Read,
  type Reader,
  type ScalarType,
  type Shaped,
} from '../document/reader.ts';
import type { Parameter } from '../release.ts';
import { keysOf, ruleOf, type SectionName } from './keys.ts';
import {
  evaluate,
  parseTemplate,
  printTemplate,
  TemplateError,
  variablesOf,
  type Missing,
  type Template,
  type Values,
} from './template.ts';

/** A reader of Compose files: it knows variables, and keys that are left out. */
export interface ComposeReader extends Reader {
  /** Leaves an entry out of the definition. */
  drop(entry: MapEntry): void;
  /** Reads what must be known when the release is registered: no environment can change it. */
  frozen<T>(read: () => T): T;
}

/** A ComposeReader with what it gathered. */
export interface Reading extends ComposeReader {
  readonly dropped: ReadonlySet<MapEntry>;
  readonly replaced: ReadonlyMap<ScalarNode, string>;
  /** Every variable that was met, by name. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly missing: readonly Missing[];
}

/** Reads a part of a Compose file. */
export type ReadCompose<T> = Read<T, ComposeReader>;

/**
 * Begins to read. At `release` unset variables stay open and become parameters; at `instantiate` all must have a value
 * or a default, and those without are gathered in `missing`.
 */
export function createReading(phase: 'release' | 'instantiate', problems: Problems, values: Values): Reading {
  const dropped = new Set<MapEntry>();
  const replaced = new Map<ScalarNode, string>();
  const parameters = new Map<string, Parameter>();
  const missing: Missing[] = [];
  const usedBy = new Map<object, readonly string[]>();
  let frozen = 0;

  const reading: Reading = {
    castsText: true,
    dropped,
    replaced,
    parameters,
    missing,
    add(subject, message, hint) {
      const names = usedBy.get(subject) ?? [];
      const of = names.length === 0 ? '' : ` (of the parameter ${names.join(', ')})`;
      problems.add(subject, `${message}${of}`, hint);
    },
    warn: (subject, message) => problems.warn(subject, message),
    drop: (entry) => dropped.add(entry),
    frozen(read) {
      frozen += 1;
      try {
        return read();
      } finally {
        frozen -= 1;
      }
    },
    resolve(node, type) {
      const template = templateOf(node, problems);
      if (template === null || template === 'none') return template === null ? null : node;
      const uses = variablesOf(template);
      const names = [...new Set(uses.map((use) => use.name))];
      const result = evaluate(template, values);
      if (result.kind === 'text' && names.length > 0) usedBy.set(node, names);
      if (phase === 'release' && frozen === 0) {
        for (const use of uses) note(parameters, use, template.length === 1 ? type : 'text');
      }
      if (result.kind === 'text') {
        if (frozen > 0) replaced.set(node, printTemplate([{ kind: 'text', text: result.text }]));
        return { ...node, value: result.text, source: result.text };
      }
      if (phase === 'instantiate') missing.push(...result.missing);
      else if (frozen > 0) refuseOpen(node, result.missing, problems);
      return null;
    },
  };
  return reading;
}

/** The template in a scalar; 'none' when it cannot hold one; null when it is wrong, which was told. */
function templateOf(node: ScalarNode, problems: Problems): Template | 'none' | null {
  if (typeof node.value !== 'string' || !node.source.includes('$')) return 'none';
  try {
    return parseTemplate(node.source);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const hint = 'write $$ for a dollar sign, ${NAME} or ${NAME:-default} for a variable';
    problems.add(node, `${error.message} in '${node.source.slice(0, 60)}'`, hint);
    return null;
  }
}

function refuseOpen(node: ScalarNode, missing: readonly Missing[], problems: Problems): void {
  const [first] = missing;
  const name = first?.name ?? 'NAME';
  const why = first?.why ? `: ${first.why}` : '';
  problems.add(
    node,
    `\${${name}} must be known when the release is registered${why}`,
    `give it with --var ${name}=VALUE, or write a default: \${${name}:-VALUE}`,
  );
}

/** One variable in several places: needed if one needs it, of the type that says most. */
function note(
  parameters: Map<string, Parameter>,
  use: { readonly name: string; readonly required: boolean },
  type: ScalarType,
): void {
  const before = parameters.get(use.name);
  parameters.set(use.name, {
    name: use.name,
    type: before === undefined ? type : narrower(before.type, type),
    required: use.required || before?.required === true,
  });
}

function narrower(a: ScalarType, b: ScalarType): ScalarType {
  if (a === b || b === 'text') return a;
  return a === 'text' ? b : 'text';
}

/** An object of one section of a Compose file; the key table decides on all keys that the shape has not. */
export function section<S extends { readonly [key: string]: Field<unknown, ComposeReader> }>(
  name: SectionName,
  shape: S,
): ReadCompose<Shaped<S>> {
  const mapped = keysOf(name, 'mapped').filter((key) => !isResolved(name, key));
  if (mapped.toSorted().join() !== Object.keys(shape).toSorted().join()) {
    throw new Error(`the keys mapped in ${name} are not those of its shape`);
  }
  return object<ComposeReader, S>(shape, (entry, known, at) => otherKey(name, entry, known, at));
}

/** Keys that a file's own resolution takes out: whoever meets one was told already why it is still there. */
const resolvedKeys: { readonly [S in SectionName]?: readonly string[] } = {
  file: ['include'],
  service: ['env_file', 'extends', 'label_file', 'profiles'],
  dependency: ['required'],
};

function isResolved(name: SectionName, key: string): boolean {
  return resolvedKeys[name]?.includes(key) === true;
}

function otherKey(name: SectionName, entry: MapEntry, known: readonly string[], at: ComposeReader): void {
  if (isResolved(name, entry.key)) return;
  const rule = ruleOf(name, entry.key);
  if (rule === undefined) {
    if (entry.key.startsWith('x-')) at.drop(entry);
    else refuseKey(entry, known, at);
    return;
  }
  const [is, reason, notes] = rule;
  if (entry.value.kind === 'scalar' && entry.value.source === notes?.harmless) {
    at.drop(entry);
    return;
  }
  if (is === 'ignored') {
    at.drop(entry);
    at.warn(entry, `'${entry.key}' is ignored: ${reason}`);
    return;
  }
  at.add(entry, `'${entry.key}' is refused: ${reason}`);
}

/** Reads what must be known when the release is registered. */
export function frozen<T>(read: ReadCompose<T>): ReadCompose<T> {
  return (node, at) => at.frozen(() => read(node, at));
}

/** The entry below a path of keys, for telling where something is wrong; else the node itself. */
export function entryAt(node: DocumentNode, ...path: readonly string[]): DocumentNode | MapEntry {
  let found: DocumentNode | MapEntry = node;
  let inside: DocumentNode = node;
  for (const key of path) {
    const entry: MapEntry | undefined = inside.kind === 'map' ? entryOf(inside, key) : undefined;
    if (entry === undefined) return found;
    found = entry;
    inside = entry.value;
  }
  return found;
}
