import { z } from 'zod';
import { Fault } from '../../core/fault.ts';
import { manifestTypes } from './manifest.ts';
import type { ImageReference } from './reference.ts';
import type { RegistrySession } from './session.ts';

/** Which tags point to an image, as far as they were looked at; or why nobody tells. */
export type FoundTags =
  | { readonly kind: 'told'; readonly tags: readonly string[]; readonly lookedAt: number; readonly listed: number }
  | { readonly kind: 'untold'; readonly why: string };

const listBytesMost = 1024 * 1024;

/** Tags that are asked for their digest, and how many at a time. */
const lookedAtMost = 200;
const atOnce = 8;

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** Tags under which cosign and the referrers fallback keep what belongs to an image. */
const artifactTag = /^sha256-[0-9a-f]{64}(?:\.[a-z]+)?$/;

const tagList = z.object({ tags: z.array(z.string()).nullable() });

/**
 * Looks which tags of its repository point to an image: the distribution API lists tags without their digests, so each is
 * asked for; its own first, then those that sort last, which are the newest where versions are tags. At most 200, and
 * no longer than the signal lasts.
 */
export async function findTags(
  session: RegistrySession,
  { repository, tag, digest }: ImageReference,
  signal: AbortSignal,
): Promise<FoundTags> {
  try {
    const path = `/v2/${repository}/tags/list?n=1000`;
    const answer = await session.get(path, { accept: 'application/json', bodyBytesMost: listBytesMost }, signal);
    if (answer.status !== 200 || answer.body === 'too-large')
      return { kind: 'untold', why: `the registry does not list its tags: it answered ${answer.status}` };
    const listed = namesIn(answer.body).filter((name) => tagPattern.test(name) && !artifactTag.test(name));
    const order = [...new Set([...(tag === null ? [] : [tag]), ...listed.toSorted().toReversed()])];
    const found = await lookAt(session, { repository, digest }, order.slice(0, lookedAtMost), signal);
    return { kind: 'told', ...found, listed: Math.max(listed.length, found.lookedAt) };
  } catch (cause) {
    if (signal.aborted) return { kind: 'untold', why: 'the registry took too long to list its tags' };
    if (cause instanceof Fault || cause instanceof SyntaxError)
      return { kind: 'untold', why: `the registry does not list its tags: ${cause.message}` };
    throw cause;
  }
}

async function lookAt(
  session: RegistrySession,
  of: Pick<ImageReference, 'repository' | 'digest'>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly tags: readonly string[]; readonly lookedAt: number }> {
  const tags: string[] = [];
  let lookedAt = 0;
  for (let from = 0; from < names.length && !signal.aborted; from += atOnce) {
    const some = names.slice(from, from + atOnce);
    const digests = await Promise.all(
      some.map(async (name) => await digestOfTag(session, of.repository, name, signal)),
    );
    for (const [index, name] of some.entries()) {
      const found = digests[index];
      if (found === undefined) continue;
      lookedAt += 1;
      if (found === of.digest) tags.push(name);
    }
  }
  return { tags: tags.toSorted(), lookedAt };
}

/** Undefined: it was not told; a tag may go while others are looked at. */
async function digestOfTag(
  session: RegistrySession,
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const answer = await session.head(`/v2/${repository}/manifests/${tag}`, manifestTypes, signal);
    return answer.status === 200 ? (answer.header('docker-content-digest') ?? undefined) : undefined;
  } catch (cause) {
    if (cause instanceof Fault || signal.aborted) return undefined;
    throw cause;
  }
}

function namesIn(body: Uint8Array): readonly string[] {
  const read = tagList.safeParse(JSON.parse(new TextDecoder().decode(body)));
  return read.success ? (read.data.tags ?? []).slice(0, 10_000) : [];
}
