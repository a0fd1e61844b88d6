import { createBlobs } from '../../app/blobs.ts';
import { createClusters } from '../../app/clusters.ts';
import type { Actor } from '../../app/api.ts';
import { cancel } from '../../app/deployments.ts';
import { deploy, type DeployInput } from '../../app/deploy.ts';
import { startDriver } from '../../app/drive/driver.ts';
import { createNotes } from '../../app/drive/notes.ts';
import { createStarts } from '../../app/drive/starts.ts';
import { startDriving } from '../../app/driving.ts';
import { installationOf, takeFreeLease, type HeldLease } from '../../app/lease.ts';
import { createLooks } from '../../app/looks.ts';
import { applyPlatformAtStart, createPlatformState } from '../../app/platform.ts';
import { createPressure } from '../../app/pressure.ts';
import { createRegistryLogins } from '../../app/registry-logins.ts';
import { createRecorded } from '../../app/recorded.ts';
import { registerRelease } from '../../app/releases.ts';
import type { Secrets } from '../../app/secrets/secrets.ts';
import type { Clock } from '../../port/clock.ts';
import type { Engine } from '../../port/engine.ts';
import type { Logger } from '../../port/logger.ts';
import type { Registry } from '../../port/registry.ts';
import type { Store } from '../../port/store.ts';
import { simulatedDocuments } from './documents.ts';
import { blindBudgetMs } from './scenario.ts';

/** What a server of the simulation is made of: everything real but what lies behind the ports. */
export interface ServerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly openEngine: (cluster: string) => Engine;
  readonly newId: () => string;
  readonly platformText: string;
}

/** A control plane that has started: its driver runs, and its use cases can be asked. */
export interface RunningServer {
  release(actor: Actor, service: string, version: string, compose: string, at: AbortSignal): Promise<unknown>;
  deploy(actor: Actor, input: DeployInput, at: AbortSignal): ReturnType<typeof deploy>;
  cancel(actor: Actor, id: string, leave: boolean, at: AbortSignal): Promise<unknown>;
  stop(): Promise<void>;
}

/** No service of a simulation mounts a secret, and no registry asks for a password. */
const nowhere = async () => await Promise.reject(new Error('there is no secret'));

const noSecrets: Omit<Secrets, 'set' | 'revoke' | 'rotateKey' | 'list'> = {
  newest: async () => await Promise.resolve({ newest: new Map(), revoked: new Set(), unreachable: new Map() }),
  open: nowhere,
  current: nowhere,
  newestRef: nowhere,
  identify: nowhere,
  remember: async () => await Promise.resolve(),
};

/** Starts the control plane as `startApp` does, without what only shows things to people. */
export async function startServer(parts: ServerParts, signal: AbortSignal): Promise<RunningServer> {
  const { store, clock, registry, logger, newId } = parts;
  const documents = simulatedDocuments;
  const source = { name: 'platform.yaml', text: parts.platformText };
  const refused = await applyPlatformAtStart(store, documents, source, signal);
  const blobs = createBlobs(store);
  const platform = createPlatformState(store, blobs, refused);
  const leaseParts = { store, clock, driver: newId() };
  const lease = await takeFreeLease(leaseParts, signal);
  const installation = await installationOf(store, signal);
  const clusters = createClusters(platform, parts.openEngine);
  const looks = createLooks(clusters, installation, clock);
  const recorded = createRecorded({ store, blobs, clock });
  const notes = createNotes();
  const starts = createStarts();
  const pressure = createPressure();
  const house = {
    store,
    blobs,
    secrets: noSecrets,
    documents,
    platform,
    registry,
    clusters,
    looks,
    recorded,
    clock,
    installation,
    logins: createRegistryLogins({ store, platform, registry, secrets: noSecrets }),
  };
  const start = (held: HeldLease) =>
    startDriver({ ...house, lease: held, logger, notes, starts, pressure, newSalt: newId, blindBudgetMs });
  const driving = startDriving({ ...leaseParts, logger, start }, lease);
  const wake = (deployment: string) => driving.wake(deployment);
  const deployParts = { ...house, newDeploymentId: () => `d-${newId()}`, wake };
  return {
    release: (actor, service, version, text, at) =>
      registerRelease(
        house,
        actor,
        { service, version, compose: { name: 'compose.yaml', text }, files: new Map(), vars: {}, meta: {} },
        at,
      ),
    deploy: (actor, input, at) => pressure.during(() => deploy(deployParts, actor, input, at)),
    cancel: (actor, id, leave, at) => cancel({ ...house, commentary: notes, wake }, actor, id, leave, at),
    async stop() {
      const driven = driving.stop();
      looks.end();
      await driven;
      await clusters.close();
    },
  };
}
