import { keptText } from '../../core/bom/text.ts';
import { simpleSigningType } from '../../core/evidence/signed.ts';
import type { AskedPlace } from '../../core/evidence/summary.ts';
import { Fault } from '../../core/fault.ts';
import { sha256, type Digest } from '../../core/hash.ts';
import type { FoundArtifacts, FoundDocument } from '../../port/registry.ts';
import { rankOf, readArtifact, readReferrers, type Descriptor } from './artifact-manifest.ts';
import type { ImageReference } from './reference.ts';
import type { RegistrySession } from './session.ts';
import type { RegistryResponse } from './transport.ts';

/** Bounds of what is taken of one image. */
const manifestBytesMost = 4 * 1024 * 1024;
const documentBytesMost = 11 * 1024 * 1024;
const allBytesMost = 24 * 1024 * 1024;
const artifactsMost = 20;
const layersMost = 20;
const toldMost = 10;

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** One search for what lies beside one image. */
interface Search {
  readonly session: RegistrySession;
  readonly repository: string;
  readonly image: string;
  readonly signal: AbortSignal;
  readonly documents: FoundDocument[];
  readonly passedOver: string[];
  /** Digests of documents that nobody needs again, and how many of them were found. */
  readonly known: ReadonlySet<Digest>;
  knownFound: number;
  /** What cosign's signatures are of, by digest: many signatures of an image are of the same bytes. */
  readonly payloads: Map<string, Uint8Array>;
  bytesLeft: number;
}

/**
 * Looks beside an image: for its referrers through the API, where the registry has none under the tag that stands in for it
 * (OCI distribution-spec 1.1, "Referrers Tag Schema"), and under the tags in which cosign keeps signatures and attestations.
 */
