import { isFault } from '../../core/fault.ts';
import type { SeenWorkload } from '../../core/sighting.ts';
import { storeDeadlineMs, within, writeDeadlineMs, type DriveParts } from './parts.ts';

/** How often what engines pull with is compared with what is right now, in ms. */
const everyMs = 30_000;

/**
 * How long a login of the Docker configuration is taken for the same, in ms: some helpers make a token anew each time they
 * are asked. Tokens that live for less than twice as long may end unrenewed.
 */
const helperMs = 300_000;

/** How many images are remembered by their target. */
const imagesMost = 50_000;

/** Gives engines new credentials for what they pull later, when a registry's password or token was changed. */
export interface Renewal {
  /** Begins a round when one is due; called by the driver between two of its own. */
  attend(): void;
  /** Waits for what is under way, which ends with the driver's signal. */
  end(): Promise<void>;
}

/** A component as the engine has it, with its image. */
interface Component {
  readonly environment: string;
  readonly seen: SeenWorkload;
  readonly image: string;
}

export function createRenewal(parts: DriveParts, signal: AbortSignal): Renewal {
  const { clock, logger } = parts;
  const images = new Map<string, string>();
  const ids = createIds(parts);
  /** What was said last of each, so that it is said once. */
  const told = new Map<string, string>();
  let nextMs = -Infinity;
  let underWay: Promise<void> | null = null;

  async function round(): Promise<void> {
    const { platform } = await parts.platform.current(within(clock, storeDeadlineMs, signal));
    for (const environment of Object.keys(platform.environments))
      for (const component of await componentsOf(parts, environment, images, signal)) await attendTo(component);
  }
  async function attendTo(component: Component): Promise<void> {
    const { environment, image, seen } = component;
    const { cluster, service, component: name } = seen;
    const key = `${environment}/${cluster}/${service}/${name}`;
    try {
      const id = await ids(image, within(clock, writeDeadlineMs, signal));
      if (id !== null && id !== seen.credentials) await renew(parts, component, signal);
      told.delete(key);
    } catch (error) {
      if (signal.aborted || !isFault(error)) throw error;
      if (told.get(key) === error.message) return;
      told.set(key, error.message);
      const found = await parts.logins.origin(image, signal);
      logger.warn('the credentials that a cluster pulls with could not be renewed; it is tried again', {
        cluster,
        environment,
        service,
        registry: found?.registry ?? null,
        source: found?.source ?? null,
        code: error.code,
        reason: error.message,
        next: error.next,
      });
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

/** What is settled in an environment, as it was seen last. A deployment that is under way brings its own credentials. */
async function componentsOf(
  parts: DriveParts,
  environment: string,
  images: Map<string, string>,
  signal: AbortSignal,
): Promise<readonly Component[]> {
  const deadline = within(parts.clock, storeDeadlineMs, signal);
  if ((await parts.store.unfinished({ environment }, deadline)).length > 0) return [];
  const found: Component[] = [];
  for (const { cluster, service, component, target } of await parts.store.inventory(environment, deadline)) {
    const sighting = parts.looks.newestComplete(cluster, environment)?.sighting;
    const seen = sighting?.workloads.find((it) => it.service === service && it.component === component);
    if (seen === undefined || seen.engineId === '' || seen.tombstone) continue;
    const image = images.get(target) ?? (await parts.blobs.read('target', target, deadline)).workload.image;
    if (images.size < imagesMost) images.set(target, image);
    found.push({ environment, seen, image });
  }
  return found;
}

async function renew(parts: DriveParts, { environment, seen, image }: Component, signal: AbortSignal): Promise<void> {
  const { clock, lease, installation, logger } = parts;
  // Nothing of it may still be on its way when another driver takes over.
  if (lease.leftMs() < writeDeadlineMs) return;
  const deadline = within(clock, writeDeadlineMs, signal);
  const { cluster, service, component } = seen;
  const use = { cluster, deployment: null, lease: lease.generation };
  const credentials = await parts.logins.forEngine(image, use, deadline);
  if (credentials === null) return;
  const engine = await parts.clusters.engine(cluster, deadline);
  const writer = { installation, generation: lease.generation };
  const spot = { cluster, service, component };
  const written = await engine.renew({ writer, environment, spot, credentials }, deadline);
  if (written === 'updated')
    logger.info('a cluster has the new credentials of a registry', {
      cluster,
      environment,
      service,
      registry: credentials.serverAddress,
    });
}

/** Ids of logins, by registry, for a while; and for as long what stood in the way. */
function createIds({ logins, clock }: Pick<DriveParts, 'logins' | 'clock'>) {
  const known = new Map<string, { readonly id: Promise<string | null>; readonly untilMs: number }>();
  return async (image: string, signal: AbortSignal): Promise<string | null> => {
    const origin = await logins.origin(image, signal);
    if (origin === null || origin.credentials === 'none') return null;
    const before = known.get(origin.registry);
    if (before !== undefined && clock.monotonic() < before.untilMs) return await before.id;
    const id = logins.identify(image, signal);
    const keptMs = origin.credentials === 'docker-config' ? helperMs : everyMs / 2;
    known.set(origin.registry, { id, untilMs: clock.monotonic() + keptMs });
    return await id;
  };
}
