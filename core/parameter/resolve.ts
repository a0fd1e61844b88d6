import type { Parameter } from '../release.ts';

/** Where a value comes from, each going before the one ahead of it. A slice stands between environment and spec. */
export const parameterSources = ['release', 'environment', 'slice', 'spec'] as const;

export type ParameterSource = (typeof parameterSources)[number];

export interface ParameterValue {
  readonly value: string;
  readonly source: ParameterSource;
}

/** Values by parameter. */
export type ParameterValues = { readonly [name: string]: string };

/** What gives a service values: each layer goes before those ahead of it. */
export interface ParameterLayer {
  readonly source: Exclude<ParameterSource, 'release'>;
  readonly values: ParameterValues;
}

/** An environment's own values, as the platform document has them. */
export interface EnvironmentParameters {
  /** For every service that has a parameter of the name. */
  readonly parameters?: ParameterValues;
  /** For one service; goes before those for all. */
  readonly services?: { readonly [service: string]: { readonly parameters: ParameterValues } };
}

/** The layers of one service in the order in which they are asked for. */
export function parameterLayers(
  environment: EnvironmentParameters,
  service: string,
  spec: ParameterValues,
): readonly ParameterLayer[] {
  const { parameters = {}, services = {} } = environment;
  const own = Object.hasOwn(services, service) ? services[service] : undefined;
  return [
    { source: 'environment', values: parameters },
    { source: 'environment', values: own?.parameters ?? {} },
    // Here a slice's values will stand.
    { source: 'spec', values: spec },
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
    if (layer !== undefined && value !== undefined) return [[name, { value, source: layer.source }]];
    return parameter.default === undefined ? [] : [[name, { value: parameter.default, source: 'release' }]];
  });
  return Object.fromEntries(resolved);
}

/** Values alone. */
export function valuesOf(resolved: { readonly [name: string]: ParameterValue }): ParameterValues {
  return Object.fromEntries(Object.entries(resolved).map(([name, { value }]) => [name, value]));
}
