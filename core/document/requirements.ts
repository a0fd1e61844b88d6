import { bomFieldNames } from '../bom/lines.ts';
import type { Requirements } from '../evidence/requirements.ts';
import * as read from './reader.ts';

/** `environments.E.requires`: what releases have to prove before they come to an environment. */
export const requirements: read.Read<Requirements> = read.object({
  bom: read.optional(read.chain(read.listOf(read.choice(bomFieldNames), 100), distinct), []),
});

function distinct<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].toSorted();
}
