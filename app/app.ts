import type { Clock } from '../port/clock.ts';
import type { Documents } from '../port/documents.ts';
import type { Logger } from '../port/logger.ts';
import type { Registry } from '../port/registry.ts';
import type { Store } from '../port/store.ts';
import type { App } from './api.ts';
import { createBlobs } from './blobs.ts';
import { createClusters, type OpenEngine } from './clusters.ts';
import { deploy, planned } from './deploy.ts';
import { cancel, deploymentDetail, type Commentary } from './deployments.ts';
import { diagnose } from './doctor.ts';
import { startDriver, type Driver } from './drive/driver.ts';
import { createNotes } from './drive/notes.ts';
import { environmentDetail, environmentSummaries, type EnvironmentParts } from './environments.ts';
import { takeLease, type Lease } from './lease.ts';
import { serviceLogs } from './logs.ts';
import { createLooks } from './looks.ts';
import { createPlatformState } from './platform.ts';
import type { PlanningParts } from './planning.ts';
import { findRelease, registerRelease, releaseDetail } from './releases.ts';
import { createTokens, type Tokens } from './tokens.ts';

export interface AppParts {
  readonly store: Store;
  readonly registry: Registry;
  readonly documents: Documents;
  readonly openEngine: OpenEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Fresh random lower-case text of at least 64 bits. */
  readonly newId: () => string;
  /** Why the platform document given at start was not taken; null when it was. */
  readonly platformRefused: string | null;
  /** How long an engine may stay silent before its step fails, in ms. */
  readonly blindBudgetMs: number;
}

export interface RunningApp {
  readonly app: App;
  /** The secret of the first admin token, when this start made it. */
  readonly firstToken: string | null;
  /** Answers `draining` from now on, and stops driving between two steps. */
  stop(): Promise<void>;
}

/** Takes the lease, goes on with what the ledger holds unfinished, and offers the use cases. */
export async function startApp(parts: AppParts, signal: AbortSignal): Promise<RunningApp> {
  const { store, registry, documents, clock, logger, version } = parts;
  const blobs = createBlobs(store);
  const platform = createPlatformState(store, blobs, parts.platformRefused);
  const lease = await takeLease(store, parts.newId(), signal);
  const tokens = createTokens(store);
  const firstToken = await tokens.first(signal);
  const clusters = createClusters(platform, parts.openEngine);
  const looks = createLooks(clusters, lease.installation, clock);
  const notes = createNotes();
  const { blindBudgetMs, newId } = parts;
  const house = { store, blobs, documents, platform, registry, clusters, looks, clock, newId };
  const driver = startDriver({ ...house, ...lease, logger, notes, newSalt: newId, blindBudgetMs });
  let draining = false;
  const app = useCasesOf({
    ...house,
    driver,
    tokens,
    version,
    commentary: notes,
    lease,
    readiness: () => (draining ? 'draining' : 'ok'),
  });
  return {
    app,
    firstToken,
    async stop() {
      draining = true;
      await driver.stop();
      await clusters.close();
    },
  };
}

/** What the use cases share. */
interface House extends EnvironmentParts, PlanningParts, Pick<AppParts, 'registry' | 'clock' | 'version' | 'newId'> {
  readonly commentary: Commentary;
  readonly driver: Driver;
  readonly tokens: Tokens;
  readonly lease: Lease;
  readonly readiness: App['readiness'];
}

function useCasesOf(house: House): App {
  const { store, blobs, tokens, platform, driver, newId } = house;
  const wake = () => driver.wake();
  const deployParts = { ...house, newDeploymentId: () => `d-${newId().slice(0, 16)}`, wake };
  const deploymentParts = { ...house, wake };
  return {
    readiness: () => house.readiness(),
    authenticate: (secret, at) => tokens.authenticate(secret, at),
    registerRelease: (actor, input, at) => registerRelease(house, actor, input, at),
    release: async (service, name, at) => releaseDetail(house, await findRelease(store, service, name, at), at),
    releases: (filter, page, at) => store.releases(filter, page, at),
    plan: (input, at) => planned(house, input, at),
    deploy: (actor, input, at) => deploy(deployParts, actor, input, at),
    deployment: (id, at) => deploymentDetail(deploymentParts, id, at),
    deployments: (filter, page, at) => store.deployments(filter, page, at),
    cancel: (actor, id, leave, at) => cancel(deploymentParts, actor, id, leave, at),
    environments: (at) => environmentSummaries(house, at),
    environment: (name, at) => environmentDetail(house, name, at),
    logs: (environment, input, at) => serviceLogs(house, environment, input, at),
    entries: async (after, limit, at) => {
      // The head first: what comes after it is not promised by it.
      const head = await store.head(at);
      return { head, entries: await store.entries(after, limit, at) };
    },
    platform: async (at) => {
      const { row } = await platform.current(at);
      return { row, source: new TextDecoder().decode(await blobs.bytes(row.source, at)), refused: platform.refused() };
    },
    createToken: (actor, input, at) => tokens.create(actor.id, input, at),
    tokens: (at) => tokens.list(at),
    revokeToken: (actor, id, at) => tokens.revoke(actor.id, id, at),
    doctor: (at) => diagnose({ ...house, ...house.lease }, at),
  };
}
