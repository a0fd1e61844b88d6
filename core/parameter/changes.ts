import { sourceText, type ParameterValue } from './resolve.ts';

/** A parameter of a service that comes to another value, or has its value from somewhere else; null: it has none. */
export interface ParameterChange {
  readonly service: string;
  readonly parameter: string;
  readonly from: ParameterValue | null;
  readonly to: ParameterValue | null;
}

/** Resolved parameters by service. */
export type ResolvedParameters = ReadonlyMap<string, { readonly [name: string]: ParameterValue }>;

/** What is different between two states, by service and name. A service that is in one of them only counts as well. */
export function parameterChanges(before: ResolvedParameters, after: ResolvedParameters): readonly ParameterChange[] {
  const services = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return services.flatMap((service) => {
    const [old, now] = [before.get(service) ?? {}, after.get(service) ?? {}];
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].toSorted();
    return names.flatMap((parameter): readonly ParameterChange[] => {
      const [from, to] = [own(old, parameter), own(now, parameter)];
      return isSame(from, to) ? [] : [{ service, parameter, from, to }];
    });
  });
}

function isSame(a: ParameterValue | null, b: ParameterValue | null): boolean {
  if (a === null || b === null) return a === b;
  return a.value === b.value && sourceText(a) === sourceText(b);
}

function own(values: { readonly [name: string]: ParameterValue }, name: string): ParameterValue | null {
  return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}
