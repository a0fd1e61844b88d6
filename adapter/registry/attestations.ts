import { keptText } from '../../core/bom/text.ts';
import type { AskedPlace } from '../../core/evidence/summary.ts';
import { readArtifact, readReferrers, type Descriptor } from './artifact-manifest.ts';
import { fetchExact, manifestBytesMost, parseJson, takeLayers, whyNot, type Search } from './layers.ts';
import { readManifest } from './manifest.ts';
import { artifactsMost } from './referrers.ts';

/** The image of one platform in an index, which stands for it, and the attestations about it. */
export interface PlatformImage {
  readonly digest: string;
  readonly attestations: readonly Descriptor[];
  /** How many attestations are about other images of the index. */
  readonly others: number;
}

const statementType = 'application/vnd.in-toto+json';

/** What statements are about: SLSA provenance, SPDX, CycloneDX. */
const wanted = /^https:\/\/(?:slsa\.dev\/provenance\/|spdx\.dev\/Document|cyclonedx\.org\/bom)/;

/** The platform that is looked at of an index; null where the image is none. Throws what keeps it from being read. */
export async function readPlatform(search: Search, image: string): Promise<PlatformImage | null> {
  const { bytes, type } = await fetchExact(search, image);
  const manifest = readManifest(bytes, type);
  if (manifest.kind !== 'index') return null;
  const all = (readReferrers(parseJson(bytes)) ?? []).filter(isAttestation);
  const attestations = all.filter(({ annotations }) => annotations?.[about] === manifest.image);
  return { digest: manifest.image, attestations, others: all.length - attestations.length };
}

const about = 'vnd.docker.reference.digest';

/** BuildKit, docs/attestations/attestation-storage.md: any other value, and the whole manifest is to be ignored. */
function isAttestation({ annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
}

/**
 * Takes what BuildKit wrote into the index itself about the image of a platform. The index has the digest that the release
 * names, so nobody can add to it later; that they are about this image the statements have to say as well.
 */
export async function takeAttestations(
  search: Search,
  { digest: image, attestations, others }: PlatformImage,
): Promise<AskedPlace['outcome']> {
  if (others > 0) search.passedOver.push(`${others} attestation manifests of other platforms of the index`);
  if (attestations.length > artifactsMost)
    search.passedOver.push(`${attestations.length - artifactsMost} attestation manifests beyond ${artifactsMost}`);
  for (const it of attestations.slice(0, artifactsMost)) await takeManifest(search, image, it);
  return attestations.length === 0 ? { kind: 'none' } : { kind: 'found', count: attestations.length };
}

async function takeManifest(search: Search, image: string, { digest, size }: Descriptor): Promise<void> {
  const { passedOver } = search;
  const name = `the attestation manifest ${digest.slice(0, 19)}`;
  try {
    if (size > manifestBytesMost) return void passedOver.push(`${name}: it is too large`);
    const manifest = readArtifact(parseJson((await fetchExact(search, digest)).bytes));
    if (manifest === null) return void passedOver.push(`${name}: it has no layers`);
    if (manifest.subject !== null && manifest.subject !== image)
      return void passedOver.push(`${name}: it belongs to another image (${manifest.subject})`);
    const taken = manifest.layers.filter((layer) => {
      const why = whyLeft(layer);
      if (why !== null) passedOver.push(`${name}: ${why}`);
      return why === null;
    });
    await takeLayers(search, taken, name);
  } catch (cause) {
    passedOver.push(`${name}: ${whyNot(cause, search.signal)}`);
  }
}

/** Why a layer is left; null: it is taken. Where no annotation says what it states, the statement will. */
function whyLeft({ mediaType, annotations }: Descriptor): string | null {
  if (mediaType !== statementType) return `a layer of the type ${keptText(mediaType, 100) ?? '?'}, which is not taken`;
  const predicate = annotations?.['in-toto.io/predicate-type'];
  return predicate === undefined || wanted.test(predicate)
    ? null
    : `a statement of ${keptText(predicate, 100) ?? '?'}, which is not taken`;
}
