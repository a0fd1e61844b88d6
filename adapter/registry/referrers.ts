import { keptText } from '../../core/bom/text.ts';
import type { AskedPlace } from '../../core/evidence/summary.ts';
import { rankOf, readArtifact, readReferrers, type Descriptor } from './artifact-manifest.ts';
import {
  fetchExact,
  fetchManifest,
  jsonOf,
  manifestBytesMost,
  parseJson,
  takeLayers,
  whyNot,
  type Search,
} from './layers.ts';
import type { RegistryResponse } from './transport.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';

/** Bounds of the list, and of what is taken of it. */
const pagesMost = 10;
const listedMost = 20_000;
export const artifactsMost = 20;
const typesTold = 10;

type Outcome = AskedPlace['outcome'];

/**
 * Takes what the API lists as referrers of a manifest, page by page (OCI distribution-spec 1.1, "Listing Referrers"). A
 * registry without it answers 404; some answer 400 or 405, proxies a page of their own.
 */
export async function askReferrersApi(search: Search, subject: string): Promise<Outcome> {
  const first = `/v2/${search.repository}/referrers/${subject}`;
  const answer = await getPage(search, first);
  if (answer.status === 404) return { kind: 'none' };
  const page = readReferrers(jsonOf(answer));
  if (page === null) return { kind: 'untold', why: 'the answer is no index' };
  return await takeListed(search, subject, await withFurtherPages(search, { first, answer, page }));
}

interface Page {
  readonly answer: RegistryResponse;
  readonly page: readonly Descriptor[];
}

/** All that is listed, within bounds. Where a further page does not come, what came before stands, and why is told. */
async function withFurtherPages(
  search: Search,
  { first, ...begun }: Page & { readonly first: string },
): Promise<readonly Descriptor[]> {
  const listed: Descriptor[] = [];
  const asked = new Set([first]);
  for (let at: Page = begun; ;) {
    listed.push(...at.page.slice(0, listedMost - listed.length));
    const next = nextPage(at.answer, first);
    if (next === null) return listed;
    const further = whyNone(next, asked, listed.length) ?? (await furtherPage(search, next.path));
    if (typeof further === 'string') {
      search.passedOver.push(`page ${asked.size + 1} of the referrers API: ${further}`);
      return listed;
    }
    asked.add(next.path);
    at = further;
  }
}

function whyNone({ path, isElsewhere }: NextPage, asked: ReadonlySet<string>, listed: number): string | null {
  if (isElsewhere) return 'it lies elsewhere';
  if (asked.has(path)) return 'it is one that was asked for';
  if (asked.size >= pagesMost) return `at most ${pagesMost} are asked for`;
  return listed >= listedMost ? `at most ${listedMost} referrers are looked at` : null;
}

/** The page, or why there is none. */
async function furtherPage(search: Search, path: string): Promise<Page | string> {
  try {
    const answer = await getPage(search, path);
    const page = readReferrers(jsonOf(answer));
    return page === null ? 'the answer is no index' : { answer, page };
  } catch (cause) {
    return whyNot(cause, search.signal);
  }
}

async function getPage({ session, signal }: Search, path: string): Promise<RegistryResponse> {
  return await session.get(path, { accept: indexType, bodyBytesMost: manifestBytesMost }, signal);
}

interface NextPage {
  readonly path: string;
  readonly isElsewhere: boolean;
}

/** Where the next page is (RFC 8288, relation `next`): of the same list, whatever the registry says. */
function nextPage(answer: RegistryResponse, first: string): NextPage | null {
  const [, target] = /<([^<>]{1,4096})>\s*;(?:[^,<]*;)?\s*rel\s*=\s*"?next\b/i.exec(answer.header('link') ?? '') ?? [];
  if (target === undefined) return null;
  // Behind a proxy the host is often another one than was asked: what counts is the path, and no other host is asked.
  const url = URL.parse(target, new URL(first, 'http://registry.invalid'));
  if (url === null) return { path: '', isElsewhere: true };
  const isElsewhere = url.pathname.replaceAll(/%3a/gi, ':') !== first;
  return { path: `${url.pathname}${url.search}`, isElsewhere };
}

/** Takes what the tag lists that stands in for the API ("Referrers Tag Schema"). */
export async function askReferrersTag(search: Search, subject: string): Promise<Outcome> {
  const answer = await fetchManifest(search, subject.replace(':', '-'));
  if (answer.status === 404) return { kind: 'none' };
  const listed = readReferrers(jsonOf(answer));
  return listed === null
    ? { kind: 'untold', why: 'the answer is no index' }
    : await takeListed(search, subject, listed.slice(0, listedMost));
}

async function takeListed(search: Search, subject: string, all: readonly Descriptor[]): Promise<Outcome> {
  const ranked = all.map((it) => ({ it, rank: rankOf(it.artifactType ?? '') }));
  const taken = ranked
    .flatMap(({ it, rank }) => (rank === null ? [] : [{ it, rank }]))
    .toSorted((a, b) => a.rank - b.rank);
  tellOthers(
    search,
    ranked.flatMap(({ it, rank }) => (rank === null ? [it.artifactType ?? it.mediaType] : [])),
  );
  if (taken.length > artifactsMost)
    search.passedOver.push(`${taken.length - artifactsMost} artifacts beyond the first ${artifactsMost}`);
  for (const { it } of taken.slice(0, artifactsMost)) await takeArtifact(search, subject, it);
  return all.length === 0 ? { kind: 'none' } : { kind: 'found', count: all.length };
}

function tellOthers({ passedOver }: Search, types: readonly string[]): void {
  const counts = Map.groupBy(types, (type) => type);
  for (const [type, { length }] of [...counts].slice(0, typesTold))
    passedOver.push(`${length} of the type ${keptText(type, 100) ?? '?'}, which is not taken`);
}

/** An index may list whatever it likes: the artifact itself has to say that it belongs to the image. */
async function takeArtifact(search: Search, subject: string, { digest, size }: Descriptor): Promise<void> {
  const name = digest.slice(0, 19);
  try {
    if (size > manifestBytesMost) return void search.passedOver.push(`${name}: its manifest is too large`);
    const artifact = readArtifact(parseJson((await fetchExact(search, digest)).bytes));
    if (artifact === null) return void search.passedOver.push(`${name}: it has no layers`);
    if (artifact.subject !== subject)
      return void search.passedOver.push(
        `${name}: it belongs to another image (${artifact.subject ?? 'it names none'})`,
      );
    await takeLayers(search, artifact.layers, `the referrer ${name}`);
  } catch (cause) {
    search.passedOver.push(`${name}: ${whyNot(cause, search.signal)}`);
  }
}
