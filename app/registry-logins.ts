import type { RegistrySecret } from '../core/platform.ts';
import type { Clock } from '../port/clock.ts';
import type { PullCredentials } from '../port/engine.ts';
import type { FoundLogin, LoginOrigin, PasswordVersion, Registry } from '../port/registry.ts';
import type { Store } from '../port/store.ts';
import { by, retryOnConflict, self, streams } from './append.ts';
import type { PlatformState } from './platform.ts';
import { createRecent } from './recent.ts';
import type { Secrets } from './secrets/secrets.ts';

/** What an engine is given credentials for. */
export interface LoginUse {
  readonly cluster: string;
  /** Null: what it has is renewed. */
  readonly deployment: string | null;
  /** Generation of the driver's lease. */
  readonly lease: number;
}

/** What is right for an engine now. */
export interface LoginOffer {
  readonly id: string;
  /** What has this id: asked for again, some helpers give another. Null: a secret, which is opened on record only. */
  readonly login: PullCredentials | null;
}

/** The credentials of registries, for engines to pull with; a password that is a secret is opened on record only. */
export interface RegistryLogins {
  /** Whether anything of it can change at all. */
  readonly canChange: boolean;
  /** What an engine would be given for an image now; null when nothing. Rejects with `registry.denied`, or a fault of the secret's. */
  offer(image: string, signal: AbortSignal): Promise<LoginOffer | null>;
  /** What an engine needs to pull an image, with its id; null when nothing. Rejects as `offer` does. */
  forEngine(image: string, use: LoginUse, signal: AbortSignal): Promise<PullCredentials | null>;
  /** Whether a login that is no secret of an environment was given under this id to a deployment, at most so many ms ago. */
  gaveWithin(id: string, ms: number): boolean;
  /** Where that comes from. */
  origin(image: string, signal: AbortSignal): Promise<LoginOrigin | null>;
}

export interface LoginParts {
  readonly store: Pick<Store, 'append' | 'version'>;
  readonly platform: Pick<PlatformState, 'current'>;
  readonly registry: Registry;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly secrets: Pick<Secrets, 'current' | 'newestRef' | 'identify'>;
}

/** Ids of logins that are known to have been given to deployments; those before may be renewed early. */
const givenMost = 10_000;

/** Readings that are known to be on the ledger; the oldest are forgotten, and recorded again. */
const recordedMost = 10_000;

export function createRegistryLogins(parts: LoginParts): RegistryLogins {
  const { registry, secrets, platform, clock } = parts;
  const record = createRecord(parts);
  const given = createRecent<string, number>(givenMost);
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
    async offer(image, signal) {
      const of = await origin(image, signal);
      if (of === null) return null;
      if (isSecret(of.credentials)) {
        const { environment, secret, username } = of.credentials;
        const { id } = await secrets.newestRef(environment, secret, signal);
        return { id: await idOf(of.registry, username, id, signal), login: null };
      }
      const found = await find(image, signal);
      if (found === null) return null;
      const { opened, ...login } = found;
      const id = await idOf(of.registry, login.username, opened?.id ?? login.password, signal);
      // The platform document may have changed in between: a secret is given on record only.
      return { id, login: opened === null ? { ...login, id } : null };
    },
    gaveWithin: (id, ms) => clock.monotonic() - (given.get(id) ?? -Infinity) <= ms,
    async forEngine(image, { cluster, deployment, lease }, signal) {
      const host = (await origin(image, signal))?.registry;
      const found = await find(image, signal);
      if (found === null) return null;
      const { opened, ...login } = found;
      if (host === undefined) return login;
      // Of the very version that was opened: another may be the newest by now, and is given with the next renewal.
      if (opened !== null) await record(opened, { registry: host, cluster, deployment, lease }, signal);
      const id = await idOf(host, login.username, opened?.id ?? login.password, signal);
      if (opened === null && deployment !== null) given.keep(id, clock.monotonic());
      return { ...login, id };
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
