import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { Fault } from '../core/fault.ts';
import { askCredentialHelper, type RegistryLogin } from './credential-helper.ts';

/** Finds logins as `docker login` leaves them. */
export interface DockerConfig {
  /** The login for a registry's host; null when there is none. Throws `registry.denied` when it cannot be read. */
  login(host: string, signal: AbortSignal): Promise<RegistryLogin | null>;
}

const fileBytesMost = 1024 * 1024;

const authEntry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

const configFile = z.object({
  auths: z.record(z.string(), authEntry).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().default(''),
});

/** Docker Hub's key in the file, which is older than the file's other rules. */
const hubKey = 'https://index.docker.io/v1/';

/** Reads the file anew for each login, so that a `docker login` counts at once. A missing file holds no logins. */
export function openDockerConfig(path: string): DockerConfig {
  return {
    async login(host, signal) {
      const config = await readConfig(path, signal);
      if (config === null) return null;
      const key = serverAddress(host);
      const helper = ownEntry(config.credHelpers, host) ?? config.credsStore;
      const stored = helper === '' ? null : await askCredentialHelper(helper, key, signal);
      return stored ?? loginIn(path, config.auths, host);
    },
  };
}

/** How Docker names a registry in its configuration and towards the engine. */
export function serverAddress(host: string): string {
  return host === 'docker.io' ? hubKey : host;
}

async function readConfig(path: string, signal: AbortSignal): Promise<z.infer<typeof configFile> | null> {
  try {
    if ((await stat(path)).size > fileBytesMost) throw unreadable(path, 'it is larger than 1 MiB');
    return configFile.parse(JSON.parse(await readFile(path, { encoding: 'utf8', signal })));
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof Fault) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    // The text of a JSON error quotes the file, and with it a secret: it is not passed on.
    const isShape = cause instanceof SyntaxError || cause instanceof z.ZodError;
    throw unreadable(path, isShape ? 'it is not the JSON that Docker writes' : 'the server may not read it');
  }
}

function loginIn(path: string, auths: z.infer<typeof configFile>['auths'], host: string): RegistryLogin | null {
  const keys = [
    serverAddress(host),
    host,
    `https://${host}`,
    `http://${host}`,
    `https://${host}/v1/`,
    `https://${host}/v2/`,
  ];
  const entry = keys.map((key) => ownEntry(auths, key)).find((found) => found !== undefined);
  if (entry === undefined) return null;
  if (entry.identitytoken !== undefined && entry.identitytoken !== '') {
    return { kind: 'identity-token', token: entry.identitytoken };
  }
  if (entry.username !== undefined && entry.password !== undefined) {
    return { kind: 'password', username: entry.username, password: entry.password };
  }
  if (entry.auth === undefined || entry.auth === '') return null;
  const decoded = Buffer.from(entry.auth, 'base64').toString('utf8').replaceAll('\u0000', '');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw unreadable(path, `its auth for ${host} is not the base64 of user:password`);
  return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function ownEntry<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function unreadable(path: string, why: string): Fault {
  return new Fault('registry.denied', `The Docker configuration ${path} could not be used: ${why}.`, {
    facts: { path },
    next: 'Mend the file, or sign in again with `docker login` as the user that runs the server.',
  });
}