export async function findArtifacts(
  session: RegistrySession,
  { repository, digest }: ImageReference,
  known: ReadonlySet<Digest>,
  signal: AbortSignal,
): Promise<FoundArtifacts> {
  const image = digest ?? '';
  const search: Search = {
    session,
    repository,
    image,
    signal,
    documents: [],
    passedOver: [],
    known,
    knownFound: 0,
    payloads: new Map(),
    bytesLeft: allBytesMost,
  };
  const tag = image.replace(':', '-');
  const asked: AskedPlace[] = [];
  // Signatures first: what has to be there must not be crowded out by what may be.
  for (const end of ['sig', 'att'])
    asked.push(await told(`the .${end} tag`, search, () => askTag(search, `${tag}.${end}`)));
  const listed = await told('the referrers API', search, () => askApi(search));
  asked.push(listed);
  if (listed.outcome.kind === 'none' || listed.outcome.kind === 'untold')
    asked.push(await told('the referrers tag', search, () => askIndexTag(search, tag)));
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

async function told(place: string, search: Search, ask: () => Promise<Outcome>): Promise<AskedPlace> {
  try {
    return { place, outcome: await ask() };
  } catch (cause) {
    return { place, outcome: { kind: 'untold', why: whyNot(cause, search.signal) } };
  }
}

/** A registry without the API answers 404; some answer 400 or 405, proxies a page of their own. */
async function askApi(search: Search): Promise<Outcome> {
  const { session, repository, image, signal } = search;
  const path = `/v2/${repository}/referrers/${image}`;
  const answer = await session.get(path, { accept: indexType, bodyBytesMost: manifestBytesMost }, signal);
  if (answer.status === 404) return { kind: 'none' };
  if (/rel="?next/.test(answer.header('link') ?? '')) search.passedOver.push('further pages of the referrers API');
  return await takeIndex(search, answer);
}

async function askIndexTag(search: Search, tag: string): Promise<Outcome> {
  const answer = await fetchManifest(search, tag);
  return answer.status === 404 ? { kind: 'none' } : await takeIndex(search, answer);
}

async function askTag(search: Search, tag: string): Promise<Outcome> {
  const answer = await fetchManifest(search, tag);
  if (answer.status === 404) return { kind: 'none' };
  const artifact = readArtifact(jsonOf(answer));
  if (artifact === null) return { kind: 'untold', why: 'what lies there is no manifest with layers' };
  await takeLayers(search, artifact.layers, `the tag ${tag.slice(0, 19)}...${tag.slice(-4)}`);
  return { kind: 'found', count: artifact.layers.length };
}

async function takeIndex(search: Search, answer: RegistryResponse): Promise<Outcome> {
  const all = readReferrers(jsonOf(answer));
  if (all === null) return { kind: 'untold', why: 'the answer is no index' };
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
  for (const { it } of taken.slice(0, artifactsMost)) await takeArtifact(search, it);
  return all.length === 0 ? { kind: 'none' } : { kind: 'found', count: all.length };
}

function tellOthers({ passedOver }: Search, types: readonly string[]): void {
  const counts = Map.groupBy(types, (type) => type);
  for (const [type, { length }] of [...counts].slice(0, toldMost))
    passedOver.push(`${length} of the type ${keptText(type, 100) ?? '?'}, which is not taken`);
}

/** An index may list whatever it likes: the artifact itself has to say that it belongs to the image. */
async function takeArtifact(search: Search, { digest, size }: Descriptor): Promise<void> {
  const name = digest.slice(0, 19);
  try {
    if (size > manifestBytesMost) return void search.passedOver.push(`${name}: its manifest is too large`);
    const answer = await fetchManifest(search, digest);
    if (answer.status !== 200 || answer.body === 'too-large')
      return void search.passedOver.push(`${name}: the registry answered ${answer.status}`);
    if (`sha256:${sha256(answer.body)}` !== digest) return void search.passedOver.push(`${name}: other bytes came`);
    const artifact = readArtifact(jsonOf(answer));
    if (artifact === null) return void search.passedOver.push(`${name}: it has no layers`);
    if (artifact.subject !== search.image)
      return void search.passedOver.push(
        `${name}: it belongs to another image (${artifact.subject ?? 'it names none'})`,
      );
    await takeLayers(search, artifact.layers, `the referrer ${name}`);
  } catch (cause) {
    search.passedOver.push(`${name}: ${whyNot(cause, search.signal)}`);
  }
}

/** Of many layers the last: cosign writes each new signature and attestation behind those that are there. */
async function takeLayers(search: Search, layers: readonly Descriptor[], from: string): Promise<void> {
  if (layers.length > layersMost)
    search.passedOver.push(`${from}: ${layers.length - layersMost} layers before the last ${layersMost}`);
  for (const layer of layers.slice(-layersMost)) {
    try {
      const why = await takeLayer(search, layer, from);
      if (why !== null) search.passedOver.push(`${from}, ${layer.digest.slice(0, 19)}: ${why}`);
    } catch (cause) {
      search.passedOver.push(`${from}, ${layer.digest.slice(0, 19)}: ${whyNot(cause, search.signal)}`);
    }
  }
}

/** Why it was not taken; null: it was. */
async function takeLayer(search: Search, layer: Descriptor, from: string): Promise<string | null> {
  const { digest, size } = layer;
  const isPayload = layer.mediaType === simpleSigningType;
  if (!isPayload && search.known.has(digest.slice('sha256:'.length))) {
    search.knownFound += 1;
    return null;
  }
  if (size > documentBytesMost) return `it has ${size} bytes, at most ${documentBytesMost} are taken`;
  if (size > search.bytesLeft) return `all artifacts of the image have more than ${allBytesMost} bytes`;
  const body = search.payloads.get(digest) ?? (await fetchLayer(search, layer));
  if (typeof body === 'string') return body;
  search.bytesLeft -= body.length;
  if (isPayload) search.payloads.set(digest, body);
  const content = documentOf(layer, body);
  if (search.known.has(sha256(content))) search.knownFound += 1;
  else search.documents.push({ from, content });
  return null;
}

/** The bytes that the digest is of, or why there are none. */
async function fetchLayer(search: Search, { digest, size }: Descriptor): Promise<Uint8Array | string> {
  const path = `/v2/${search.repository}/blobs/${digest}`;
  const answer = await search.session.get(path, { accept: '*/*', bodyBytesMost: size }, search.signal);
  if (answer.status !== 200) return `the registry answered ${answer.status}`;
  if (answer.body === 'too-large') return 'it is larger than its manifest says';
  return `sha256:${sha256(answer.body)}` === digest ? answer.body : 'other bytes came than its digest says';
}

/** Of cosign's signature the content alone is half of it: the other half stands in the annotations of its descriptor. */
function documentOf({ mediaType, digest, size, annotations }: Descriptor, content: Uint8Array): Uint8Array {
  if (mediaType !== simpleSigningType) return content;
  const data = Buffer.from(content).toString('base64');
  return Buffer.from(JSON.stringify({ mediaType, digest, size, data, annotations: annotations ?? {} }));
}

async function fetchManifest({ session, repository, signal }: Search, reference: string): Promise<RegistryResponse> {
  const path = `/v2/${repository}/manifests/${reference}`;
  const accept = `${indexType}, ${manifestType}`;
  return await session.get(path, { accept, bodyBytesMost: manifestBytesMost }, signal);
}

/** Null: it is no JSON. Throws what there is to tell of any other answer. */
function jsonOf(answer: RegistryResponse): unknown {
  const { status, body } = answer;
  if (status !== 200) throw new Fault('registry.unreachable', `the registry answered ${status}`);
  if (body === 'too-large')
    throw new Fault('registry.unreachable', `the answer is larger than ${manifestBytesMost} bytes`);
  if (answer.header('content-type')?.startsWith('text/html') === true)
    throw new Fault('registry.unreachable', 'the answer is a web page');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return null;
  }
}

function whyNot(cause: unknown, signal: AbortSignal): string {
  if (cause instanceof Fault) return keptText(cause.message.replace(/\.$/, ''), 300) ?? 'it failed';
  if (signal.aborted) return 'the registry took too long';
  throw cause;
}
