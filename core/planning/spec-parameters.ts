import { nearestParameter } from '../compose/parameters.ts';
import {
  parameterLayers,
  resolveParameters,
  type EnvironmentParameters,
  type ParameterValue,
  type ParameterValues,
} from '../parameter/resolve.ts';
import type { Parameter } from '../release.ts';
import type { Spec, SpecDocument, SpecEntry } from '../spec.ts';

/** The parameters of a release. */
export type ParametersOf = (service: string, version: string) => readonly Parameter[];

/**
 * A document with what it says for all services said of each service that has a parameter of the name, unless the
 * service's own entry says otherwise. So a spec holds what each service was given, whatever is said of others later.
 */
export function shareParameters<T extends Spec>(document: T, common: ParameterValues, parametersOf: ParametersOf): T {
  if (Object.keys(common).length === 0) return document;
  const services = Object.entries(document.services).map(([service, entry]): [string, SpecEntry] => {
    const names = parametersOf(service, entry.version).map(({ name }) => name);
    const shared = Object.entries(common).filter(([name]) => names.includes(name));
    return [service, { ...entry, parameters: { ...Object.fromEntries(shared), ...entry.parameters } }];
  });
  return { ...document, services: Object.fromEntries(services) };
}

/** A value that is given to nothing. */
export interface UnknownParameter {
  /** Path of keys in the document. */
  readonly path: readonly string[];
  readonly message: string;
  readonly hint: string;
}

/** What a document gives a value and no release has: most likely a misspelt name. */
export function unknownParameters(
  { services }: SpecDocument,
  common: ParameterValues,
  parametersOf: ParametersOf,
): readonly UnknownParameter[] {
  const all = new Map<string, Parameter>();
  const own = Object.entries(services).flatMap(([service, { version, parameters }]) => {
    const known = parametersOf(service, version);
    for (const parameter of known) all.set(parameter.name, parameter);
    const unknown = Object.keys(parameters).filter((name) => !known.some((one) => one.name === name));
    return unknown.map((name) => ({
      path: ['services', service, 'parameters', name],
      message: `${service} ${version} has no parameter ${name}`,
      hint: nearestParameter(name, known),
    }));
  });
  const shared = Object.keys(common).filter((name) => !all.has(name));
  return [
    ...own,
    ...shared.map((name) => ({
      path: ['parameters', name],
      message: `no service of the document has a parameter ${name}`,
      hint: nearestParameter(name, [...all.values()]),
    })),
  ];
}

/** What every parameter of a spec's services comes to in an environment. */
export function resolveSpec(
  { services }: Spec,
  environment: EnvironmentParameters,
  parametersOf: ParametersOf,
): ReadonlyMap<string, { readonly [name: string]: ParameterValue }> {
  return new Map(
    Object.entries(services).flatMap(([service, { version, parameters }]) => {
      const declared = parametersOf(service, version);
      if (declared.length === 0) return [];
      return [[service, resolveParameters(declared, parameterLayers(environment, service, parameters))] as const];
    }),
  );
}

/**
 * A spec of before with the values that its services had then, where they would have others now: said by the spec itself
 * from now on, so that going back brings them back, and they stay.
 */
export function pinParameters(
  spec: Spec,
  then: EnvironmentParameters,
  now: EnvironmentParameters,
  parametersOf: ParametersOf,
): Spec {
  const before = resolveSpec(spec, then, parametersOf);
  const present = resolveSpec(spec, now, parametersOf);
  const services = Object.entries(spec.services).map(([service, entry]): [string, SpecEntry] => {
    const pinned = Object.entries(before.get(service) ?? {}).filter(
      ([name, { value }]) => present.get(service)?.[name]?.value !== value,
    );
    if (pinned.length === 0) return [service, entry];
    const values = Object.fromEntries(pinned.map(([name, { value }]) => [name, value]));
    return [service, { ...entry, parameters: { ...entry.parameters, ...values } }];
  });
  return { ...spec, services: Object.fromEntries(services) };
}
