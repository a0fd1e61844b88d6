import type { Clock } from '../port/clock.ts';
import type { EvidenceReader } from '../port/evidence.ts';
import type { Documents } from '../port/documents.ts';
import type { Logger } from '../port/logger.ts';
import type { Registry } from '../port/registry.ts';
import type { SecretBox, SecretSources } from '../port/secrets.ts';
import type { SignatureVerifier } from '../port/signatures.ts';
import type { Signer } from '../port/signer.ts';
import type { Store } from '../port/store.ts';
import type { App } from './api.ts';
import { createBlobs } from './blobs.ts';
import type { Checkpoints } from './checkpoints.ts';
import { clusterStatuses } from './cluster-status.ts';
import { createClusters, type Clusters, type OpenEngine } from './clusters.ts';
import { compare } from './compare.ts';
import { deploy, planned } from './deploy.ts';
import { deployedConfigs } from './config-changes.ts';
import { cancel, deploymentDetail, type Commentary } from './deployments.ts';
import { diagnose } from './doctor.ts';
import { startDriver, type Driver, type Pulse } from './drive/driver.ts';
import { createNotes } from './drive/notes.ts';
import { createStarts, type Starts, type StartsOn } from './drive/starts.ts';
import { erase } from './erasure.ts';
import { attachEvidence } from './evidence/attach.ts';
import { waive, whereIs } from './evidence/findings.ts';
import { variety } from './evidence/variety.ts';
import { createTurns, type Turns } from './turns.ts';
import { createRefusals } from './evidence/refusals.ts';
import { serviceDetail } from './evidence/service.ts';
import { environmentDetail, environmentSummaries, type EnvironmentParts } from './environments.ts';
import { startEventFeed, type EventFeed } from './events.ts';
import { startDriving } from './driving.ts';
import type { HeldLease } from './lease.ts';
import { serviceLogs } from './logs.ts';
import { createLooks, type Looks } from './looks.ts';
import { openLedger } from './open-ledger.ts';
import { overview } from './overview.ts';
import { createPlatformState } from './platform.ts';
import type { PlanningParts } from './planning.ts';
import { createPressure, type Pressure } from './pressure.ts';
import { createReadiness } from './readiness.ts';
import { createReceipts, type Receipts } from './receipts.ts';
import { createRegistryLogins } from './registry-logins.ts';
import { createRecorded } from './recorded.ts';
import type { Recoverer, RecoverParts } from './recover.ts';
import { recovererOf } from './recoverer-of.ts';
import type { Recovery } from './recovery.ts';
import { leaseUnlessNeeded, lookAtAll, readOnlyBecause } from './recovery-start.ts';
import { findRelease, registerRelease, releaseDetail } from './releases.ts';
import { createSecrets, type Secrets } from './secrets/secrets.ts';
import { startRetention } from './retention.ts';
import { revisions } from './revisions.ts';
import { consoleActor, createSessions, type Sessions } from './sessions.ts';
import { createSignInCodes } from './sign-in-codes.ts';
import { createStatuses, type Statuses } from './statuses.ts';
import { createTiles, type Tiles } from './tiles.ts';
import { createTokenUse } from './token-use.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { startWatch, type Watch } from './watch.ts';

export interface AppParts {
  readonly store: Store;
  readonly registry: Registry;
  readonly evidenceReader: EvidenceReader;
  readonly signatures: SignatureVerifier;
  readonly documents: Documents;
  readonly openEngine: OpenEngine;
  /** Opens the key that signs checkpoints, under this name; once. */
  readonly openSigner: (name: string, signal: AbortSignal) => Promise<Signer>;
  /** The keys that seal secrets, and where secrets are kept elsewhere. */
  readonly secretBox: SecretBox;
  readonly secretSources: SecretSources;
  /** Takes note of a secret's value, so that it is cut out of all that engines say. */
  readonly noteSecret: (value: Uint8Array) => void;
  /** How many values that were noted are known no more. */
  readonly forgottenSecrets: () => number;
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
  /** A code that signs a browser in once, for whoever sees the server's own terminal. */
  signIn(): { readonly code: string; readonly expiresAt: number };
  /** Id of the installation; see Lease. */
  readonly installation: string;
  /** The signed checkpoints of the ledger, and whether it may be signed at all. */
  readonly checkpoints: Checkpoints;
  /** Whether the ledger has to be recovered: until then it is only read. */
  needsRecovery(): boolean;
  /** Where the drive loop is. */
  pulse(): Pulse;
  /** How many tasks are starting because of Drayage, by cluster. */
  starts(): ReadonlyMap<string, StartsOn>;
  /** Answers `draining` from now on, and stops driving between two steps. */
  stop(): Promise<void>;
}

