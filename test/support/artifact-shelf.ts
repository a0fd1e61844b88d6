import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../../core/hash.ts';

/** Where images and what lies beside them are pushed to. */
export interface Shelf {
  /** Host and port. */
  readonly host: string;
  putBlob(repository: string, content: string | Uint8Array): Promise<void>;
  putManifest(repository: string, reference: string, type: string, text: string): Promise<void>;
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';

/** A layer of an artifact. */
export interface Layer {
  readonly mediaType: string;
  readonly content: string | Uint8Array;
  readonly annotations?: { readonly [name: string]: string };
}

/** Pushes a tiny image; returns its digest. `marker` makes it another one. */
export async function pushImage(shelf: Shelf, repository: string, tag: string, marker: string): Promise<string> {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: { marker } } });
  await shelf.putBlob(repository, config);
  const described = descriptor(configType, config);
  const text = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: described, layers: [] });
  await shelf.putManifest(repository, tag, manifestType, text);
  return `sha256:${sha256(text)}`;
}

/** Pushes an artifact under a tag or, with `null`, under its digest; returns its descriptor. */
export async function pushArtifact(
  shelf: Shelf,
  repository: string,
  tag: string | null,
  of: { readonly type: string; readonly layers: readonly Layer[]; readonly subject?: string },
) {
  await shelf.putBlob(repository, '{}');
  for (const { content } of of.layers) await shelf.putBlob(repository, content);
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: of.type,
    config: descriptor('application/vnd.oci.empty.v1+json', '{}'),
    layers: of.layers.map(({ mediaType, content, annotations = {} }) => ({
      ...descriptor(mediaType, content),
      annotations,
    })),
    ...(of.subject === undefined ? {} : { subject: { mediaType: manifestType, digest: of.subject, size: 1 } }),
  });
  await shelf.putManifest(repository, tag ?? `sha256:${sha256(text)}`, manifestType, text);
  return { ...descriptor(manifestType, text), artifactType: of.type };
}

/** The index of referrers, as the API answers and as the fallback tag holds it. */
export function indexOf(descriptors: readonly object[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: descriptors });
}

function descriptor(mediaType: string, content: string | Uint8Array) {
  return { mediaType, digest: `sha256:${sha256(content)}`, size: Buffer.byteLength(content) };
}

/** Pushes to a registry that is asked without credentials. */
export function remoteShelf(url: string): Shelf {
  const put = async (address: string | URL, type: string, body: string | Uint8Array) => {
    const answer = await fetch(address, { method: 'PUT', body: Buffer.from(body), headers: { 'content-type': type } });
    if (!answer.ok) throw new Error(`${String(address)}: ${answer.status} ${await answer.text()}`);
  };
  return {
    host: new URL(url).host,
    async putBlob(repository, content) {
      const begun = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
      const upload = new URL(begun.headers.get('location') ?? '', url);
      upload.searchParams.set('digest', `sha256:${sha256(content)}`);
      await put(upload, 'application/octet-stream', content);
    },
    putManifest: (repository, reference, type, text) =>
      put(`${url}/v2/${repository}/manifests/${reference}`, type, text),
  };
}

/** What a test has a registry answer in the place of what it holds; null: what it holds. */
export type Instead = (path: string) => BentAnswer | 'silence' | null;

interface BentAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly link?: string;
}

/** A registry in memory whose answers a test can bend. */
export interface BentRegistry extends Shelf {
  instead: Instead;
  close(): Promise<void>;
}

/** Starts it on loopback. It has no referrers API unless `instead` answers for it. */
export async function startBentRegistry(): Promise<BentRegistry> {
  const held = new Map<string, { readonly type: string; readonly body: Uint8Array }>();
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    const bent = it.instead(path);
    if (bent === 'silence') return;
    const stored = held.get(path);
    const answer = bent ?? (stored === undefined ? null : { status: 200, ...stored });
    if (answer === null) return void response.writeHead(404).end('{"errors":[]}');
    if (bent?.link !== undefined) response.setHeader('link', bent.link);
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
  });
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', () => started()));
  const keep = async (path: string, type: string, content: string | Uint8Array) => {
    held.set(path, { type, body: Buffer.from(content) });
    await Promise.resolve();
  };
  const it: BentRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    instead: () => null,
    putBlob: (repository, content) =>
      keep(`/v2/${repository}/blobs/sha256:${sha256(content)}`, 'application/octet-stream', content),
    async putManifest(repository, reference, type, text) {
      await keep(`/v2/${repository}/manifests/${reference}`, type, text);
      await keep(`/v2/${repository}/manifests/sha256:${sha256(text)}`, type, text);
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return it;
}
