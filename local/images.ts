import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { Fault } from '../core/fault.ts';
import type { EngineApi } from './engine-api.ts';
import type { PrivateRegistry } from './registry.ts';
import { writeTar } from './tar.ts';
import type { TarEntry } from './tar.ts';

/** An image in a private registry. */
export interface PushedImage {
  /** `sha256:` and 64 hexadecimal digits: the digest of the image's manifest. */
  readonly digest: string;
  /** The address that every engine of this machine pulls it by: `HOST/NAME:TAG@DIGEST`. */
  readonly reference: string;
}

/** What to build, and under which name to push it. */
export interface ImageOptions {
  /** The repository, such as `shop/catalog`. */
  readonly name: string;
  readonly tag: string;
  /** A folder with a Dockerfile; all of it is the context. */
  readonly contextDirectory: string;
  /** What the image says of itself besides its Dockerfile's own labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Takes what the builder prints. */
  readonly onOutput?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The base image that a private engine knows without reaching any registry. */
export const baseImage = 'busybox:stable';

const buildMs = 120_000;
const contextFiles = 1_000;
const contextBytes = 256 * 1024 * 1024;

const progress = z.object({
  error: z.string().optional(),
  stream: z.string().optional(),
  aux: z.object({ Digest: z.string().optional() }).optional(),
});

/**
 * Builds an image on a private engine and pushes it. The Dockerfile may start `FROM busybox:stable`, which is made of
 * this machine's own busybox; its RUN lines have no network. The same context gives the same digest. Throws
 * `local.failed` with the end of the build's output.
 */
export async function buildAndPush(
  engine: { readonly api: EngineApi },
  registry: PrivateRegistry,
  options: ImageOptions,
): Promise<PushedImage> {
  await importBaseImage(engine.api, options.signal);
  const target = `${registry.host}/${options.name}:${options.tag}`;
  await build(engine.api, target, options);
  const digest = await push(engine.api, registry, options);
  return { digest, reference: `${target}@${digest}` };
}

/** The base image where whoever reads the labels of an image can ask for it. */
export interface PushedBase extends PushedImage {
  /** Whether it was made of this machine's busybox, and was not there before. */
  readonly isMade: boolean;
}

/** Pushes the base image as `base/busybox:stable`. Throws `local.failed`. */
export async function pushBaseImage(
  { api }: { readonly api: EngineApi },
  registry: PrivateRegistry,
  signal: AbortSignal,
): Promise<PushedBase> {
  const isMade = await importBaseImage(api, signal);
  const [repository = '', tag = ''] = baseImage.split(':');
  const name = `base/${repository}`;
  const query = new URLSearchParams({ repo: `${registry.host}/${name}`, tag });
  await api.ask({ method: 'POST', path: `/images/${baseImage}/tag?${query.toString()}`, signal });
  const digest = await push(api, registry, { name, tag, signal });
  return { digest, reference: `${registry.host}/${name}:${tag}@${digest}`, isMade };
}

/** Makes an engine forget an image, so that it has to pull it again. An image it does not have is no error. */
export async function removeImage(engine: { readonly api: EngineApi }, reference: string): Promise<void> {
  const of = { method: 'DELETE', path: `/images/${reference}?force=true` } as const;
  const { status } = await engine.api.call(of);
  if (status === 200 || status === 404) return;
  throw new Fault('local.failed', `The engine did not remove ${reference}: it answered ${status}.`);
}

async function build(api: EngineApi, target: string, options: ImageOptions): Promise<void> {
  const { contextDirectory, labels = {}, onOutput, signal } = options;
  const query = new URLSearchParams({
    t: target,
    networkmode: 'none',
    forcerm: '1',
    labels: JSON.stringify(labels),
  });
  const body = writeTar(await readContext(contextDirectory));
  const path = `/build?${query.toString()}`;
  await followTo(api, { path, body, onOutput, signal }, `Building ${contextDirectory}`);
}

async function push(
  api: EngineApi,
  { host, access }: PrivateRegistry,
  { name, tag, signal }: Pick<ImageOptions, 'name' | 'tag' | 'signal'>,
): Promise<string> {
  const login = access === null ? {} : { username: access.user, password: access.password };
  // The engine wants the alphabet of base64url, and the padding of base64.
  const auth = Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  const headers = { 'x-registry-auth': auth };
  const path = `/images/${host}/${name}/push?${new URLSearchParams({ tag }).toString()}`;
  const digest = await followTo(api, { path, headers, signal }, `Pushing ${name}:${tag}`);
  if (digest === null) throw new Fault('local.failed', `Pushing ${name}:${tag} told no digest.`);
  return digest;
}

/** Follows a build or push to its end; returns the digest when one was told. */
async function followTo(
  api: EngineApi,
  of: {
    readonly path: string;
    readonly body?: Uint8Array;
    readonly headers?: Record<string, string>;
    readonly onOutput?: ((text: string) => void) | undefined;
    readonly signal: AbortSignal | undefined;
  },
  what: string,
): Promise<string | null> {
  const { onOutput, signal, ...rest } = of;
  const limits = { deadlineMs: buildMs, ...(signal === undefined ? {} : { signal }) };
  const said: string[] = [];
  let digest: string | null = null;
  let failure: string | null = null;
  await api.follow({ method: 'POST', ...rest, ...limits }, (line) => {
    const { error, stream, aux } = progress.parse(line);
    if (stream !== undefined) {
      said.push(stream);
      onOutput?.(stream);
    }
    digest = aux?.Digest ?? digest;
    failure = error ?? failure;
  });
  if (failure === null) return digest;
  throw new Fault('local.failed', `${what} failed: ${String(failure)}\n${said.join('').slice(-2_000)}`);
}

/** Reads a build context: regular files and folders, at most 1,000 and 256 MiB; `.dockerignore` is not read. */
async function readContext(directory: string): Promise<readonly TarEntry[]> {
  const names = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .toSorted();
  let bytes = 0;
  if (names.length > contextFiles) throw tooLarge(directory);
  const entries: TarEntry[] = [];
  for (const path of names) {
    const found = await stat(join(directory, path));
    bytes += found.size;
    if (bytes > contextBytes) throw tooLarge(directory);
    const mode = found.mode & 0o755;
    const content = found.isDirectory() ? null : await readFile(join(directory, path));
    entries.push(content === null ? { kind: 'directory', path, mode } : { kind: 'file', path, mode, content });
  }
  return entries;
}

function tooLarge(directory: string): Fault {
  const message = `The build context ${directory} has more than ${contextFiles} files or ${contextBytes} bytes.`;
  return new Fault('local.failed', message);
}

/**
 * Gives the engine its base image, unless it has one: busybox with its applets, users root and nobody, and /tmp. Returns
 * whether it was made.
 */
export async function importBaseImage(api: EngineApi, signal: AbortSignal | undefined): Promise<boolean> {
  const limits = signal === undefined ? {} : { signal };
  const { status } = await api.call({
    method: 'GET',
    path: `/images/${baseImage}/json`,
    ...limits,
  });
  if (status === 200) return false;
  const body = writeTar(await baseEntries());
  const [repo = '', tag = ''] = baseImage.split(':');
  const query = new URLSearchParams({ fromSrc: '-', repo, tag, changes: 'CMD ["sh"]' });
  await followTo(api, { path: `/images/create?${query.toString()}`, body, signal }, `Importing ${baseImage}`);
  return true;
}

async function baseEntries(): Promise<readonly TarEntry[]> {
  const content = await readFile('/bin/busybox');
  const { stdout } = await promisify(execFile)('/bin/busybox', ['--list'], { timeout: 5_000 });
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  const text = (path: string, lines: readonly string[]): TarEntry => {
    return { kind: 'file', path, mode: 0o644, content: Buffer.from(`${lines.join('\n')}\n`) };
  };
  return [
    { kind: 'directory', path: 'bin', mode: 0o755 },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content },
    ...applets.map((name): TarEntry => ({
      kind: 'symlink',
      path: `bin/${name}`,
      target: 'busybox',
    })),
    { kind: 'directory', path: 'etc', mode: 0o755 },
    text('etc/passwd', ['root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65534:nobody:/:/bin/false']),
    text('etc/group', ['root:x:0:', 'nogroup:x:65534:']),
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
  ];
}