/** Takes the lease, goes on with what the ledger holds unfinished, and offers the use cases. */
export async function startApp(parts: AppParts, signal: AbortSignal): Promise<RunningApp> {
  const { registry, documents, clock, logger, version, blindBudgetMs, newId } = parts;
  const ledger = await openLedger(parts, signal);
  const { store, installation, checkpoints, recovery, leaseParts } = ledger;
  const blobs = createBlobs(store);
  const platform = createPlatformState(store, blobs, parts.platformRefused);
  const tokenUse = createTokenUse({ store, clock, logger });
  const tokens = createTokens({ store, clock, use: tokenUse });
  const codes = createSignInCodes(clock);
  const sessions = createSessions({ store, clock, platform, tokens, codes });
  const firstToken = await tokens.first(signal);
  const feed = await startEventFeed({ store, clock, logger }, signal);
  const clusters = createClusters(platform, parts.openEngine);
  const looks = createLooks(clusters, installation, clock, (seen, at) => recovery.judge(seen, at));
  const recorded = createRecorded({ store, blobs, clock });
  const statuses = createStatuses(looks, clock);
  const [notes, starts] = [createNotes(), createStarts()];
  const { secrets, logins } = openSecrets(parts, { store, blobs, platform });
  const pressure = createPressure();
  const ground = { installation, store, blobs, documents, platform, registry, secrets, pressure };
  const house = { ...ground, logins, clusters, looks, recorded, clock, newId };
  const start = (held: HeldLease) =>
    startDriver({ ...house, lease: held, logger, notes, starts, newSalt: newId, blindBudgetMs });
  await lookAtAll({ recorded, looks, clock }, signal);
  const lease = ledger.firstLease ?? (await leaseUnlessNeeded(recovery, leaseParts, signal));
  const driver = startDriving({ ...leaseParts, logger, start }, lease);
  const recoverer = recovererOf(parts, ledger, house, driver);
  const watch = startWatch({ ...house, statuses, logger });
  const retention = startRetention({ store, platform, clock, logger, drives: () => driver.drives() });
  let draining = false;
  const app = useCasesOf({
    ...house,
    evidenceReader: parts.evidenceReader,
    documentTurns: createTurns(),
    signatures: parts.signatures,
    driver,
    feed,
    tokens,
    sessions,
    statuses,
    watch,
    version,
    commentary: notes,
    starts,
    checkpoints,
    recovery,
    recoverer,
    receipts: createReceipts({ store, checkpoints }),
    tiles: createTiles({ store, checkpoints }),
    readiness: createReadiness({ store, clock, recovery, pulse: () => driver.pulse(), isDraining: () => draining }),
  });
  return {
    app,
    firstToken,
    signIn: () => codes.create(consoleActor),
    installation,
    checkpoints,
    needsRecovery: () => recovery.need() !== null,
    pulse: () => driver.pulse(),
    starts: () => starts.all(),
    async stop() {
      draining = true;
      await stopAll({ feed, driver, looks, watch, retention, tokenUse, checkpoints, clusters });
    },
  };
}

type Stoppable = { stop(): Promise<void> };

/** In this order: first whoever is told of things, last what all others ask. */
async function stopAll(of: {
  readonly feed: Stoppable;
  readonly driver: Stoppable;
  readonly looks: Pick<Looks, 'end'>;
  readonly watch: Stoppable;
  readonly retention: Stoppable;
  readonly tokenUse: Stoppable;
  readonly checkpoints: Stoppable;
  readonly clusters: Pick<Clusters, 'close'>;
}): Promise<void> {
  await of.feed.stop();
  const driven = of.driver.stop();
  of.looks.end();
  await Promise.all([driven, of.watch.stop()]);
  await of.retention.stop();
  await of.tokenUse.stop();
  await of.checkpoints.stop();
  await of.clusters.close();
}

/** The secrets, which the passwords of registries may be as well. */
function openSecrets(parts: AppParts, house: Pick<RecoverParts, 'store' | 'blobs'> & Pick<PlanningParts, 'platform'>) {
  const { registry, clock, secretBox: box, secretSources: sources } = parts;
  const secrets = createSecrets({ ...parts, ...house, box, sources });
  return { secrets, logins: createRegistryLogins({ ...house, registry, secrets, clock }) };
}

