import { describeNode, entryOf, type DocumentNode, type MapNode } from './node.ts';
import type { Problems } from './problems.ts';
import { suggest } from './suggest.ts';

/** A parameter that a slice gives: to one service, or to all (null). */
interface Gift {
  readonly slice: string;
  readonly service: string | null;
  readonly parameter: string;
  readonly place: DocumentNode;
}

/**
 * Slices name environments of the document, each once, and no two slices give a service of an environment the same
 * parameter: which of the two went before the other would be nobody's decision.
 */
export function checkSlices(slices: DocumentNode, environments: readonly string[], problems: Problems): void {
  if (slices.kind !== 'map') return;
  const given = new Map<string, readonly Gift[]>();
  for (const { key, value } of slices.entries) {
    if (value.kind !== 'map') continue;
    const gifts = giftsOf(key, value);
    for (const environment of checkEnvironments(value, environments, problems)) {
      const before = given.get(environment) ?? [];
      for (const gift of gifts) refuseSecond(environment, gift, before, problems);
      given.set(environment, [...before, ...gifts]);
    }
  }
}

function checkEnvironments(slice: MapNode, known: readonly string[], problems: Problems): readonly string[] {
  const list = entryOf(slice, 'environments')?.value;
  if (list?.kind !== 'list') return [];
  if (list.items.length === 0) problems.add(list, 'a slice needs an environment');
  const own = new Set<string>();
  for (const item of list.items) {
    if (item.kind !== 'scalar') continue;
    if (!known.includes(item.source)) {
      const near = suggest(item.source, known);
      const hint = near === null ? `environments: ${known.join(', ')}` : `did you mean '${near}'?`;
      problems.add(item, `there is no environment ${describeNode(item)}`, hint);
    }
    if (own.has(item.source)) problems.add(item, `the environment ${describeNode(item)} stands twice`);
    own.add(item.source);
  }
  return [...own];
}

function giftsOf(slice: string, node: MapNode): readonly Gift[] {
  const services = entryOf(node, 'services')?.value;
  const ofServices = services?.kind === 'map' ? services.entries : [];
  return [
    ...parametersOf(slice, null, node),
    ...ofServices.flatMap(({ key, value }) => (value.kind === 'map' ? parametersOf(slice, key, value) : [])),
  ];
}

function parametersOf(slice: string, service: string | null, node: MapNode): readonly Gift[] {
  const parameters = entryOf(node, 'parameters')?.value;
  if (parameters?.kind !== 'map') return [];
  return parameters.entries.map(({ key, value }) => ({ slice, service, parameter: key, place: value }));
}

function refuseSecond(environment: string, gift: Gift, before: readonly Gift[], problems: Problems): void {
  const { parameter, service } = gift;
  const first = before.find(
    (one) => one.parameter === parameter && (one.service === null || service === null || one.service === service),
  );
  if (first === undefined) return;
  const of = service ?? first.service;
  const whose = of === null ? environment : `${of} in ${environment}`;
  const hint = 'give it in one of the two, or take the environment out of one';
  problems.add(gift.place, `the slice '${first.slice}' gives ${whose} the parameter ${parameter} already`, hint);
}
