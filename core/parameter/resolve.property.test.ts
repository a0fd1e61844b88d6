import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readPlatform } from '../document/platform.ts';
import { givenParameters } from '../platform.ts';
import { isFault } from '../fault.ts';
import type { Parameter } from '../release.ts';
import { parameterLayers, resolveParameters, sourceText, type ParameterValue } from './resolve.ts';

const names = ['A', 'B', 'C'] as const;
const services = ['cart', 'web'] as const;
const environments = ['dev', 'acme'] as const;
const slices = ['early', 'large'] as const;

/** What every layer gives, each value saying from where it is. */
interface World {
  readonly declared: readonly Parameter[];
  readonly environment: Gifts;
  readonly slices: { readonly [slice: string]: Gifts & { readonly environments: readonly string[] } };
  readonly spec: { readonly [name: string]: string };
}

interface Gifts {
  readonly parameters: { readonly [name: string]: string };
  readonly services: { readonly [service: string]: { readonly parameters: { readonly [name: string]: string } } };
}

/** Some of the names, each with a value that tells the layer. */
const values = (layer: string) =>
  fc.subarray([...names, 'UNKNOWN']).map((some) => Object.fromEntries(some.map((name) => [name, `${layer} ${name}`])));

const gifts = (layer: string): fc.Arbitrary<Gifts> =>
  fc.record({
    parameters: values(`${layer} all`),
    services: fc
      .tuple(...services.map((service) => values(`${layer} ${service}`)))
      .map((each) => Object.fromEntries(services.map((service, at) => [service, { parameters: each[at] ?? {} }]))),
  });

const declared = fc.tuple(
  ...names.map((name) =>
    fc.option(fc.boolean(), { nil: null }).map((hasDefault): readonly Parameter[] => {
      if (hasDefault === null) return [];
      return [{ name, type: 'text', required: !hasDefault, ...(hasDefault ? { default: `release ${name}` } : {}) }];
    }),
  ),
);

const world: fc.Arbitrary<World> = fc.record({
  declared: declared.map((each) => each.flat()),
  environment: gifts('environment'),
  slices: fc
    .tuple(
      ...slices.map((slice) =>
        fc
          .tuple(gifts(slice), fc.subarray([...environments], { minLength: 1 }))
          .map(([of, into]) => ({ ...of, environments: into })),
      ),
    )
    .map((each) =>
      Object.fromEntries(slices.flatMap((slice, at) => (each[at] === undefined ? [] : [[slice, each[at]]]))),
    ),
  spec: values('spec'),
});

/** A document of it, with everything in this order or in the reverse. */
function documentOf({ environment, slices: all }: World, order: (entries: [string, unknown][]) => [string, unknown][]) {
  const reordered = (value: unknown): unknown => {
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(order(Object.entries(value).map(([key, of]) => [key, reordered(of)])));
  };
  const text = JSON.stringify(
    reordered({
      apiVersion: 'drayage/v1',
      kind: 'Platform',
      clusters: { fe: { engine: 'simulated' } },
      environments: { dev: { clusters: ['fe'], ...environment }, acme: { clusters: ['fe'] } },
      slices: all,
    }),
  );
  return { name: 'platform.yaml', text };
}

/** Slices of `dev` that give a service the parameter. */
function slicesGiving(it: World, service: string, name: string): readonly string[] {
  return Object.entries(it.slices).flatMap(([slice, { environments: into, ...of }]) =>
    into.includes('dev') && givenBy(of, service, name) !== undefined ? [slice] : [],
  );
}

function givenBy(of: Gifts, service: string, name: string): string | undefined {
  return of.services[service]?.parameters[name] ?? of.parameters[name];
}

/** Written another way: from the highest layer down, the first that has it. */
function expected(it: World, service: string, parameter: Parameter): { value: string; source: string } | undefined {
  const { name } = parameter;
  const said = it.spec[name];
  if (said !== undefined) return { value: said, source: 'spec' };
  const [slice] = slicesGiving(it, service, name);
  const ofSlice = slice === undefined ? undefined : it.slices[slice];
  if (ofSlice !== undefined) return { value: givenBy(ofSlice, service, name) ?? '', source: `slice ${slice}` };
  const own = givenBy(it.environment, service, name);
  if (own !== undefined) return { value: own, source: 'environment' };
  return parameter.default === undefined ? undefined : { value: parameter.default, source: 'release' };
}

/** What an environment that is in both slices is given twice. */
function clash(it: World): boolean {
  const [a, b] = slices.map((slice) => it.slices[slice]);
  if (a === undefined || b === undefined || !a.environments.some((each) => b.environments.includes(each))) return false;
  const of = (gift: Gifts, service: string) => [
    ...Object.keys(gift.parameters),
    ...Object.keys(gift.services[service]?.parameters ?? {}),
  ];
  return services.some((service) => of(a, service).some((name) => of(b, service).includes(name)));
}

const reached = new Map<string, number>();
const reach = (what: string) => void reached.set(what, (reached.get(what) ?? 0) + 1);
after(() => {
  const all = ['release', 'environment', 'slice early', 'slice large', 'spec', 'none', 'refused', 'service before all'];
  assert.deepEqual([...reached.keys()].toSorted(), all.toSorted(), 'a case was never reached');
  for (const [what, count] of reached) assert.ok(count >= 10, `${what} was reached ${count} times only`);
});

const inOrder = (entries: [string, unknown][]) => entries;

test('a value is the highest layer’s that gives one, and its source is that layer, in whatever order the documents have it', () => {
  fc.assert(
    fc.property(world, (it) => {
      if (clash(it)) {
        reach('refused');
        for (const order of [inOrder, reversed]) {
          assert.throws(
            () => readPlatform(documentOf(it, order)),
            (error) => {
              assert.ok(isFault(error, 'platform.invalid'), String(error));
              assert.ok(
                error.problems.length > 0 && error.problems.every(({ line, column }) => line > 0 && column > 0),
              );
              return true;
            },
          );
        }
        return;
      }
      const [one, other] = [inOrder, reversed].map((order) =>
        givenParameters(readPlatform(documentOf(it, order)), 'dev'),
      );
      assert.ok(one !== undefined && other !== undefined);
      for (const service of services) {
        const resolved = resolveParameters(it.declared, parameterLayers(one, service, it.spec));
        const backwards = Object.fromEntries(reversed(Object.entries(it.spec))) as World['spec'];
        const again = resolveParameters(it.declared.toReversed(), parameterLayers(other, service, backwards));
        assert.deepEqual(again, resolved);
        const wanted = it.declared.flatMap((parameter) => {
          const value = expected(it, service, parameter);
          note(it, service, parameter.name, value);
          return value === undefined ? [] : [[parameter.name, value] as const];
        });
        const got = Object.entries(resolved).map(([name, of]) => [name, shown(of)] as const);
        assert.deepEqual(Object.fromEntries(got), Object.fromEntries(wanted));
      }
    }),
    { numRuns: 500 },
  );
});

function reversed(entries: [string, unknown][]): [string, unknown][] {
  return entries.toReversed();
}

function shown(value: ParameterValue) {
  return { value: value.value, source: sourceText(value) };
}

function note(it: World, service: string, name: string, value: ReturnType<typeof expected>): void {
  reach(value?.source ?? 'none');
  const { parameters, services: own } = it.environment;
  const both = parameters[name] !== undefined && own[service]?.parameters[name] !== undefined;
  if (both && value?.source === 'environment') reach('service before all');
}
