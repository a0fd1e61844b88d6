import { createBlobs } from '../../app/blobs.ts';
import { createClusters } from '../../app/clusters.ts';
import type { Actor } from '../../app/api.ts';
import { cancel } from '../../app/deployments.ts';
import { deploy, type DeployInput } from '../../app/deploy.ts';
import { startDriver } from '../../app/drive/driver.ts';
import { createNotes } from '../../app/drive/notes.ts';
import { createStarts } from '../../app/drive/starts.ts';
import { startDriving } from '../../app/driving.ts';
import type { HeldLease } from '../../app/lease.ts';
import { createLooks } from '../../app/looks.ts';
import { openLedger } from '../../app/open-ledger.ts';
import { applyPlatformAtStart, createPlatformState } from '../../app/platform.ts';
import { createPressure } from '../../app/pressure.ts';
import { createReceipts } from '../../app/receipts.ts';
import { createRegistryLogins } from '../../app/registry-logins.ts';
import { createRecorded } from '../../app/recorded.ts';
import type { Recoverer } from '../../app/recover.ts';
import { recovererOf } from '../../app/recoverer-of.ts';
import { leaseUnlessNeeded, lookAtAll } from '../../app/recovery-start.ts';
import { registerRelease } from '../../app/releases.ts';
import type { Secrets } from '../../app/secrets/secrets.ts';
import { nobodySigns } from '../../app/testing/fakes.ts';
import type { Clock } from '../../port/clock.ts';
import type { Engine } from '../../port/engine.ts';
import type { EvidenceReader } from '../../port/evidence.ts';
import type { Logger } from '../../port/logger.ts';
import type { Registry } from '../../port/registry.ts';
import type { Signer } from '../../port/signer.ts';
import type { Store } from '../../port/store.ts';
import { simulatedDocuments } from './documents.ts';
import { blindBudgetMs } from './scenario.ts';
import { createTurns } from '../../app/turns.ts';

/** What a server of the simulation is made of: everything real but what lies behind the ports. */
export interface ServerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly openEngine: (cluster: string) => Engine;
  readonly openSigner: (name: string) => Signer;
  readonly newId: () => string;
  readonly platformText: string;
}

/** A control plane that has started: its driver runs, and its use cases can be asked. */
export interface RunningServer {
  release(actor: Actor, service: string, version: string, compose: string, at: AbortSignal): Promise<unknown>;
  deploy(actor: Actor, input: DeployInput, at: AbortSignal): ReturnType<typeof deploy>;
  cancel(actor: Actor, id: string, leave: boolean, at: AbortSignal): Promise<unknown>;
  /** As an answer has it: the text of a receipt, or null while there is none. */
  receipt(sequence: number, at: AbortSignal): Promise<string | null>;
  rotateKey(actor: Actor, at: AbortSignal): Promise<unknown>;
  needsRecovery(): boolean;
  readonly recovery: Recoverer;
  stop(): Promise<void>;
}

/** No service of a simulation mounts a secret, and no registry asks for a password. */
const nowhere = async () => await Promise.reject(new Error('there is no secret'));

const noSecrets: Omit<Secrets, 'set' | 'revoke' | 'rotateKey' | 'list'> = {
  newest: async () => await Promise.resolve({ newest: new Map(), revoked: new Set(), untold: new Map() }),
  open: nowhere,
  current: nowhere,
  newestRef: nowhere,
  identify: nowhere,
  remember: async () => await Promise.resolve(),
};

/** Nothing lies beside an image of a simulation. */
const noDocuments: EvidenceReader = {
  read: async () => await Promise.reject(new Error('there is no document')),
};

/** Starts the control plane as `startApp` does, without what only shows things to people. */
export async function startServer(parts: ServerParts, signal: AbortSignal): Promise<RunningServer> {
  const { clock, registry, logger, newId } = parts;
  const documents = simulatedDocuments;
  const source = { name: 'platform.yaml', text: parts.platformText };
  const refused = await applyPlatformAtStart(parts.store, documents, source, signal);
  const openSigner = async (name: string) => await Promise.resolve(parts.openSigner(name));
  const ledger = await openLedger({ ...parts, openSigner }, signal);
  const { store, installation, checkpoints, recovery, leaseParts } = ledger;
  const blobs = createBlobs(store);
  const platform = createPlatformState(store, blobs, refused);
  const clusters = createClusters(platform, parts.openEngine);
  const looks = createLooks(clusters, installation, clock, (seen, at) => recovery.judge(seen, at));
  const recorded = createRecorded({ store, blobs, clock });
  const notes = createNotes();
  const starts = createStarts();
  const pressure = createPressure();
  const house = {
    store,
    blobs,
    secrets: noSecrets,
    signatures: nobodySigns,
    evidenceReader: noDocuments,
    documentTurns: createTurns(),
    documents,
    platform,
    registry,
    clusters,
    looks,
    recorded,
    clock,
    installation,
    logins: createRegistryLogins({ store, platform, registry, clock, secrets: noSecrets }),
  };
  const start = (held: HeldLease) =>
    startDriver({ ...house, lease: held, logger, notes, starts, pressure, newSalt: newId, blindBudgetMs });
  await lookAtAll(house, signal);
  const lease = ledger.firstLease ?? (await leaseUnlessNeeded(recovery, leaseParts, signal));
  const driving = startDriving({ ...leaseParts, logger, start }, lease);
  const wake = (deployment: string) => driving.wake(deployment);
  const receipts = createReceipts({ store, checkpoints });
  const deployParts = { ...house, newDeploymentId: () => `d-${newId()}`, wake };
  return {
    release: (actor, service, version, text, at) =>
      registerRelease(
        house,
        actor,
        { service, version, compose: { name: 'compose.yaml', text }, files: new Map(), vars: {}, meta: {} },
        at,
      ),
    async deploy(actor, input, at) {
      recovery.check();
      return await pressure.during(() => deploy(deployParts, actor, input, at));
    },
    cancel: (actor, id, leave, at) => cancel({ ...house, commentary: notes, wake }, actor, id, leave, at),
    receipt: (sequence, at) => receipts.soon(sequence, at),
    rotateKey: (actor, at) => checkpoints.rotate(actor.id, at),
    needsRecovery: () => recovery.need() !== null,
    recovery: recovererOf(parts, ledger, house, driving),
    async stop() {
      const driven = driving.stop();
      looks.end();
      await driven;
      await checkpoints.stop();
      await clusters.close();
    },
  };
}
