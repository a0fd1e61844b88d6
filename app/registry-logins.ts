import type { RegistrySecret } from '../core/platform.ts';
import type { PullCredentials } from '../port/engine.ts';
import type { LoginOrigin, Registry } from '../port/registry.ts';
import type { Store } from '../port/store.ts';
import { by, retryOnConflict, self, streams } from './append.ts';
import type { PlatformState } from './platform.ts';
import type { Secrets } from './secrets/secrets.ts';

/** What an engine is given credentials for. */
export interface LoginUse {
  readonly cluster: string;
  /** Null: what it has is renewed. */
  readonly deployment: string | null;
  /** Generation of the driver's lease. */
  readonly lease: number;
}

/** The credentials of registries, for engines to pull with; a password that is a secret is opened on record only. */
export interface RegistryLogins {
  /** Whether anything of it can change at all. */
  readonly canChange: boolean;
  /**
   * Id of what an engine would be given for an image now, without opening a secret; null when nothing. Rejects with
   * what has the registry and the source in it: `registry.denied`, or a fault of the secret's.
   */
  identify(image: string, signal: AbortSignal): Promise<string | null>;
  /** What an engine needs to pull an image, with its id; null when nothing. Rejects as `identify` does. */
  forEngine(image: string, use: LoginUse, signal: AbortSignal): Promise<PullCredentials | null>;
  /** Where that comes from. */
  origin(image: string, signal: AbortSignal): Promise<LoginOrigin | null>;
}

export interface LoginParts {
  readonly store: Pick<Store, 'append' | 'version'>;
  readonly platform: Pick<PlatformState, 'current'>;
  readonly registry: Registry;
  readonly secrets: Pick<Secrets, 'current' | 'newestRef' | 'identify'>;
}

/** Readings that are known to be on the ledger; the oldest are forgotten, and recorded again. */
const recordedMost = 10_000;

export function createRegistryLogins(parts: LoginParts): RegistryLogins {
  const { registry, secrets, platform } = parts;
  const record = createRecord(parts);
  registry.useSecrets?.(async (of, host, signal) => {
    const value = await secrets.current(of.environment, of.secret, signal);
    try {
      await record(of, { registry: host, cluster: null, deployment: null }, signal);
    } catch (error) {
      value.fill(0);
      throw error;
    }
    return value;
  });
  async function origin(image: string, signal: AbortSignal): Promise<LoginOrigin | null> {
    return registry.origin?.(image, (await platform.current(signal)).platform.registries) ?? null;
  }
  async function plain(image: string, signal: AbortSignal): Promise<PullCredentials | null> {
    return await registry.credentials(image, (await platform.current(signal)).platform.registries, signal);
  }
  async function idOf(found: LoginOrigin, login: PullCredentials | null, signal: AbortSignal): Promise<string | null> {
    if (isSecret(found.credentials)) {
      const { environment, secret, username } = found.credentials;
      const { id } = await secrets.newestRef(environment, secret, signal);
      // An identity already: that it is of another place, and another user, is what is added.
      return await secrets.identify(['drayage', 'registry', found.registry, username], Buffer.from(id), signal);
    }
    if (login === null) return null;
    const place = ['drayage', 'registry', found.registry, login.username];
    return await secrets.identify(place, Buffer.from(login.password), signal);
  }
  return {
    canChange: registry.origin !== undefined,
    origin,
    async identify(image, signal) {
      const found = await origin(image, signal);
      if (found === null) return null;
      return await idOf(found, isSecret(found.credentials) ? null : await plain(image, signal), signal);
    },
    async forEngine(image, { cluster, deployment, lease }, signal) {
      if (registry.origin === undefined) return await plain(image, signal);
      const found = await origin(image, signal);
      if (found !== null && isSecret(found.credentials))
        await record(found.credentials, { registry: found.registry, cluster, deployment, lease }, signal);
      const login = await plain(image, signal);
      if (login === null || found === null) return login;
      const id = await idOf(found, login, signal);
      return id === null ? login : { ...login, id };
    },
  };
}

function isSecret(credentials: LoginOrigin['credentials']): credentials is RegistrySecret {
  return typeof credentials === 'object';
}

interface Reading {
  readonly registry: string;
  readonly cluster: string | null;
  readonly deployment: string | null;
  readonly lease?: number;
}

function createRecord({ store, secrets }: LoginParts) {
  const recorded = new Set<string>();
  return async (
    { environment, secret }: Pick<RegistrySecret, 'environment' | 'secret'>,
    { lease, ...reading }: Reading,
    signal: AbortSignal,
  ): Promise<void> => {
    const { version, id } = await secrets.newestRef(environment, secret, signal);
    const key = JSON.stringify([id, reading]);
    if (recorded.has(key)) return;
    const event = { kind: 'registry-password-opened', environment, secret, version, id, ...reading } as const;
    const stream = streams.secretAccess(environment, secret);
    await retryOnConflict(async () => {
      const expectedVersion = await store.version(stream, signal);
      const appends = [{ stream, expectedVersion, entries: by(self, [event]) }];
      await store.append(lease === undefined ? { appends } : { appends, lease }, signal);
    });
    recorded.add(key);
    const [oldest] = recorded;
    if (recorded.size > recordedMost && oldest !== undefined) recorded.delete(oldest);
  };
}
