import { z } from 'zod';
import { editDistance } from '../../core/document/suggest.ts';
import { Fault } from '../../core/fault.ts';
import type { RegistrySession } from './session.ts';

/** What the registry tells of a repository's tags. */
export type NearestTags =
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'no-repository' }
  /** Not every registry lists tags, nor to everybody. */
  | { readonly kind: 'untold' };

const listBytesMost = 1024 * 1024;
const tagsMost = 5;
const tagList = z.object({ tags: z.array(z.string().max(128)).nullable() });

/** Up to five tags, of the first thousand, that look most like the one that was asked for. For messages only. */
export async function nearestTags(
  session: RegistrySession,
  repository: string,
  asked: string,
  signal: AbortSignal,
): Promise<NearestTags> {
  const path = `/v2/${repository}/tags/list?n=1000`;
  try {
    const answer = await session.get(path, { accept: 'application/json', bodyBytesMost: listBytesMost }, signal);
    if (answer.status === 404) return { kind: 'no-repository' };
    if (answer.status !== 200 || answer.body === 'too-large') return { kind: 'untold' };
    const read = tagList.safeParse(JSON.parse(new TextDecoder().decode(answer.body)));
    return read.success ? { kind: 'tags', tags: rank(read.data.tags ?? [], asked) } : { kind: 'untold' };
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof Fault || cause instanceof SyntaxError) return { kind: 'untold' };
    throw cause;
  }
}

function rank(tags: readonly string[], asked: string): readonly string[] {
  return tags
    .slice(0, 1000)
    .map((tag) => ({ tag, distance: editDistance(tag, asked) }))
    .toSorted((a, b) => a.distance - b.distance || (a.tag < b.tag ? -1 : 1))
    .slice(0, tagsMost)
    .map(({ tag }) => tag);
}
