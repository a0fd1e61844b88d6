import { namePattern } from '../name-patterns.ts';
import type { Parameter } from '../release.ts';
import { describeNode, type DocumentNode, type MapEntry, type MapNode, type Place, type ScalarNode } from './node.ts';
import type { Subject } from './problems.ts';
import { suggest } from './suggest.ts';

/** What a text was read as, or why it cannot be. */
export type Parsed<T> = { readonly value: T } | { readonly wrong: string };

/** What a scalar is meant to be, for the parameters that stand in its place. */
export type ScalarType = Parameter['type'];

/** Where reading stands: it collects what is wrong and goes on. */
export interface Reader {
  /** Whether the text `'3'` will do where a number is asked, as in Compose files. */
  readonly castsText: boolean;
  add(subject: Subject, message: string, hint?: string | null): void;
  warn(subject: Place, message: string): void;
  /** The scalar with its variables filled in; null when their values are not known yet. */
  resolve(node: ScalarNode, type: ScalarType): ScalarNode | null;
}

/** Reads a part of the tree. Undefined: it is wrong, and the reader has been told. */
export type Read<T, R extends Reader = Reader> = (node: DocumentNode, at: R) => T | undefined;

/** A reader for a document without variables. */
export function plainReader(problems: Pick<Reader, 'add' | 'warn'>): Reader {
  return {
    castsText: false,
    add: (subject, message, hint) => problems.add(subject, message, hint),
    warn: (subject, message) => problems.warn(subject, message),
    resolve: (node) => node,
  };
}

/** A scalar of some sort. `placeholder` stands for it while its variables have no value yet. */
export function scalar<T>(of: {
  readonly expected: string;
  readonly type: ScalarType;
  readonly placeholder: T;
  readonly native: 'number' | 'boolean' | null;
  parse(text: string, node: ScalarNode): Parsed<T>;
}): Read<T> {
  return (node, at) => {
    if (node.kind !== 'scalar' || node.value === null) {
      at.add(node, `expected ${of.expected}, found ${describeNode(node)}`);
      return undefined;
    }
    const filled = at.resolve(node, of.type);
    if (filled === null) return of.placeholder;
    if (of.native !== null && !at.castsText && typeof filled.value !== of.native) {
      at.add(node, `expected ${of.expected}, found the text ${describeNode(filled)}`);
      return undefined;
    }
    const parsed = of.parse(filled.source, filled);
    if ('value' in parsed) return parsed.value;
    at.add(node, `expected ${of.expected}, found ${describeNode(filled)}`, parsed.wrong || null);
    return undefined;
  };
}

/** Any text; numbers and versions as they are written. */
export const text: Read<string> = scalar({
  expected: 'a text',
  type: 'text',
  placeholder: '',
  native: null,
  parse: (source, node) => ({ value: typeof node.value === 'boolean' ? String(node.value) : source }),
});

/** Text that is not empty. */
export const filledText: Read<string> = matching('a text that is not empty', /[^]/, '');

/** Text of a form; `hint` says which. */
export function matching(expected: string, pattern: RegExp, hint: string): Read<string> {
  return scalar({
    expected,
    type: 'text',
    placeholder: '',
    native: null,
    parse: (source) => (pattern.test(source) ? { value: source } : { wrong: hint }),
  });
}

/** The name of a service, environment, cluster or role. */
export const name: Read<string> = matching('a name', namePattern, nameHint());

function nameHint(): string {
  return 'lower-case letters, digits and hyphens, at most 40, no hyphen at either end';
}

/** A whole number between two bounds, both included. */
export function integer(least: number, most: number): Read<number> {
  return scalar({
    expected: `a whole number from ${least} to ${most}`,
    type: 'integer',
    placeholder: least,
    native: 'number',
    parse: (source) => {
      const value = /^(?:0|-?[1-9]\d*)$/.test(source) ? Number(source) : NaN;
      return value >= least && value <= most ? { value } : { wrong: '' };
    },
  });
}

/** A decimal number between two bounds, both included. */
export function decimal(least: number, most: number): Read<number> {
  return scalar({
    expected: `a number from ${least} to ${most}`,
    type: 'number',
    placeholder: least,
    native: 'number',
    parse: (source) => {
      const value = /^\d+(?:\.\d+)?$|^\.\d+$/.test(source) ? Number(source) : NaN;
      return value >= least && value <= most ? { value } : { wrong: '' };
    },
  });
}

/** true or false. */
export const boolean: Read<boolean> = scalar({
  expected: 'true or false',
  type: 'boolean',
  placeholder: false,
  native: 'boolean',
  parse: (source) => {
    if (/^(?:true|True|TRUE)$/.test(source)) return { value: true };
    return /^(?:false|False|FALSE)$/.test(source) ? { value: false } : { wrong: '' };
  },
});

/** One of a few words. */
export function choice<const T extends string>(words: readonly [T, ...T[]]): Read<T> {
  return (node, at) => {
    const expected = words.join(' or ');
    if (node.kind !== 'scalar') {
      at.add(node, `expected ${expected}, found ${describeNode(node)}`);
      return undefined;
    }
    const filled = at.resolve(node, 'text');
    if (filled === null) return words[0];
    const found = words.find((word) => word === filled.source);
    if (found !== undefined) return found;
    const near = suggest(filled.source, words);
    at.add(node, `expected ${expected}, found ${describeNode(filled)}`, near && `did you mean '${near}'?`);
    return undefined;
  };
}

