import { z } from 'zod';
import { chainIds, layersMost } from '../../core/bom/chain.ts';
import { known, missing } from '../../core/bom/answer.ts';
import type { HistoryLine } from '../../core/bom/image.ts';
import { keptText } from '../../core/bom/text.ts';
import { Fault } from '../../core/fault.ts';
import type { InspectedImage } from '../../port/registry.ts';
import type { BlobReference, Manifest } from './manifest.ts';
import type { ImageReference } from './reference.ts';
import { formatReference } from './reference.ts';
import type { RegistrySession } from './session.ts';
import { findTags } from './tags.ts';

/** How parts of an image are fetched, and how long its tags are looked for. */
interface Fetching {
  fetchManifest(
    session: RegistrySession,
    reference: ImageReference,
    asked: string,
    signal: AbortSignal,
  ): Promise<{ readonly digest: string; readonly manifest: Manifest; readonly bytes: Uint8Array }>;
  fetchConfig(
    session: RegistrySession,
    reference: ImageReference,
    config: BlobReference,
    signal: AbortSignal,
  ): Promise<Uint8Array | null>;
  readonly tagsMs: number;
}

const historyMost = 300;
const pairsMost = 100;

const words = z.array(z.string()).nullish();
const pairs = z.record(z.string(), z.string()).nullish();
const annotated = z.object({ annotations: pairs });
const imageConfig = z.object({
  architecture: z.string().optional(),
  os: z.string().optional(),
  variant: z.string().optional(),
  created: z.string().optional(),
  config: z
    .object({
      User: z.string().nullish(),
      Entrypoint: words,
      Cmd: words,
      Labels: pairs,
      Healthcheck: z.object({ Test: words }).nullish(),
    })
    .nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)).max(layersMost) }).nullish(),
  history: z.array(z.object({ created: z.string().optional(), created_by: z.string().optional() })).nullish(),
});

type ImageConfig = z.infer<typeof imageConfig>;

/**
 * Reads what a registry tells of an image (OCI image-spec v1.1: manifest.md, image-index.md, config.md, annotations.md).
 * Environment variables of the image are left alone, and so are its authors and the values of build arguments.
 */
export async function inspectImage(
  session: RegistrySession,
  reference: ImageReference,
  fetching: Fetching,
  signal: AbortSignal,
): Promise<InspectedImage> {
  const asked = reference.digest ?? reference.tag ?? 'latest';
  const found = await fetching.fetchManifest(session, reference, asked, signal);
  const image =
    found.manifest.kind === 'index'
      ? await fetching.fetchManifest(session, reference, found.manifest.image, signal)
      : found;
  if (image.manifest.kind === 'index') throw unreadable(reference, 'its index points to another index');
  if (image.manifest.kind === 'unusable') throw unreadable(reference, image.manifest.why);
  const { config: described } = image.manifest;
  const bytes = await fetching.fetchConfig(session, reference, described, signal);
  if (bytes === null) throw unreadable(reference, 'its configuration is larger than 1 MiB');
  const read = imageConfig.safeParse(parseJson(bytes));
  if (!read.success) throw unreadable(reference, 'its configuration is not what the OCI image specification says');
  const annotations = { ...annotationsOf(found.bytes), ...annotationsOf(image.bytes) };
  const tagsSignal = AbortSignal.any([signal, AbortSignal.timeout(fetching.tagsMs)]);
  const tags = await findTags(session, { ...reference, digest: found.digest }, tagsSignal);
  signal.throwIfAborted();
  return {
    digest: found.digest,
    manifest: image.digest,
    config: described.digest,
    ...factsOf(read.data),
    annotations,
    base: baseOf({ ...read.data.config?.Labels, ...annotations }),
    tags:
      tags.kind === 'told'
        ? known({ tags: tags.tags, lookedAt: tags.lookedAt, listed: tags.listed }, `tags of ${reference.host}`)
        : missing(tags.why),
  };
}

function factsOf(read: ImageConfig) {
  const { os, architecture, variant, config, rootfs, history } = read;
  const diffIds = rootfs?.diff_ids ?? [];
  const of = os === undefined || architecture === undefined ? null : [os, architecture, variant].filter(Boolean);
  return {
    platform: of === null ? null : keptText(of.join('/'), 100),
    createdAt: momentOf(read.created),
    entrypoint: wordsOf(config?.Entrypoint),
    command: wordsOf(config?.Cmd),
    user: keptText(config?.User ?? undefined, 100),
    healthCheck: wordsOf(config?.Healthcheck?.Test),
    labels: pairsOf(config?.Labels),
    layers: diffIds.length,
    diffIds,
    chain: chainIds(diffIds).at(-1) ?? null,
    history: (history ?? []).slice(-historyMost).map(historyLine),
  };
}

/**
 * The classic builder writes the build arguments of a RUN before its shell, as `|2 KEY=value ... /bin/sh -c`: people hand
 * tokens over so. What stands before the shell is left out; without a shell, all of it.
 */
function historyLine({
  created,
  created_by: by = '',
}: {
  readonly created?: string | undefined;
  readonly created_by?: string | undefined;
}): HistoryLine {
  const shell = by.lastIndexOf('/bin/sh -c');
  const told = /^(?:RUN )?\|\d+ /.test(by) ? (shell < 0 ? 'RUN with build arguments' : by.slice(shell)) : by;
  return { at: momentOf(created), by: keptText(told, 500) ?? '' };
}

function annotationsOf(bytes: Uint8Array): { readonly [name: string]: string } {
  const read = annotated.safeParse(parseJson(bytes));
  return read.success ? pairsOf(read.data.annotations) : {};
}

function baseOf(of: { readonly [name: string]: string }): InspectedImage['base'] {
  const name = keptText(of['org.opencontainers.image.base.name'], 500);
  const digest = /^sha256:[0-9a-f]{64}$/.exec(of['org.opencontainers.image.base.digest'] ?? '')?.[0] ?? null;
  return name === null && digest === null ? null : { name, digest };
}

/** Names of persons stay out of what is kept for ever. */
const personal = /(?:^|\.)(?:authors?|maintainers?)$/i;

function pairsOf(of: { readonly [name: string]: string } | null | undefined): { readonly [name: string]: string } {
  const kept = Object.entries(of ?? {}).flatMap(([name, value]): [string, string][] => {
    const text = keptText(value, 500);
    const key = keptText(name, 200);
    return text === null || key === null || personal.test(key) || key === '__proto__' ? [] : [[key, text]];
  });
  return Object.fromEntries(kept.slice(0, pairsMost));
}

function wordsOf(of: readonly string[] | null | undefined): readonly string[] {
  return (of ?? []).slice(0, pairsMost).flatMap((word) => keptText(word, 500) ?? []);
}

function momentOf(text: string | undefined): number | null {
  const at = text === undefined || !/^\d{4}-\d\d-\d\dT/.test(text) ? NaN : Date.parse(text);
  return Number.isSafeInteger(at) ? at : null;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

function unreadable(reference: ImageReference, why: string): Fault {
  return new Fault('image.unresolved', `The image ${formatReference(reference)} tells nothing: ${why}.`, {
    facts: { reference: formatReference(reference) },
  });
}
