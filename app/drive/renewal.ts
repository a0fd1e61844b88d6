import { Fault, isFault } from '../../core/fault.ts';
import type { Sighting } from '../../core/sighting.ts';
import type { Target } from '../../core/workload.ts';
import type { Engine, PullCredentials } from '../../port/engine.ts';
import type { InventoryRow } from '../../port/store.ts';
import type { LoginOffer } from '../registry-logins.ts';
import { createOffers, helperMs } from './offers.ts';
import { storeDeadlineMs, within, writeDeadlineMs, type DriveParts } from './parts.ts';
import { createRenewable, type Component } from './renewable.ts';

/** How often what engines pull with is compared with what is right now, in ms. */
const everyMs = 30_000;

/** Gives engines new credentials for what they pull later, when a registry's password or token was changed. */
export interface Renewal {
  /** Begins a round when one is due; called by the driver between two of its own. */
  attend(): void;
  /** Waits for what is under way, which ends with the driver's signal. */
  end(): Promise<void>;
}

/** What of the drive loop's parts it works with. */
export interface RenewalParts extends Pick<DriveParts, 'clock' | 'logger' | 'logins' | 'lease' | 'installation'> {
  readonly store: {
    unfinished(of: { readonly environment: string }, signal: AbortSignal): Promise<readonly unknown[]>;
    inventory(environment: string, signal: AbortSignal): Promise<readonly InventoryRow[]>;
  };
  readonly blobs: { read(kind: 'target', digest: string, signal: AbortSignal): Promise<Target> };
  readonly platform: {
    current(
      signal: AbortSignal,
    ): Promise<{ readonly platform: { readonly environments: Readonly<Record<string, unknown>> } }>;
  };
  readonly looks: {
    newestComplete(cluster: string, environment: string): { readonly sighting: Sighting } | null;
  };
  readonly clusters: { engine(cluster: string, signal: AbortSignal): Promise<Pick<Engine, 'renew'>> };
}

export function createRenewal(parts: RenewalParts, signal: AbortSignal): Renewal {
  const { clock, logger } = parts;
  const read = createRenewable(parts);
  const ask = createOffers(parts);
  const trouble = createTrouble(parts);
  let nextMs = -Infinity;
  let underWay: Promise<void> | null = null;

  async function round(): Promise<void> {
    const { platform } = await parts.platform.current(within(clock, storeDeadlineMs, signal));
    /** Clusters that did not answer in this round: each costs a deadline once. */
    const silent = new Set<string>();
    for (const environment of Object.keys(platform.environments)) {
      try {
        const components = await read(environment, signal);
        trouble.over(environment);
        for (const component of components) if (!silent.has(component.seen.cluster)) await attendTo(component, silent);
      } catch (error) {
        if (signal.aborted) throw error;
        trouble.tell(environment, { environment }, error);
      }
    }
  }
  async function attendTo(component: Component, silent: Set<string>): Promise<void> {
    const { environment, image, seen } = component;
    const { cluster, service, component: name } = seen;
    const key = `${environment}/${cluster}/${service}/${name}`;
    try {
      const deadline = within(clock, writeDeadlineMs, signal);
      const offer = await inTime(image, deadline, () => ask(image, deadline));
      if (offer !== null && isOutdated(parts, component, offer)) await renew(parts, component, offer, signal);
      trouble.over(key);
    } catch (error) {
      if (signal.aborted) throw error;
      if (isFault(error, 'engine.unreachable')) silent.add(cluster);
      const found = await parts.logins.origin(image, within(clock, storeDeadlineMs, signal));
      const from = { registry: found?.registry ?? null, source: found?.source ?? null };
      trouble.tell(key, { cluster, environment, service, ...from }, error);
    }
  }
  return {
    attend() {
      if (!parts.logins.canChange || underWay !== null || signal.aborted || clock.monotonic() < nextMs) return;
      underWay = round()
        .catch((error: unknown) => {
          // Without a platform there is nothing to renew; what else there is comes again.
          if (signal.aborted || isFault(error)) return;
          logger.error('renewing credentials failed; it is tried again', { reason: String(error) });
        })
        .finally(() => {
          underWay = null;
          nextMs = clock.monotonic() + everyMs;
        });
    },
    async end() {
      await underWay;
    },
  };
}