/** A list, each item read alike; items that are wrong are left out. */
export function listOf<T, R extends Reader = Reader>(read: Read<T, R>, most = 1000): Read<readonly T[], R> {
  return (node, at) => {
    if (node.kind !== 'list') {
      at.add(node, `expected a list, found ${describeNode(node)}`);
      return undefined;
    }
    if (node.items.length > most) at.add(node, `a list of more than ${most} items`);
    return node.items.slice(0, most).flatMap((item) => {
      const value = read(item, at);
      return value === undefined ? [] : [value];
    });
  };
}

/** A map with keys of the user's choosing; entries that are wrong are left out. */
export function mapOf<T, R extends Reader = Reader>(
  checkKey: (key: string) => string | null,
  read: Read<T, R>,
): Read<{ readonly [key: string]: T }, R> {
  return (node, at) => {
    if (node.kind !== 'map') {
      at.add(node, `expected a map, found ${describeNode(node)}`);
      return undefined;
    }
    const members = node.entries.flatMap((entry): [string, T][] => {
      const wrong = checkKey(entry.key);
      if (wrong !== null) at.add(entry, `'${entry.key.slice(0, 60)}' ${wrong}`);
      const value = read(entry.value, at);
      return value === undefined ? [] : [[entry.key, value]];
    });
    return Object.fromEntries(members);
  };
}

/** A key check for `mapOf`: what users may call a `what`. */
export function nameOf(what: string): (key: string) => string | null {
  return (key) => (namePattern.test(key) ? null : `is no name for ${what}: ${nameHint()}`);
}

/** One member of an object. */
export interface Field<T, R extends Reader = Reader> {
  readonly read: Read<T, R>;
  /** Null: the member must be there. */
  readonly fallback: { readonly value: T } | null;
}

/** A member that must be there. */
export function required<T, R extends Reader>(read: Read<T, R>): Field<T, R> {
  return { read, fallback: null };
}

/** A member that may be absent or empty. */
export function optional<T, const F, R extends Reader>(read: Read<T, R>, fallback: F): Field<T | F, R> {
  return { read, fallback: { value: fallback } };
}

/** What an object of these fields is read as. */
export type Shaped<S> = { readonly [K in keyof S]: S[K] extends Field<infer T, infer _R> ? T : never };

/** What to do with a key that the shape does not name. */
export type OtherKey<R extends Reader> = (entry: MapEntry, known: readonly string[], at: R) => void;

/** A map with known keys. Any other key goes to `other`, which refuses it unless told otherwise. */
export function object<R extends Reader, S extends { readonly [key: string]: Field<unknown, R> }>(
  shape: S,
  other: OtherKey<R> = refuseKey,
): Read<Shaped<S>, R> {
  const known = Object.keys(shape);
  return (node, at) => {
    if (node.kind !== 'map') {
      at.add(node, `expected a map, found ${describeNode(node)}`, `its keys are ${known.join(', ')}`);
      return undefined;
    }
    const given = new Map(node.entries.map((entry) => [entry.key, entry]));
    for (const entry of node.entries) if (!Object.hasOwn(shape, entry.key)) other(entry, known, at);
    const members = Object.entries(shape).map(([key, field]): [string, unknown] => [
      key,
      readField(node, key, given.get(key), field, at),
    ]);
    if (members.some(([, value]) => value === undefined)) return undefined;
    return Object.fromEntries(members) as Shaped<S>;
  };
}

function readField<T, R extends Reader>(
  node: MapNode,
  key: string,
  entry: MapEntry | undefined,
  field: Field<T, R>,
  at: R,
): T | undefined {
  const empty = entry?.value.kind === 'scalar' && entry.value.value === null;
  if (entry !== undefined && !(empty && field.fallback !== null)) return field.read(entry.value, at);
  if (field.fallback !== null) return field.fallback.value;
  at.add(node, `'${key}' is missing`);
  return undefined;
}

/** Says that a key is unknown, what it may have meant, and which there are. */
export function refuseKey(entry: MapEntry, known: readonly string[], at: Reader): void {
  const near = suggest(entry.key, known);
  const all = `known keys: ${known.join(', ')}`;
  at.add(entry, `unknown key '${entry.key.slice(0, 60)}'`, near === null ? all : `did you mean '${near}'? (${all})`);
}

/** Chooses by what the node is, so that an error names the field and not the union. */
export function byKind<T, R extends Reader>(
  expected: string,
  of: { readonly scalar?: Read<T, R>; readonly list?: Read<T, R>; readonly map?: Read<T, R> },
): Read<T, R> {
  return (node, at) => {
    const read = of[node.kind];
    if (read !== undefined) return read(node, at);
    at.add(node, `expected ${expected}, found ${describeNode(node)}`);
    return undefined;
  };
}

/** Reads, then makes something else of it; `change` tells the reader what is wrong and returns undefined. */
export function chain<T, U, R extends Reader>(
  read: Read<T, R>,
  change: (value: T, node: DocumentNode, at: R) => U | undefined,
): Read<U, R> {
  return (node, at) => {
    const value = read(node, at);
    return value === undefined ? undefined : change(value, node, at);
  };
}
