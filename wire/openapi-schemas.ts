import { z } from 'zod';
import type { Json, JsonObject } from '../core/json.ts';

/** JSON Schemas (2020-12) of the contract; what has an id of its own stands once, among the components. */
export interface SchemaMaker {
  /** What a sender may send: unknown members are refused, and what has a default may be left out. */
  ofInput(schema: z.ZodType): JsonObject;
  /** What a reader gets: members may be added by a newer server. */
  ofOutput(schema: z.ZodType): JsonObject;
  /** All that was referred to so far, by name. */
  components(): { readonly [name: string]: JsonObject };
  component(name: string): JsonObject | undefined;
}

/** Makes one. Its methods throw when a component would mean two things, as input and as output. */
export function createSchemaMaker(): SchemaMaker {
  const found = new Map<string, JsonObject>();
  const make = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
    const all = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'throw', override: simplify });
    const { $schema: _, $defs: definitions = {}, ...root } = all;
    for (const [name, definition] of Object.entries(definitions)) {
      const component = plainObject(definition);
      const known = found.get(name);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(component))
        throw new Error(`the component ${name} is one thing in requests and another in answers: name them apart`);
      found.set(name, component);
    }
    return plainObject(root);
  };
  const made = { input: new Map<z.ZodType, JsonObject>(), output: new Map<z.ZodType, JsonObject>() };
  const once = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
    const known = made[io].get(schema) ?? make(schema, io);
    made[io].set(schema, known);
    return known;
  };
  return {
    ofInput: (schema) => once(schema, 'input'),
    ofOutput: (schema) => once(schema, 'output'),
    component: (name) => found.get(name),
    components: () => Object.fromEntries([...found].toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

/** Opens the objects that are not strict, and leaves out bounds that every integer and every key has. */
const simplify: Override = ({ zodSchema, jsonSchema }) => {
  const { def } = zodSchema._zod;
  if (def.type === 'object' && !isStrict(zodSchema)) delete jsonSchema.additionalProperties;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const { propertyNames: keys } = jsonSchema;
  if (typeof keys === 'object' && Object.keys(keys).join() === 'type') delete jsonSchema.propertyNames;
};

function isStrict(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever;
}

function plainObject(value: object): JsonObject {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]: [string, unknown]) => [key, key === '$ref' ? reference(member) : plain(member)]),
  );
}

function plain(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') return plainObject(value);
  throw new Error(`a schema holds a ${typeof value}`);
}

function reference(target: unknown): string {
  return String(target).replace('#/$defs/', '#/components/schemas/');
}
