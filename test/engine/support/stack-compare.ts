import { isDeepStrictEqual } from 'node:util';
import type { Holding, Shape } from './stack-shape.ts';

/** A value that a side does not have. */
export const absent: unique symbol = Symbol('absent');

/** One value that the two sides do not have alike. */
export interface Difference {
  /** `service web`, `network default`, `config app`. */
  readonly object: string;
  /** Such as `TaskTemplate.ContainerSpec.Env[LEVEL]`. */
  readonly field: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** Every difference between what a stack and what a release made of one file; an object that one side lacks is one. */
export function compareHoldings(theirs: Holding, ours: Holding): readonly Difference[] {
  return (['services', 'networks', 'configs'] as const).flatMap((kind) => {
    const names = [...new Set([...theirs[kind].keys(), ...ours[kind].keys()])].toSorted();
    return names.flatMap((name) => {
      const object = `${kind.slice(0, -1)} ${name}`;
      return compareShapes(object, theirs[kind].get(name), ours[kind].get(name));
    });
  });
}

function compareShapes(object: string, theirs: Shape | undefined, ours: Shape | undefined): readonly Difference[] {
  if (theirs === undefined || ours === undefined) {
    const there = (shape: Shape | undefined): unknown => (shape === undefined ? absent : 'there');
    return [{ object, field: '', theirs: there(theirs), ours: there(ours) }];
  }
  const fields = [...new Set([...theirs.keys(), ...ours.keys()])].toSorted();
  return fields.flatMap((field) => {
    const their = theirs.has(field) ? theirs.get(field) : absent;
    const our = ours.has(field) ? ours.get(field) : absent;
    return isDeepStrictEqual(their, our) ? [] : [{ object, field, theirs: their, ours: our }];
  });
}

/** For people: where, theirs, ours. */
export function describeDifference({ object, field, theirs, ours }: Difference): string {
  const show = (value: unknown): string => (value === absent ? '(absent)' : JSON.stringify(value));
  return `${object} ${field}: theirs ${show(theirs)}, ours ${show(ours)}`;
}
