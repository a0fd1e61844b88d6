import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An image registry on loopback that has every tag of every repository but those named `gone`: one image each. */
export interface StaticRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  close(): Promise<void>;
}

/** What its images say of themselves: a part of their configuration, and annotations of their manifest. */
export type Describe = (
  repository: string,
  reference: string,
) => { readonly config: object; readonly annotations?: object };

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Starts it. Answers what the OCI distribution specification asks of pulls of manifests and blobs. */
export async function startStaticRegistry(describe: Describe = labelled): Promise<StaticRegistry> {
  const blobs = new Map<string, string>();
  // Of each repository those that somebody asked for: it has every one.
  const tags = new Map<string, Set<string>>();
  const note = (repository: string, tag: string) => {
    tags.set(repository, (tags.get(repository) ?? new Set()).add(tag));
  };
  const server = createServer((request, response) => {
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
    const text = kind === 'manifests' ? manifestOf(repository, reference, blobs, describe) : blobs.get(reference);
    if (request.url === '/v2/') return void response.end('{}');
    if (kind === 'manifests' && text !== undefined && !reference.startsWith('sha256:')) note(repository, reference);
    const [, listed] = /^\/v2\/(.+)\/tags\/list(?:\?|$)/.exec(request.url ?? '') ?? [];
    if (listed !== undefined)
      return void response.end(JSON.stringify({ name: listed, tags: [...(tags.get(listed) ?? [])] }));
    if (text === undefined) return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    response.setHeader('content-type', kind === 'manifests' ? manifestType : 'application/octet-stream');
    response.setHeader('docker-content-digest', digestOf(text));
    response.setHeader('content-length', Buffer.byteLength(text));
    response.end(request.method === 'HEAD' ? '' : text);
  });
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', () => started()));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

const labelled: Describe = (repository, reference) => ({ config: { Labels: { repository, reference } } });

function manifestOf(
  repository: string,
  reference: string,
  blobs: Map<string, string>,
  describe: Describe,
): string | undefined {
  // Nothing lies beside its images: neither under the tags of cosign, nor under that which stands in for referrers.
  if (reference === 'gone' || reference.startsWith('sha256-')) return undefined;
  if (reference.startsWith('sha256:')) return blobs.get(reference);
  const { config: said, annotations } = describe(repository, reference);
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: said });
  blobs.set(digestOf(config), config);
  const described = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: Buffer.byteLength(config),
  };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: described,
    layers: [],
    annotations,
  });
  blobs.set(digestOf(manifest), manifest);
  return manifest;
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
