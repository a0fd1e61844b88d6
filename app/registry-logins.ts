import type { RegistrySecret } from '../core/platform.ts';
import type { PullCredentials } from '../port/engine.ts';
import type { FoundLogin, LoginOrigin, PasswordVersion, Registry } from '../port/registry.ts';
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
  registry.useSecrets?.(async ({ environment, secret }, host, signal) => {
    const { value, ref } = await secrets.current(environment, secret, signal);
    const opened = { environment, secret, version: ref.version, id: ref.id };
    try {
      await record(opened, { registry: host, cluster: null, deployment: null }, signal);
    } catch (error) {
      value.fill(0);
      throw error;
    }
    return { value, opened };
  });
  async function origin(image: string, signal: AbortSignal): Promise<LoginOrigin | null> {
    return registry.origin?.(image, (await platform.current(signal)).platform.registries) ?? null;
  }
  async function find(image: string, signal: AbortSignal): Promise<FoundLogin | null> {
    return await registry.credentials(image, (await platform.current(signal)).platform.registries, signal);
  }
  /** An HMAC of the password, or of the version's identity: that it is of another place, and another user, is what is added. */
  async function idOf(host: string, username: string, what: string, signal: AbortSignal): Promise<string> {
    return await secrets.identify(['drayage', 'registry', host, username], Buffer.from(what), signal);
  }
  return {
    canChange: registry.origin !== undefined,
    origin,
    async identify(image, signal) {
      const found = await origin(image, signal);
      if (found === null) return null;
      if (isSecret(found.credentials)) {
        const { environment, secret, username } = found.credentials;
        const { id } = await secrets.newestRef(environment, secret, signal);
        return await idOf(found.registry, username, id, signal);
      }
      const login = await find(image, signal);
      return login === null ? null : await idOf(found.registry, login.username, login.password, signal);
    },
    async forEngine(image, { cluster, deployment, lease }, signal) {
      const host = (await origin(image, signal))?.registry;
      const found = await find(image, signal);
      if (found === null) return null;
      const { opened, ...login } = found;
      if (host === undefined) return login;
      // Of the very version that was opened: another may be the newest by now, and is given with the next renewal.
      if (opened !== null) await record(opened, { registry: host, cluster, deployment, lease }, signal);
      return { ...login, id: await idOf(host, login.username, opened?.id ?? login.password, signal) };
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

function createRecord({ store }: LoginParts) {
  const recorded = new Set<string>();
  return async (
    { environment, secret, version, id }: PasswordVersion,
    { lease, ...reading }: Reading,
    signal: AbortSignal,
  ): Promise<void> => {
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
