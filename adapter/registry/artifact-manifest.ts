import { z } from 'zod';

/** A descriptor (OCI image-spec 1.1, descriptor.md) as far as it is needed. */
const descriptor = z.object({
  mediaType: z.string().max(300),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().min(0),
  artifactType: z.string().max(300).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

export type Descriptor = z.infer<typeof descriptor>;

const index = z.object({ manifests: z.array(z.unknown()) });
const manifest = z.object({
  mediaType: z.string().nullish(),
  artifactType: z.string().nullish(),
  subject: descriptor.nullish(),
  layers: z.array(z.unknown()).nullish(),
});

/** What an index lists; descriptors that are none are left out. Null: it is no index. */
export function readReferrers(value: unknown): readonly Descriptor[] | null {
  const read = index.safeParse(value);
  return read.success ? read.data.manifests.flatMap(descriptorIn) : null;
}

/** The layers of an artifact's manifest, and the image that it says it belongs to. Null: it is no manifest. */
export function readArtifact(
  value: unknown,
): { readonly subject: string | null; readonly layers: readonly Descriptor[] } | null {
  const read = manifest.safeParse(value);
  if (!read.success || !Array.isArray(read.data.layers)) return null;
  return { subject: read.data.subject?.digest ?? null, layers: read.data.layers.flatMap(descriptorIn) };
}

function descriptorIn(value: unknown): readonly Descriptor[] {
  const read = descriptor.safeParse(value);
  return read.success ? [read.data] : [];
}

/** Which types of artifacts are taken, those that signatures and provenance lie in first. */
const wanted: readonly RegExp[] = [
  /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d+\.\d+)?\+json(?:;.*)?$/,
  /^application\/vnd\.(?:in-toto|dsse\.envelope)(?:\.[a-z0-9.]+)?\+json(?:;.*)?$/,
  /^application\/vnd\.cyclonedx(?:\+json)?(?:;.*)?$/,
  /^(?:application|text)\/spdx\+json(?:;.*)?$/,
];

/** How soon an artifact of this type is taken, 0 first; null: it is not. */
export function rankOf(type: string): number | null {
  const rank = wanted.findIndex((pattern) => pattern.test(type));
  return rank < 0 ? null : rank;
}
