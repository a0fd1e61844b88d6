import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** Makes values that a JSON Schema of an OpenAPI document allows, such as the contract's schemas are. */
export interface ValueMaker {
  /** Throws for a keyword that it does not know. */
  valuesOf(schema: JsonObject): fc.Arbitrary<Json>;
}

const known = new Set(
  '$ref type description default enum const pattern format contentEncoding minLength maxLength minimum maximum items minItems maxItems properties required additionalProperties propertyNames anyOf oneOf'.split(
    ' ',
  ),
);

/** One of every sort that something may treat as its own: quick to make, other than all of Unicode. */
export const anyCharacter = fc.constantFrom(
  ...Array.from('aZ09 .,:;%&=?#/\\_-+*~|"\'`<>()[]{}\0\t\n\r\x7f\u00e9\u0301\u202e\u2028\u6f22\ufeff\uffff\u{1f4a5}'),
);

/** At most so many characters, members and items are made, however many are allowed. */
const most = 5;

/** Makes one. `likely` has values that members of a name mostly have: those of things that exist. */
export function createValueMaker(components: JsonObject, likely: Likely = {}): ValueMaker {
  const schemas = membersOf(components['schemas']);
  return { valuesOf: (schema) => valuesOf(schema, { schemas, likely, open: [] }) };
}

export type Likely = { readonly [member: string]: readonly [Json, ...Json[]] };

/** Mostly what a member of this name is likely to be. */
export function likelyOr(likely: Likely, name: string, other: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const values = Object.hasOwn(likely, name) ? likely[name] : undefined;
  if (values === undefined) return other;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: other });
}

interface At {
  readonly schemas: JsonObject;
  readonly likely: Likely;
  /** Components that are being made around this place. */
  readonly open: readonly string[];
}

function valuesOf(schema: JsonObject, at: At): fc.Arbitrary<Json> {
  const unknown = Object.keys(schema).find((key) => !known.has(key));
  if (unknown !== undefined) throw new Error(`no values are made for the keyword ${unknown}`);
  const { $ref: target, enum: choices, anyOf = schema['oneOf'] } = schema;
  if (typeof target === 'string') return referred(target, at);
  if ('const' in schema) return fc.constant(schema['const'] ?? null);
  if (isList(choices)) return fc.constantFrom(...choices);
  if (isList(anyOf)) return fc.oneof(...reachable(anyOf, at).map((branch) => valuesOf(branch, at)));
  const { type } = schema;
  if (isList(type)) return fc.oneof(...type.map((one) => valuesOf({ ...schema, type: one }, at)));
  if (type === undefined) return fc.constant(null);
  const make = Object.entries(makers).find(([name]) => name === type)?.[1];
  if (make === undefined) throw new Error(`no values are made for the type ${JSON.stringify(type)}`);
  return make(schema, at);
}

const makers: Readonly<Record<string, (schema: JsonObject, at: At) => fc.Arbitrary<Json>>> = {
  null: () => fc.constant(null),
  boolean: () => fc.boolean(),
  integer: (schema) => fc.integer(boundsOf(schema)),
  number: (schema) => fc.double({ noNaN: true, noDefaultInfinity: true, ...boundsOf(schema) }),
  string: textsOf,
  array: listsOf,
  object: objectsOf,
};

function referred(target: string, at: At): fc.Arbitrary<Json> {
  const name = target.slice(target.lastIndexOf('/') + 1);
  return valuesOf(membersOf(at.schemas[name]), { ...at, open: [...at.open, name] });
}

/** Inside a component that contains itself only what ends. */
function reachable(branches: readonly Json[], at: At): readonly JsonObject[] {
  const all = branches.filter(isJsonObject);
  const depth = at.open.filter((name) => name === at.open.at(-1)).length;
  return depth < 2 ? all : all.filter(({ type }) => type !== 'array' && type !== 'object');
}

function boundsOf({ minimum, maximum }: JsonObject): { min?: number; max?: number } {
  return {
    ...(typeof minimum === 'number' ? { min: minimum } : {}),
    ...(typeof maximum === 'number' ? { max: Math.min(maximum, 2 ** 31 - 1) } : {}),
  };
}

function textsOf({ pattern, format, minLength, maxLength }: JsonObject): fc.Arbitrary<string> {
  if (format === 'base64') return fc.base64String({ maxLength: 16 });
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern), { maxLength: 128 });
  const least = typeof minLength === 'number' ? minLength : 0;
  const longest = typeof maxLength === 'number' ? Math.min(maxLength, least + 20) : least + 20;
  return fc.string({ minLength: least, maxLength: longest, unit: anyCharacter, size: 'max' });
}

function listsOf({ items, minItems, maxItems }: JsonObject, at: At): fc.Arbitrary<Json[]> {
  const least = typeof minItems === 'number' ? minItems : 0;
  const longest = typeof maxItems === 'number' ? Math.min(maxItems, least + most) : least + most;
  return fc.array(valuesOf(membersOf(items), at), { minLength: least, maxLength: longest, size: 'max' });
}

function objectsOf(schema: JsonObject, at: At): fc.Arbitrary<JsonObject> {
  const { properties, required = [], additionalProperties: more, propertyNames } = schema;
  const members = Object.entries(membersOf(properties)).map(([name, member]) => [
    name,
    likelyOr(at.likely, name, valuesOf(membersOf(member), at)),
  ]);
  const requiredKeys = isList(required) ? required.map(String) : [];
  const fixed: fc.Arbitrary<JsonObject> = fc.record(Object.fromEntries(members), {
    requiredKeys,
    noNullPrototype: true,
  });
  if (!isJsonObject(more)) return fixed;
  const keys = valuesOf(isJsonObject(propertyNames) ? propertyNames : { type: 'string' }, at)
    .map(String)
    .filter((key) => key !== '__proto__');
  const free: fc.Arbitrary<JsonObject> = fc.dictionary(keys, valuesOf(more, at), {
    maxKeys: most,
    size: 'max',
    noNullPrototype: true,
  });
  return fc.tuple(free, fixed).map(([some, others]) => ({ ...some, ...others }));
}

function membersOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
