import type { Platform, RegistryDefinition } from '../../core/platform.ts';
import { Fault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import type { OpenPassword, Registry, ResolvedImage } from '../../port/registry.ts';
import { notYet, secretLogin, sourceOf, toldFrom, type OpenedLogin } from './login.ts';
import { openDockerConfig, serverAddress } from '../docker-config.ts';
import { findArtifacts } from './artifacts.ts';
import { inspectImage } from './inspect.ts';
import { declaresHealthCheck, manifestTypes, readManifest, type BlobReference } from './manifest.ts';
import { nearestTags } from './nearest-tags.ts';
import { formatReference, parseReference, type ImageReference } from './reference.ts';
import { openSession, type RegistrySession } from './session.ts';
import { openTransport } from './transport.ts';

/** A registry client holds connections until it is closed. */
export interface OciRegistry extends Registry {
  close(): Promise<void>;
}

export interface OciRegistryOptions {
  /** The Docker configuration file, usually `~/.docker/config.json`; read when a registry wants credentials. */
  readonly dockerConfig: string;
  /** Deadline of one request; default 15 s. A whole resolution has four times that. */
  readonly requestMs?: number;
  /** Told of each password or token that was read, so that it can be kept out of what is stored and shown. */
  readonly noteLogin?: (host: string, value: string) => void;
}

const manifestBytesMost = 4 * 1024 * 1024; // what registries accept (OCI distribution-spec, "Pushing Manifests")
const configBytesMost = 1024 * 1024;

/** A host that the platform document does not name. Logins are looked up by host, so no other's can go there. */
const unnamed: RegistryDefinition = { credentials: 'docker-config', insecure: false };

/** Resolves images at registries that speak the OCI distribution API, version 1.1, or Docker's before it. */
export function createOciRegistry(options: OciRegistryOptions): OciRegistry {
  const requestMs = options.requestMs ?? 15_000;
  const transport = openTransport({ requestMs });
  const logins = openLogins(options);
  /** One errand about one image, with a session of its own, within four times the deadline of a request. */
  const errand = async <T>(
    text: string,
    registries: Platform['registries'],
    signal: AbortSignal,
    work: (session: RegistrySession, reference: ImageReference, deadline: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const reference = parseReference(text);
    const definition = definitionOf(registries, reference.host);
    const session = openSession({
      transport,
      host: reference.host,
      repository: reference.repository,
      insecure: definition.insecure,
      source: sourceOf(definition.credentials, options),
      login: async (loginSignal) => await logins.login(reference.host, definition, loginSignal),
    });
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(4 * requestMs)]);
    try {
      return await work(session, reference, deadline);
    } catch (cause) {
      signal.throwIfAborted();
      throw deadline.aborted && !(cause instanceof Fault) ? tooSlow(reference, cause) : cause;
    }
  };
  return {
    useSecrets: logins.useSecrets,
    origin(text, registries) {
      const { host } = parseReference(text);
      const { credentials } = definitionOf(registries, host);
      return { registry: host, credentials, source: sourceOf(credentials, options) };
    },
    async resolve(text, registries, signal) {
      return await errand(text, registries, signal, resolveImage);
    },
    async inspect(resolved, registries, tagsMs, signal) {
      return await errand(resolved, registries, signal, async (session, reference, deadline) =>
        inspectImage(session, reference, { fetchManifest, fetchConfig, tagsMs }, deadline),
      );
    },
    async artifacts(resolved, registries, { ms, known }, signal) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
      const found = await errand(resolved, registries, signal, async (session, reference, whole) =>
        findArtifacts(session, reference, known, AbortSignal.any([whole, deadline])),
      );
      signal.throwIfAborted();
      return found;
    },
    async credentials(text, registries, signal) {
      const { host } = parseReference(text);
      const login = await logins.login(host, definitionOf(registries, host), signal);
      if (login === null) return null;
      if (login.kind === 'identity-token') throw unusableLogin(host);
      const { username, password, opened } = login;
      return { username, password, serverAddress: serverAddress(host), opened };
    },
    async close() {
      await transport.close();
    },
  };
}

/** Logins by host, from wherever the platform document says that they are. */
function openLogins(options: OciRegistryOptions) {
  const dockerConfig = openDockerConfig(options.dockerConfig);
  let openSecret: OpenPassword = ({ secret }) => Promise.reject(notYet(secret));
  return {
    useSecrets: (open: OpenPassword) => void (openSecret = open),
    async login(host: string, { credentials }: RegistryDefinition, signal: AbortSignal) {
      const login = await toldFrom(host, sourceOf(credentials, options), async (): Promise<OpenedLogin | null> => {
        if (credentials === 'none') return null;
        if (credentials === 'docker-config') {
          const found = await dockerConfig.login(host, signal);
          return found === null ? null : { ...found, opened: null };
        }
        return await secretLogin(credentials, host, openSecret, signal);
      });
      if (login !== null) options.noteLogin?.(host, login.kind === 'password' ? login.password : login.token);
      return login;
    },
  };
}

function definitionOf(registries: Platform['registries'], host: string): RegistryDefinition {
  return (Object.hasOwn(registries, host) ? registries[host] : undefined) ?? unnamed;
}

