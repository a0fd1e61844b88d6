import type { DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import { suggest } from '../document/suggest.ts';
import { typeWords, wrongValue } from '../parameter/value.ts';
import type { Parameter } from '../release.ts';
import { entryAt, section, type ComposeReader, type ReadCompose, type Reading } from './context.ts';
import { parseTemplate, TemplateError, variablesOf } from './template.ts';

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** What `x-drayage.parameters` says of one parameter; null where it is silent. */
export interface DeclaredParameter {
  readonly type: Parameter['type'] | null;
  readonly description: string | null;
  readonly default: string | null;
  readonly required: boolean | null;
  readonly pattern: string | null;
  readonly values: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
}

export type DeclaredParameters = { readonly [name: string]: DeclaredParameter };

const types = ['text', 'integer', 'boolean', 'enum', 'duration', 'bytes', 'url'] as const;
const [firstType, ...otherTypes] = types.map((type) => typeWords[type]);

const type: ReadCompose<Parameter['type']> = read.chain(read.choice([firstType ?? 'string', ...otherTypes]), (word) =>
  types.find((one) => typeWords[one] === word),
);

/** A value by itself: that way no parameter can depend on another, or on itself. */
const defaultValue: ReadCompose<string> = (node, at) => {
  const names = node.kind === 'scalar' && typeof node.value === 'string' ? namesIn(node.source) : [];
  if (names.length === 0) return read.text(node, at);
  const hint = 'parameters cannot depend on one another; write $$ for a dollar sign';
  at.add(node, `a default is a value by itself, and this one names ${names.join(', ')}`, hint);
  return undefined;
};

function namesIn(source: string): readonly string[] {
  try {
    return variablesOf(parseTemplate(source)).map(({ name }) => `\${${name}}`);
  } catch (error) {
    if (error instanceof TemplateError) return [];
    throw error;
  }
}

const pattern: ReadCompose<string> = read.scalar({
  expected: 'a regular expression',
  type: 'text',
  placeholder: '',
  native: null,
  parse: (source) => {
    if (source.length > 500) return { wrong: 'at most 500 characters' };
    try {
      new RegExp(`^(?:${source})$`, 'u');
      return { value: source };
    } catch (error) {
      return { wrong: error instanceof Error ? error.message : '' };
    }
  },
});

const bound = read.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

const declared: ReadCompose<DeclaredParameter> = read.byKind(
  'a map such as { type: integer, default: 5 }, or nothing',
  {
    scalar: (node, at) => {
      if (node.kind === 'scalar' && node.value === null) return nothing;
      at.add(node, 'expected a map such as { type: integer, default: 5 }, or nothing');
      return undefined;
    },
    map: read.chain(
      section('parameter', {
        type: read.optional(type, null),
        description: read.optional(read.filledText, null),
        default: read.optional(defaultValue, null),
        required: read.optional(read.boolean, null),
        pattern: read.optional(pattern, null),
        values: read.optional(read.listOf(read.text, 100), []),
        min: read.optional(bound, null),
        max: read.optional(bound, null),
      }),
      checkTogether,
    ),
  },
);

const nothing: DeclaredParameter = {
  type: null,
  description: null,
  default: null,
  required: null,
  pattern: null,
  values: [],
  min: null,
  max: null,
};

/** Reads `x-drayage.parameters`. */
export const declaredParameters: ReadCompose<DeclaredParameters> = read.mapOf(
  (key) => (namePattern.test(key) ? null : 'is no name of a parameter: letters, digits and underscores'),
  declared,
);

function checkTogether(of: DeclaredParameter, node: DocumentNode, at: ComposeReader): DeclaredParameter {
  const wrong = (key: string, message: string) => at.add(entryAt(node, key), message);
  if (of.type === 'enum' && of.values.length === 0) wrong('type', "an enum needs 'values'");
  if (of.type !== 'enum' && of.values.length > 0) wrong('values', "'values' goes with type: enum");
  if (of.type !== 'integer' && of.min !== null) wrong('min', "'min' goes with type: integer");
  if (of.type !== 'integer' && of.max !== null) wrong('max', "'max' goes with type: integer");
  if (of.min !== null && of.max !== null && of.min > of.max) wrong('max', `nothing lies from ${of.min} to ${of.max}`);
  if (of.required === true && of.default !== null) wrong('required', 'what has a default is never required');
  return of;
}

/**
 * All parameters of a release, by name: those that its file uses, with what is declared of them, and those that are
 * declared alone. Tells the reading of defaults that are no values, and of what is optional and yet needed.
 */
export function parametersOf(
  root: DocumentNode,
  declarations: DeclaredParameters,
  reading: Reading,
): readonly Parameter[] {
  const all = new Map(reading.parameters);
  for (const [name, of] of Object.entries(declarations)) {
    const used = all.get(name);
    const place = ['x-drayage', 'parameters', name];
    const parameter = join(name, of, used);
    all.set(name, parameter);
    const wrong = of.default === null ? null : wrongValue(parameter, of.default);
    if (wrong !== null)
      reading.add(entryAt(root, ...place, 'default'), `the default of ${name} is no value for it: ${wrong}`);
    if (of.required === false && of.default === null && used?.required === true)
      reading.add(
        entryAt(root, ...place, 'required'),
        `${name} is not required and has no default, and yet the file needs a value`,
        `give it a default, or write \${${name}:-VALUE} where it stands`,
      );
  }
  return [...all.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function join(name: string, of: DeclaredParameter, used: Parameter | undefined): Parameter {
  return {
    name,
    type: of.type ?? used?.type ?? 'text',
    required: of.required ?? (of.default === null && (used?.required ?? true)),
    declared: true,
    ...(of.description === null ? {} : { description: of.description }),
    ...(of.default === null ? {} : { default: of.default }),
    ...(of.pattern === null ? {} : { pattern: of.pattern }),
    ...(of.values.length === 0 ? {} : { values: of.values }),
    ...(of.min === null ? {} : { min: of.min }),
    ...(of.max === null ? {} : { max: of.max }),
  };
}

/** What a misspelt name may have meant, as a hint. */
export function nearestParameter(name: string, parameters: readonly Pick<Parameter, 'name'>[]): string {
  const names = parameters.map((parameter) => parameter.name);
  const near = suggest(name, names);
  if (near !== null) return `did you mean ${near}?`;
  return names.length === 0 ? 'the release has no parameters' : `it has ${names.slice(0, 10).join(', ')}`;
}
