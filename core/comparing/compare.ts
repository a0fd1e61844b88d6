import type { Json } from '../json.ts';
import type { ParameterSource, ParameterValue } from '../parameter/resolve.ts';
import { diffFields } from '../planning/diff.ts';
import type { ReleaseIdentity } from '../release.ts';
import type { SpecEntry } from '../spec.ts';
import type { ReleaseChange } from './change.ts';

/** What one service is to be in an environment; of a release by itself, what it is where nobody says otherwise. */
export interface ComparedService {
  readonly entry: SpecEntry;
  readonly identity: ReleaseIdentity;
  readonly parameters: { readonly [name: string]: ParameterValue };
}

/** What is compared: service -> what it is to be. */
export type ComparedServices = ReadonlyMap<string, ComparedService>;

/** One side of a difference; a parameter's has its source. */
export interface ComparedValue {
  readonly value: string;
  readonly source?: ParameterSource;
  /** Of the slice that gives it. */
  readonly slice?: string;
}

/** What two sides can differ in. */
export const differenceKinds = [
  'service',
  'version',
  'image',
  'file',
  'definition',
  'parameter',
  'replicas',
  'port',
  'cluster',
] as const;

/**
 * One thing in which two sides differ; null: it is not there. `declared`: they were declared to differ in it, so
 * that it says nothing against their parity.
 */
export interface Difference {
  readonly service: string;
  readonly what: (typeof differenceKinds)[number];
  /** Which image, file, parameter, port or field of the definition; null where there is one of a kind. */
  readonly name: string | null;
  readonly a: ComparedValue | null;
  readonly b: ComparedValue | null;
  readonly declared: boolean;
}

/** One side of a comparison. */
export type ComparedSide =
  /** As its newest revision says. */
  | { readonly kind: 'environment'; readonly environment: string; readonly revision: number; readonly services: number }
  | { readonly kind: 'release'; readonly service: string; readonly version: string }
  /** A document that may be deployed, with the environment's own parameters as they are now. */
  | { readonly kind: 'spec'; readonly name: string; readonly environment: string; readonly services: number };

/** Two sides, in what they differ, and what that comes from and brings. */
export interface Comparison {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  readonly differences: readonly Difference[];
  /** Of services whose release is another one, or that one side alone has. */
  readonly changes: readonly ReleaseChange[];
  /** How many such services were not looked into, because there are too many. */
  readonly moreChanges: number;
}

/** A definition's field is told with so many characters. */
const fieldMost = 500;

/**
 * In what two sides differ, by service. Declared to differ is what the platform document or a spec says of one
 * environment and of no release: a parameter that at least one of the two has from its environment or a slice, the replicas, the
 * published ports and the cluster of a spec's entry. A parameter that a spec sets is a difference: it was meant for one
 * deployment or belongs to the environment. Contents of configs count as the releases have them: that a template comes to
 * something else is told by its parameters.
 */
export function compareServices(a: ComparedServices, b: ComparedServices): readonly Difference[] {
  return [...new Set([...a.keys(), ...b.keys()])].toSorted().flatMap((service): readonly Difference[] => {
    const [mine, theirs] = [a.get(service), b.get(service)];
    if (mine !== undefined && theirs !== undefined) return compareService(service, mine, theirs);
    const version = (of: ComparedService | undefined) => (of === undefined ? null : { value: of.entry.version });
    return [{ service, what: 'service', name: null, a: version(mine), b: version(theirs), declared: false }];
  });
}

function compareService(service: string, a: ComparedService, b: ComparedService): readonly Difference[] {
  const of = (what: Difference['what'], declared: boolean, sides: Sides) =>
    differences({ service, what, declared }, sides);
  return [
    ...of('version', false, lone(a.entry.version, b.entry.version)),
    ...of('image', false, texts(a.identity.images, b.identity.images)),
    ...of('file', false, texts(a.identity.files, b.identity.files)),
    ...definitionFields(service, a.identity.definition, b.identity.definition),
    ...differences({ service, what: 'parameter', declared: false }, [a.parameters, b.parameters]).map(withDeclared),
    ...of('replicas', true, lone(a.entry.replicas, b.entry.replicas)),
    ...of('port', true, texts(a.entry.ports, b.entry.ports)),
    ...of('cluster', true, lone(a.entry.cluster ?? null, b.entry.cluster ?? null)),
  ];
}

/** Fields of the Compose definition, with parameters as they are written; images are told by themselves. */
function definitionFields(service: string, a: Json, b: Json): readonly Difference[] {
  return diffFields(a, b)
    .filter(({ field }) => !/^services\.[^.]+\.image$/.test(field))
    .map(({ field: name, from, to }) => {
      return { service, what: 'definition', name, a: fieldValue(from), b: fieldValue(to), declared: false };
    });
}

function fieldValue(value: Json): ComparedValue | null {
  if (value === null) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { value: text.length > fieldMost ? `${text.slice(0, fieldMost - 1)}…` : text };
}

/** Values by name; the name of what is alone is empty. */
type Sides = readonly [{ readonly [name: string]: ComparedValue }, { readonly [name: string]: ComparedValue }];

function lone(a: string | number | null, b: string | number | null): Sides {
  const side = (value: string | number | null) => (value === null ? {} : { '': { value: String(value) } });
  return [side(a), side(b)];
}

function texts(
  a: { readonly [name: string]: string | number },
  b: { readonly [name: string]: string | number },
): Sides {
  const side = (of: typeof a) =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, { value: String(value) }]));
  return [side(a), side(b)];
}

function differences(of: Pick<Difference, 'service' | 'what' | 'declared'>, [a, b]: Sides): readonly Difference[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted().flatMap((name): readonly Difference[] => {
    const mine = Object.hasOwn(a, name) ? (a[name] ?? null) : null;
    const theirs = Object.hasOwn(b, name) ? (b[name] ?? null) : null;
    if (mine?.value === theirs?.value) return [];
    return [{ ...of, name: name === '' ? null : name, a: mine, b: theirs }];
  });
}

function withDeclared(difference: Difference): Difference {
  const { a, b } = difference;
  return { ...difference, declared: [a, b].some((side) => side?.source === 'environment' || side?.source === 'slice') };
}