/** A login of the Docker configuration that a deployment was given a short while ago is as good as the one that is kept here. */
function isOutdated({ logins }: RenewalParts, { seen: { credentials } }: Component, offer: LoginOffer): boolean {
  if (credentials === offer.id) return false;
  return credentials === undefined || offer.login === null || !logins.gaveWithin(credentials, helperMs);
}

async function renew(parts: RenewalParts, component: Component, offer: LoginOffer, signal: AbortSignal): Promise<void> {
  const { clock, lease, installation, logger } = parts;
  const { environment, seen, image } = component;
  const { cluster, service } = seen;
  const credentials = offer.login ?? (await openLogin(parts, component, signal));
  if (credentials === null) return;
  // What a deployment is changing by now is its own.
  const others = await parts.store.unfinished({ environment }, within(clock, storeDeadlineMs, signal));
  // Nothing of it may still be on its way when another driver takes over.
  if (others.length > 0 || lease.leftMs() < writeDeadlineMs) return;
  const deadline = within(clock, writeDeadlineMs, signal);
  const writer = { installation, generation: lease.generation };
  const spot = { cluster, service, component: seen.component };
  const late = () =>
    new Fault('engine.unreachable', `${cluster} took longer than ${writeDeadlineMs / 1000} s for new credentials.`, {
      facts: { cluster, image },
    });
  const written = await orLate(deadline, late, async () => {
    const engine = await parts.clusters.engine(cluster, deadline);
    return await engine.renew({ writer, environment, spot, credentials }, deadline);
  });
  if (written !== 'updated') return;
  const { serverAddress: registry } = credentials;
  logger.info('a cluster has the new credentials of a registry', { cluster, environment, service, registry });
}

/** A password that is a secret: opened for this cluster, and on record. */
async function openLogin(
  parts: RenewalParts,
  { image, seen: { cluster } }: Component,
  signal: AbortSignal,
): Promise<PullCredentials | null> {
  if (parts.lease.leftMs() < writeDeadlineMs) return null;
  const deadline = within(parts.clock, writeDeadlineMs, signal);
  const use = { cluster, deployment: null, lease: parts.lease.generation };
  return await inTime(image, deadline, () => parts.logins.forEngine(image, use, deadline));
}

async function inTime<T>(image: string, deadline: AbortSignal, work: () => Promise<T>): Promise<T> {
  const late = () =>
    new Fault(
      'registry.unreachable',
      `The credentials to pull ${image} with did not come within ${writeDeadlineMs / 1000} s.`,
      { facts: { image } },
    );
  return await orLate(deadline, late, work);
}

/** What ends for want of time ends with a fault that says so. */
async function orLate<T>(deadline: AbortSignal, late: () => Fault, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isFault(error) || !deadline.aborted ? error : late();
  }
}

/** Tells of each component, and of each environment, what stands in the way, once. */
function createTrouble({ logger }: Pick<RenewalParts, 'logger'>) {
  const told = new Map<string, string>();
  return {
    over: (key: string): void => void told.delete(key),
    tell(key: string, of: Readonly<Record<string, string | null>>, error: unknown): void {
      const reason = isFault(error) ? error.message : String(error);
      if (told.get(key) === reason) return;
      told.set(key, reason);
      if (!isFault(error)) return logger.error('renewing credentials failed; it is tried again', { ...of, reason });
      const { code, next } = error;
      logger.warn('the credentials that a cluster pulls with could not be renewed; it is tried again', {
        ...of,
        code,
        reason,
        next,
      });
    },
  };
}