async function resolveImage(
  session: RegistrySession,
  reference: ImageReference,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const asked = reference.digest ?? reference.tag ?? 'latest';
  const found = await fetchManifest(session, reference, asked, signal);
  const resolved = formatReference({ ...reference, digest: found.digest });
  if (found.manifest.kind === 'image')
    return { resolved, hasHealthCheck: await readHealth(session, reference, found.manifest.config, signal) };
  const child = await fetchManifest(session, reference, found.manifest.image, signal);
  if (child.manifest.kind === 'index') throw unusable(reference, 'its index points to another index');
  return { resolved, hasHealthCheck: await readHealth(session, reference, child.manifest.config, signal) };
}

/** Fetches a manifest by tag or digest. Its digest is that of the bytes that came, never what a header says. */
async function fetchManifest(session: RegistrySession, reference: ImageReference, asked: string, signal: AbortSignal) {
  const path = `/v2/${reference.repository}/manifests/${asked}`;
  const answer = await session.get(path, { accept: manifestTypes, bodyBytesMost: manifestBytesMost }, signal);
  if (answer.status === 404) throw await missing(session, reference, asked, signal);
  if (answer.status !== 200) throw unusable(reference, `the registry answered ${answer.status}`);
  if (answer.body === 'too-large') throw unusable(reference, 'its manifest is larger than 4 MiB');
  const digest = `sha256:${sha256(answer.body)}`;
  const claimed = asked.includes(':') ? asked : answer.header('docker-content-digest');
  if (claimed !== null && claimed.startsWith('sha256:') && claimed !== digest)
    throw altered(reference, claimed, digest);
  const manifest = readManifest(answer.body, answer.header('content-type'));
  if (manifest.kind === 'unusable') throw unusable(reference, manifest.why);
  return { digest, manifest, bytes: answer.body };
}

async function readHealth(
  session: RegistrySession,
  reference: ImageReference,
  config: BlobReference,
  signal: AbortSignal,
): Promise<boolean | null> {
  const bytes = await fetchConfig(session, reference, config, signal);
  return bytes === null ? null : declaresHealthCheck(bytes);
}

/** The configuration's bytes; null when it is larger than 1 MiB. */
async function fetchConfig(
  session: RegistrySession,
  reference: ImageReference,
  config: BlobReference,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  if (config.sizeBytes > configBytesMost) return null;
  const path = `/v2/${reference.repository}/blobs/${config.digest}`;
  const answer = await session.get(path, { accept: '*/*', bodyBytesMost: configBytesMost }, signal);
  if (answer.status === 404) throw unusable(reference, 'the registry has its manifest, but not its configuration');
  if (answer.status !== 200) throw unusable(reference, `the registry answered ${answer.status} for its configuration`);
  if (answer.body === 'too-large') throw unusable(reference, 'its configuration is larger than its manifest says');
  const digest = `sha256:${sha256(answer.body)}`;
  if (digest !== config.digest) throw altered(reference, config.digest, digest);
  return answer.body;
}

async function missing(
  session: RegistrySession,
  reference: ImageReference,
  asked: string,
  signal: AbortSignal,
): Promise<Fault> {
  const { host, repository } = reference;
  const near = await nearestTags(session, repository, asked, signal);
  const facts = { registry: host, repository, asked };
  if (near.kind === 'no-repository') {
    return new Fault('image.unresolved', `The registry ${host} has no repository ${repository}.`, {
      facts,
      next: 'Check the name, and that the image has been pushed.',
    });
  }
  const tags = near.kind === 'tags' ? near.tags : [];
  const what = asked.includes(':') ? 'manifest' : 'tag';
  return new Fault('image.unresolved', `The repository ${host}/${repository} has no ${what} ${asked}.`, {
    facts: { ...facts, nearest: [...tags] },
    next:
      tags.length === 0 ? 'Push the image first.' : `Push the image first, or use one of its tags: ${tags.join(', ')}.`,
  });
}

function altered(reference: ImageReference, wanted: string, got: string): Fault {
  return new Fault(
    'image.unresolved',
    `The registry sent other bytes for ${formatReference(reference)} than its digest says.`,
    {
      facts: { reference: formatReference(reference), wanted, got },
      next: 'Do not use this image; ask whoever runs the registry or a proxy before it.',
    },
  );
}

function unusable(reference: ImageReference, why: string): Fault {
  return new Fault('image.unresolved', `The image ${formatReference(reference)} cannot be used: ${why}.`, {
    facts: { reference: formatReference(reference) },
    next: 'Push the image again as an OCI or Docker (schema 2) image.',
  });
}

function tooSlow(reference: ImageReference, cause: unknown): Fault {
  return new Fault(
    'registry.unreachable',
    `The registry ${reference.host} took too long to tell of ${formatReference(reference)}.`,
    {
      facts: { registry: reference.host },
      next: 'Try again; look at the registry if it stays slow.',
      cause,
    },
  );
}

function unusableLogin(host: string): Fault {
  return new Fault(
    'registry.denied',
    `The login for ${host} is an identity token, which the engine cannot be given to pull with.`,
    {
      facts: { registry: host },
      next: `Sign in with a user name and an access token: \`docker login -u NAME ${host}\`.`,
    },
  );
}