/** What the use cases share. */
interface House
  extends
    EnvironmentParts,
    Omit<PlanningParts, 'clock'>,
    Pick<AppParts, 'registry' | 'clock' | 'version' | 'newId' | 'evidenceReader'> {
  readonly documentTurns: Turns;
  readonly pressure: Pressure;
  readonly commentary: Commentary;
  readonly starts: Starts;
  readonly driver: Driver;
  readonly installation: string;
  readonly feed: EventFeed;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly secrets: Secrets;
  readonly clusters: Clusters;
  readonly statuses: Statuses;
  readonly watch: Watch;
  readonly checkpoints: Checkpoints;
  readonly recovery: Recovery;
  readonly recoverer: Recoverer;
  readonly receipts: Receipts;
  readonly tiles: Tiles;
  readonly readiness: App['readiness'];
}

function useCasesOf(house: House): App {
  const { store, blobs, tokens, platform, driver, newId } = house;
  const wake = (deployment: string) => driver.wake(deployment);
  const deployParts = { ...house, newDeploymentId: () => `d-${newId().slice(0, 16)}`, wake };
  const deploymentParts = { ...house, wake };
  return {
    readiness: (at) => house.readiness(at),
    readOnly: () => readOnlyBecause(house.recovery.need()),
    ...house.sessions,
    registerRelease: (actor, input, at) => registerRelease(house, actor, input, at),
    release: async (service, name, at) => releaseDetail(house, await findRelease(store, service, name, at), at),
    attachEvidence: async (actor, { service, version, input }, at) => {
      const row = await findRelease(store, service, version, at);
      await attachEvidence(house, actor, { row, input }, at);
      return await releaseDetail(house, row, at);
    },
    refusals: createRefusals(house),
    variety: (at) => variety(house, at),
    service: (service, at) => serviceDetail(house, service, at),
    whereIs: (vulnerability, at) => whereIs(house, vulnerability, at),
    waive: (actor, input, at) => waive(house, actor, input, at),
    releases: (filter, page, at) => store.releases(filter, page, at),
    compare: (a, b, at) => compare(house, a, b, at),
    plan: (input, at) => planned(house, input, at),
    deploy: async (actor, input, at) => {
      // That there is nothing to do would be told of a ledger that does not know what runs.
      house.recovery.check();
      return await house.pressure.during(() => deploy(deployParts, actor, input, at));
    },
    deployment: (id, at) => deploymentDetail(deploymentParts, id, at),
    deploymentConfigs: (id, at) => deployedConfigs(house, id, at),
    deployments: (filter, page, at) => store.deployments(filter, page, at),
    cancel: (actor, id, leave, at) => cancel(deploymentParts, actor, id, leave, at),
    environments: (filter, page, at) => environmentSummaries(house, filter, page, at),
    overview: (filter, page, at) => overview(house, filter, page, at),
    clusters: (at) => clusterStatuses(house, at),
    revisions: (environment, page, at) => revisions(house, environment, page, at),
    environment: (name, at) => environmentDetail(house, name, at),
    logs: (actor, environment, input, at) => serviceLogs(house, actor, environment, input, at),
    entries: async (after, limit, at) => {
      // The head first: what comes after it is not promised by it.
      const head = await store.head(at);
      return { head, entries: await store.entries(after, limit, at) };
    },
    entriesBefore: async (before, limit, filter, at) => {
      const head = await store.head(at);
      return { head, ...(await store.entriesBefore(before, limit, filter, at)) };
    },
    events: (filter, after, at) => house.feed.events(filter, after, at),
    platform: async (at) => {
      const { row } = await platform.current(at);
      return { row, source: new TextDecoder().decode(await blobs.bytes(row.source, at)), refused: platform.refused() };
    },
    createToken: (actor, input, at) => tokens.create(actor, input, at),
    tokens: (filter, page, at) => store.tokens(filter, page, at),
    revokeToken: (actor, id, at) => tokens.revoke(actor, id, at),
    doctor: (at) => diagnose(house, at),
    recovery: (at) => house.recoverer.report(at),
    recover: (actor, confirm, at) => house.recoverer.recover(actor, confirm, at),
    proof: (sequence, at) => house.receipts.soon(sequence, at),
    proofs: (sequences, at) => house.receipts.kept(sequences, at),
    receipt: (sequence, at) => house.receipts.fresh(sequence, at),
    checkpoint: () => house.tiles.checkpoint(),
    tile: (path, at) => house.tiles.tile(path, at),
    erase: (actor, input, at) => erase({ store, forgetNames: () => house.sessions.forgetNames() }, actor, input, at),
    rotateKey: (actor, at) => house.checkpoints.rotate(actor.id, at),
    secrets: (environment, at) => house.secrets.list(environment, at),
    setSecret: (actor, input, at) => house.secrets.set(actor, input, at),
    revokeSecret: (actor, of, at) => house.secrets.revoke(actor, of, at),
    rotateSecretKey: (actor, at) => house.secrets.rotateKey(actor, at),
  };
}
