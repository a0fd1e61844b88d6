import type { AskedPlace } from '../../core/evidence/summary.ts';
import type { Digest } from '../../core/hash.ts';
import type { FoundArtifacts } from '../../port/registry.ts';
import { readArtifact } from './artifact-manifest.ts';
import { readPlatform, takeAttestations } from './attestations.ts';
import { beginSearch, fetchManifest, jsonOf, takeLayers, whyNot, type Search } from './layers.ts';
import type { ImageReference } from './reference.ts';
import { askReferrersApi, askReferrersTag } from './referrers.ts';
import type { RegistrySession } from './session.ts';

const toldMost = 10;

/**
 * Looks beside an image: for its referrers through the API, where the registry has none under the tag that stands in for it
 * (OCI distribution-spec 1.1, "Referrers Tag Schema"), and under the tags in which cosign keeps signatures and attestations.
 * Where the image is an index, also for the attestations that BuildKit writes into it, and beside the image of the one
 * platform that is looked at everywhere else.
 */
export async function findArtifacts(
  session: RegistrySession,
  { repository, digest }: ImageReference,
  known: ReadonlySet<Digest>,
  signal: AbortSignal,
): Promise<FoundArtifacts> {
  const image = digest ?? '';
  const search = beginSearch({ session, repository, known, signal });
  // Signatures first: what has to be there must not be crowded out by what may be.
  const asked = [await askTag(search, image, 'sig'), ...(await askBeside(search, image, ''))];
  asked.push(...(await askIndex(search, image)));
  const { documents, passedOver } = search;
  const more = passedOver.length - toldMost;
  return {
    asked,
    documents,
    known: search.knownFound,
    passedOver: more > 0 ? [...passedOver.slice(0, toldMost), `${more} more`] : passedOver,
  };
}

type Outcome = AskedPlace['outcome'];

async function told(place: string, { signal }: Search, ask: () => Promise<Outcome>): Promise<AskedPlace> {
  try {
    return { place, outcome: await ask() };
  } catch (cause) {
    return { place, outcome: { kind: 'untold', why: whyNot(cause, signal) } };
  }
}

/** Everything but signatures: attestations under cosign's tag, and referrers. */
async function askBeside(search: Search, image: string, of: string): Promise<readonly AskedPlace[]> {
  const asked = [await askTag(search, image, 'att', of)];
  const listed = await told(`the referrers API${of}`, search, () => askReferrersApi(search, image));
  asked.push(listed);
  if (listed.outcome.kind !== 'found')
    asked.push(await told(`the referrers tag${of}`, search, () => askReferrersTag(search, image)));
  return asked;
}

/** Of one platform signatures are not looked for: what runs may be another one, which nobody signed. */
async function askIndex(search: Search, image: string): Promise<readonly AskedPlace[]> {
  try {
    const platform = await readPlatform(search, image);
    if (platform === null) return [];
    const inside = await told('the index itself', search, () => takeAttestations(search, platform));
    return [inside, ...(await askBeside(search, platform.digest, ' of its platform'))];
  } catch (cause) {
    return [{ place: 'the image itself', outcome: { kind: 'untold', why: whyNot(cause, search.signal) } }];
  }
}

async function askTag(search: Search, image: string, end: string, of = ''): Promise<AskedPlace> {
  const tag = `${image.replace(':', '-')}.${end}`;
  return await told(`the .${end} tag${of}`, search, async () => {
    const answer = await fetchManifest(search, tag);
    if (answer.status === 404) return { kind: 'none' };
    const artifact = readArtifact(jsonOf(answer));
    if (artifact === null) return { kind: 'untold', why: 'what lies there is no manifest with layers' };
    await takeLayers(search, artifact.layers, `the tag ${tag.slice(0, 19)}...${tag.slice(-4)}`);
    return { kind: 'found', count: artifact.layers.length };
  });
}
