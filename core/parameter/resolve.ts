import type { Parameter } from '../release.ts';

/** Where a value comes from, each going before the one ahead of it. */
export const parameterSources = ['release', 'environment', 'slice', 'spec'] as const;

export type ParameterSource = (typeof parameterSources)[number];

/** What gives a value; a slice by its name. */
export type ParameterOrigin =
  { readonly source: Exclude<ParameterSource, 'slice'> } | { readonly source: 'slice'; readonly slice: string };

export type ParameterValue = { readonly value: string } & ParameterOrigin;

/** Values by parameter. */
export type ParameterValues = { readonly [name: string]: string };

/** What gives a service values: each layer goes before those ahead of it. */
export interface ParameterLayer {
  readonly origin: Exclude<ParameterOrigin, { readonly source: 'release' }>;
  readonly values: ParameterValues;
}

/** Values of parameters as the platform document has them. */
export interface GivenValues {
  /** For every service that has a parameter of the name. */
  readonly parameters?: ParameterValues;
  /** For one service; goes before those for all. */
  readonly services?: { readonly [service: string]: { readonly parameters: ParameterValues } };
}

/** What the platform document gives an environment: its own values, and those of the slices that it is in, by name. */
export interface EnvironmentParameters extends GivenValues {
  readonly slices: { readonly [slice: string]: GivenValues };
}

/**
 * The layers of one service, each before the next that goes before it. No two slices of one environment give a service the
 * same parameter, so that their order tells nothing.
 */
export function parameterLayers(
  environment: EnvironmentParameters,
  service: string,
  spec: ParameterValues,
): readonly ParameterLayer[] {
  const slices = Object.entries(environment.slices).flatMap(([slice, given]) =>
    layersOf({ source: 'slice', slice }, given, service),
  );
  return [
    ...layersOf({ source: 'environment' }, environment, service),
    ...slices,
    { origin: { source: 'spec' }, values: spec },
  ];
}

function layersOf(
  origin: ParameterLayer['origin'],
  { parameters = {}, services = {} }: GivenValues,
  service: string,
): readonly ParameterLayer[] {
  const own = Object.hasOwn(services, service) ? services[service] : undefined;
  return [
    { origin, values: parameters },
    { origin, values: own?.parameters ?? {} },
  ];
}

/**
 * The value of each of a release's parameters, and where it comes from; a parameter that nothing gives a value is not in
 * it. A layer may name what the release does not have: that is for others. Values are not looked at: see `wrongValue`.
 */
export function resolveParameters(
  declared: readonly Parameter[],
  layers: readonly ParameterLayer[],
): { readonly [name: string]: ParameterValue } {
  const resolved = declared.flatMap((parameter): [string, ParameterValue][] => {
    const { name } = parameter;
    const layer = layers.findLast(({ values }) => Object.hasOwn(values, name));
    const value = layer?.values[name];
    if (layer !== undefined && value !== undefined) return [[name, { value, ...layer.origin }]];
    return parameter.default === undefined ? [] : [[name, { value: parameter.default, source: 'release' }]];
  });
  return Object.fromEntries(resolved);
}

/** Values alone. */
export function valuesOf(resolved: { readonly [name: string]: ParameterValue }): ParameterValues {
  return Object.fromEntries(Object.entries(resolved).map(([name, { value }]) => [name, value]));
}

/** A value's source for people: `spec`, `slice early-access`. */
export function sourceText(origin: { readonly source: ParameterSource; readonly slice?: string | undefined }): string {
  return origin.slice === undefined ? origin.source : `${origin.source} ${origin.slice}`;
}
