import { keptText } from '../../core/bom/text.ts';
import { simpleSigningType } from '../../core/evidence/signed.ts';
import { Fault } from '../../core/fault.ts';
import { sha256, type Digest } from '../../core/hash.ts';
import type { FoundDocument } from '../../port/registry.ts';
import type { Descriptor } from './artifact-manifest.ts';
import { manifestTypes } from './manifest.ts';
import type { RegistrySession } from './session.ts';
import type { RegistryResponse } from './transport.ts';

/** Bounds of what is taken of one image. A document may be as large as one that is handed in; one is held at a time. */
export const manifestBytesMost = 4 * 1024 * 1024;
const documentBytesMost = 50 * 1024 * 1024;
const allBytesMost = 100 * 1024 * 1024;
const layersMost = 20;
/** What cosign signs says no more than which image it is; it is fetched at once. */
const payloadBytesMost = 64 * 1024;

/** One search for what lies beside one image. */
export interface Search {
  readonly session: RegistrySession;
  readonly repository: string;
  readonly signal: AbortSignal;
  readonly documents: FoundDocument[];
  readonly passedOver: string[];
  /** Digests of documents that nobody needs again, and of those that were found here already. */
  readonly known: ReadonlySet<Digest>;
  readonly seen: Set<string>;
  knownFound: number;
  /** What cosign's signatures are of, by digest: many signatures of an image are of the same bytes. */
  readonly payloads: Map<string, Uint8Array>;
  bytesLeft: number;
}

export function beginSearch(of: Pick<Search, 'session' | 'repository' | 'known' | 'signal'>): Search {
  return {
    ...of,
    documents: [],
    passedOver: [],
    seen: new Set(),
    knownFound: 0,
    payloads: new Map(),
    bytesLeft: allBytesMost,
  };
}

/** Of many layers the last: cosign writes each new signature and attestation behind those that are there. */
export async function takeLayers(search: Search, layers: readonly Descriptor[], from: string): Promise<void> {
  if (layers.length > layersMost)
    search.passedOver.push(`${from}: ${layers.length - layersMost} layers before the last ${layersMost}`);
  for (const layer of layers.slice(-layersMost)) {
    const place = `${from}, ${layer.digest.slice(0, 19)}`;
    try {
      const why = await takeLayer(search, layer, place);
      if (why !== null) search.passedOver.push(`${place}: ${why}`);
    } catch (cause) {
      search.passedOver.push(`${place}: ${whyNot(cause, search.signal)}`);
    }
  }
}

/** Why it was not taken; null: it was. */
async function takeLayer(search: Search, layer: Descriptor, from: string): Promise<string | null> {
  const { digest, size } = layer;
  if (layer.mediaType === simpleSigningType) return await takeSignature(search, layer, from);
  if (search.seen.has(digest)) return null; // it lies in two places
  if (search.known.has(digest.slice('sha256:'.length))) {
    search.seen.add(digest);
    search.knownFound += 1;
    return null;
  }
  const why = tooLarge(search, size, documentBytesMost);
  if (why !== null) return why;
  search.seen.add(digest);
  search.bytesLeft -= size;
  const content = async (signal: AbortSignal) => await fetchLayer({ ...search, signal }, layer);
  search.documents.push({ from, content });
  return null;
}

/** Of cosign's signature the content alone is half of it: the other half stands in the annotations of its descriptor. */
async function takeSignature(search: Search, layer: Descriptor, from: string): Promise<string | null> {
  const { mediaType, digest, size, annotations } = layer;
  const why = tooLarge(search, size, payloadBytesMost);
  if (why !== null) return why;
  const payload = search.payloads.get(digest) ?? (await fetchLayer(search, layer));
  search.bytesLeft -= payload.length;
  search.payloads.set(digest, payload);
  const data = Buffer.from(payload).toString('base64');
  const document = Buffer.from(JSON.stringify({ mediaType, digest, size, data, annotations: annotations ?? {} }));
  if (search.known.has(sha256(document))) search.knownFound += 1;
  else search.documents.push({ from, content: async () => await Promise.resolve(document) });
  return null;
}

function tooLarge({ bytesLeft }: Search, size: number, bytesMost: number): string | null {
  if (size > bytesMost) return `it has ${size} bytes, at most ${bytesMost} are taken`;
  return size > bytesLeft ? `all artifacts of the image have more than ${allBytesMost} bytes` : null;
}

/** The bytes that the digest is of. Throws why there are none. */
async function fetchLayer(
  { session, repository, signal }: Pick<Search, 'session' | 'repository' | 'signal'>,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  const path = `/v2/${repository}/blobs/${digest}`;
  const answer = await session.get(path, { accept: '*/*', bodyBytesMost: size }, signal);
  if (answer.status !== 200) throw untold(`the registry answered ${answer.status}`);
  if (answer.body === 'too-large') throw untold('it is larger than its manifest says');
  if (`sha256:${sha256(answer.body)}` !== digest) throw untold('other bytes came than its digest says');
  return answer.body;
}

export async function fetchManifest(
  { session, repository, signal }: Search,
  reference: string,
): Promise<RegistryResponse> {
  const path = `/v2/${repository}/manifests/${reference}`;
  return await session.get(path, { accept: manifestTypes, bodyBytesMost: manifestBytesMost }, signal);
}

/** The manifest that a digest is of. Throws why there is none. */
export async function fetchExact(search: Search, digest: string): Promise<{ bytes: Uint8Array; type: string | null }> {
  const answer = await fetchManifest(search, digest);
  const { status, body } = answer;
  if (status !== 200 || body === 'too-large') throw untold(`the registry answered ${status}`);
  if (`sha256:${sha256(body)}` !== digest) throw untold('other bytes came');
  return { bytes: body, type: answer.header('content-type') };
}

/** Null: it is no JSON. Throws what there is to tell of any other answer. */
export function jsonOf(answer: RegistryResponse): unknown {
  const { status, body } = answer;
  if (status !== 200) throw untold(`the registry answered ${status}`);
  if (body === 'too-large') throw untold(`the answer is larger than ${manifestBytesMost} bytes`);
  if (answer.header('content-type')?.startsWith('text/html') === true) throw untold('the answer is a web page');
  return parseJson(body);
}

export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return null;
  }
}

function untold(why: string): Fault {
  return new Fault('registry.unreachable', why);
}

export function whyNot(cause: unknown, signal: AbortSignal): string {
  if (cause instanceof Fault) return keptText(cause.message.replace(/\.$/, ''), 300) ?? 'it failed';
  if (signal.aborted) return 'the registry took too long';
  throw cause;
}
