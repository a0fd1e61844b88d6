import { z } from 'zod';

/** What a manifest's bytes are, as far as resolving an image needs it. */
export type Manifest =
  | { readonly kind: 'image'; readonly config: BlobReference }
  /** Digest of the image for linux/amd64, or of the first one. */
  | { readonly kind: 'index'; readonly image: string }
  | { readonly kind: 'unusable'; readonly why: string };

export interface BlobReference {
  readonly digest: string;
  readonly sizeBytes: number;
}

const mediaTypes = {
  index: ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'],
  image: ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'],
  config: ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'],
} as const satisfies Record<string, readonly string[]>;

/** The `Accept` header that asks for every form of manifest that is understood. */
export const manifestTypes = [...mediaTypes.index, ...mediaTypes.image].join(', ');

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const blob = z.object({ mediaType: z.string(), digest, size: z.number().int().min(0) });
const platform = z.object({ os: z.string(), architecture: z.string() });
const anyManifest = z.object({ mediaType: z.string().optional() });
const imageManifest = z.object({ config: blob });
const indexManifest = z.object({
  manifests: z.array(z.object({ mediaType: z.string(), digest, platform: platform.optional() })).max(1000),
});
const imageConfig = z.object({
  config: z.object({ Healthcheck: z.object({ Test: z.array(z.string()).nullish() }).nullish() }).nullish(),
});

/** Reads a manifest; its own `mediaType` goes before the header's (OCI image-spec, manifest.md). */
export function readManifest(body: Uint8Array, contentType: string | null): Manifest {
  const value = parseJson(body);
  const declared = anyManifest.safeParse(value);
  if (!declared.success) return { kind: 'unusable', why: 'its manifest is not JSON' };
  const type = declared.data.mediaType ?? contentType?.split(';', 1)[0]?.trim() ?? '';
  if (includes(mediaTypes.index, type)) return readIndex(value);
  if (!includes(mediaTypes.image, type))
    return { kind: 'unusable', why: `its manifest is of type ${type.slice(0, 100)}, not of an image` };
  const read = imageManifest.safeParse(value);
  if (!read.success) return { kind: 'unusable', why: 'its manifest names no configuration' };
  const { config } = read.data;
  if (!includes(mediaTypes.config, config.mediaType))
    return { kind: 'unusable', why: 'it is an artifact, not a container image' };
  return { kind: 'image', config: { digest: config.digest, sizeBytes: config.size } };
}

/** Whether an image's configuration declares a health check; null when it is no configuration. */
export function declaresHealthCheck(body: Uint8Array): boolean | null {
  const read = imageConfig.safeParse(parseJson(body));
  if (!read.success) return null;
  const test = read.data.config?.Healthcheck?.Test ?? [];
  return test.length > 0 && test[0] !== 'NONE';
}

function readIndex(value: unknown): Manifest {
  const read = indexManifest.safeParse(value);
  if (!read.success) return { kind: 'unusable', why: 'its index lists no images' };
  // BuildKit's attestations lie among the images, on the platform unknown/unknown.
  const images = read.data.manifests.filter(
    (entry) => includes(mediaTypes.image, entry.mediaType) && entry.platform?.os !== 'unknown',
  );
  const usual = images.find((entry) => entry.platform?.os === 'linux' && entry.platform.architecture === 'amd64');
  const image = usual ?? images[0];
  return image === undefined
    ? { kind: 'unusable', why: 'its index lists no images' }
    : { kind: 'index', image: image.digest };
}

function includes(types: readonly string[], type: string): boolean {
  return types.includes(type);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return null;
  }
}
