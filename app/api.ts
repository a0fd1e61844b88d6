import type { Role, Scope } from '../core/access.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import type { LogExcerpt } from '../core/outcome.ts';
import type { Comparison } from '../core/comparing/compare.ts';
import type { Plan } from '../core/plan.ts';
import type { ConfigChange } from '../core/planning/text-diff.ts';
import type { RestartWish } from '../core/planning/withhold.ts';
import type { Rollout } from '../core/rollout/state.ts';
import type { SeenTask } from '../core/sighting.ts';
import type { SpecEntry } from '../core/spec.ts';
import type { Digest } from '../core/hash.ts';
import type { EngineDescription, LogLine } from '../port/engine.ts';
import type {
  DeploymentFilter,
  DeploymentRow,
  EntriesBefore,
  EntryFilter,
  Head,
  Page,
  PageRequest,
  PlatformRow,
  ReleaseFilter,
  ReleaseRow,
  TokenRow,
} from '../port/store.ts';
import type { AttachInput } from './evidence/attach.ts';
import type { WaiveInput, Whereabouts } from './evidence/findings.ts';
import type { Subject } from './compare.ts';
import type { Variety } from './evidence/variety.ts';
import type { Refusals } from './evidence/refusals.ts';
import type { ServiceDetail } from './evidence/service.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { EraseInput, Erasure, ProvenReceipt, Receipt, SigningKeyChange } from './ledger-api.ts';
import type { SecretUses } from './secret-api.ts';
import type { OlderPin } from './secrets/uses.ts';
import type { Recovered, RecoveryReport } from './recovery-api.ts';
import type { ReleaseDetail, ReleaseInput } from './release-api.ts';

/** Who asks. */
export interface Actor {
  /**
   * The pseudonym that the ledger holds: a token's id, `console` for who signed in with the link on the server's own
   * terminal, `anonymous`.
   */
  readonly id: string;
  /** What people call them: the token's name. */
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  /** Id of the browser session's own token; null for an API token and for `anonymous`. */
  readonly session: string | null;
  /** When the token or session ends by itself; null: never. */
  readonly expiresAt: number | null;
}

/** A browser that has signed in. */
export interface OpenedSession {
  readonly actor: Actor;
  /** Goes into the cookie; kept nowhere else. */
  readonly secret: string;
  readonly expiresAt: number;
}

export interface TokenInput {
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly expiresAt: number | null;
}

/** Where the wanted spec comes from. */
export type Wanted =
  | {
      readonly kind: 'document';
      readonly document: { readonly name: string; readonly text: string };
      readonly base: number | null;
    }
  | { readonly kind: 'change'; readonly environment: string; readonly set: { readonly [service: string]: string } }
  | { readonly kind: 'rollback'; readonly environment: string; readonly to: string | null };

export interface PlanInput {
  readonly wanted: Wanted;
  readonly allowRemove: readonly string[];
  readonly allowOlder: true | readonly string[];
  /** Whether newer versions of secrets alone restart tasks; absent: as the definitions say. */
  readonly restart?: RestartWish;
}

export interface PlannedDeployment {
  readonly plan: Plan;
  readonly digest: Digest;
  /** What its author should mend in the document. */
  readonly warnings: readonly string[];
  /** What blocks running more of what it changes; beside the plan, no part of it. */
  readonly advice: readonly string[];
  readonly configs: readonly ConfigChange[];
  /** Ids of unfinished deployments that it would wait for. */
  readonly waitsFor: readonly string[];
}

export type DeployAnswer =
  | {
      readonly kind: 'accepted' | 'joined';
      readonly deployment: string;
      readonly plan: Digest;
      readonly receipt: Receipt;
      readonly waitsFor: readonly string[];
    }
  | { readonly kind: 'nothing-to-do'; readonly plan: Digest; readonly revision: number };

/** What the last look of the driver showed of a step that is under way. */
export interface StepProgress {
  /** In a few words: `2 of 3 running`. */
  readonly text: string;
  /** Those that the engine wants, and those that ended last; the newest change first, at most 20. */
  readonly tasks: readonly SeenTask[];
}

export interface DeploymentDetail {
  readonly row: DeploymentRow;
  readonly plan: Plan;
  readonly rollout: Rollout;
  /** The deployment's stream, for the times. */
  readonly entries: readonly LedgerEntry[];
  readonly waitsFor: readonly { readonly deployment: string; readonly services: readonly string[] }[];
  /** What keeps it from going on just now. */
  readonly holds: readonly string[];
  /** By step id, from the last look of the driver. */
  readonly progress: ReadonlyMap<string, StepProgress>;
  /** Log excerpts by digest; `erased` where one was. */
  readonly excerpts: ReadonlyMap<Digest, LogExcerpt | 'erased'>;
}

/** How a component is doing. `unknown` is never shown as fine. */
export type Health = 'healthy' | 'converging' | 'degraded' | 'missing' | 'unknown';

export interface ComponentStatus {
  readonly cluster: string;
  readonly service: string;
  readonly component: string;
  readonly release: string;
  readonly image: string;
  readonly settled: boolean;
  readonly health: Health;
  readonly running: number | null;
  readonly replicas: number;
  readonly message: string | null;
}

export interface EnvironmentSummary {
  readonly name: string;
  readonly clusters: readonly string[];
  readonly revision: number;
  readonly services: number;
  readonly unfinished: number;
}

/** A line of an environment's history: what a revision changed. */
export interface Revision {
  readonly revision: number;
  readonly deployment: string;
  readonly actor: string;
  readonly time: number;
  /** By service; null: it was not there. */
  readonly changes: { readonly [service: string]: { readonly from: SpecEntry | null; readonly to: SpecEntry | null } };
}

/** What stands where a service meets an environment. */
export interface OverviewCell {
  readonly version: string;
  /** The worst of its components; `unknown` when the last look is too old or was not complete. */
  readonly health: Health;
  readonly running: number | null;
  readonly replicas: number;
  /** When this version came. */
  readonly since: number;
  readonly message: string | null;
}

export interface OverviewEnvironment extends EnvironmentSummary {
  readonly simulated: boolean;
  /** The oldest of the newest looks at its clusters; null before the first. */
  readonly observedAt: number | null;
  readonly trouble: string | null;
}

/** Every service against every environment. */
export interface Overview {
  readonly environments: readonly OverviewEnvironment[];
  readonly services: readonly {
    readonly service: string;
    /** In the order of the environments; null where it does not run and nothing moves. */
    readonly cells: readonly {
      readonly now: OverviewCell | null;
      /** The unfinished deployment that changes it here, newest first. */
      readonly moving: { readonly deployment: string; readonly phase: 'queued' | 'active' } | null;
    }[];
  }[];
  readonly next: string | null;
  /** Services that match, on all pages. */
  readonly total: number;
  /** Services of all environments by health, whatever the search. */
  readonly healths: Readonly<Record<Health, number>>;
}

/** A cluster as it was last seen. */
export interface ClusterStatus {
  readonly cluster: string;
  readonly engine: 'swarm' | 'simulated';
  readonly roles: readonly string[];
  readonly address: string | null;
  readonly stepsAtOnce: number;
  /** The most tasks that may be starting because of Drayage, and how many may be now. */
  readonly startsAtOnce: number;
  readonly startsUnderWay: number;
  readonly environments: readonly string[];
  readonly description: EngineDescription | null;
  /** When it last answered; null: never since the server started. */
  readonly observedAt: number | null;
  /** Why it does not answer now; null when it does. */
  readonly trouble: string | null;
}

/** Which events a reader wants; all of what is given must hold. */
export interface EventFilter {
  readonly environment?: string;
  readonly deployment?: string;
  readonly service?: string;
  readonly kinds?: readonly LedgerEntry['kind'][];
}

/** Some entries of the ledger for one reader, with how far it has come: entries that its filter left out count too. */
export interface EventBatch {
  /** In order; each text is the entry's canonical JSON. */
  readonly events: readonly { readonly sequence: number; readonly text: string }[];
  readonly through: number;
}

export interface EnvironmentDetail extends EnvironmentSummary {
  readonly spec: { readonly [service: string]: SpecEntry };
  readonly observed: readonly {
    readonly cluster: string;
    readonly simulated: boolean;
    readonly observedAt: number | null;
    readonly trouble: string | null;
  }[];
  readonly components: readonly ComponentStatus[];
  /** Who has not got the newest version of a secret that Drayage keeps. */
  readonly olderSecrets: readonly OlderPin[];
  /** The newest ten. */
  readonly deployments: readonly DeploymentRow[];
}

export interface LogsInput {
  readonly service: string;
  readonly component: string | null;
  readonly cluster: string | null;
  readonly tail: number;
  readonly follow: boolean;
}

export interface PlacedLogLine extends LogLine {
  readonly cluster: string;
  readonly component: string;
}

export interface Readiness {
  readonly status: 'ok' | 'starting' | 'draining' | 'failing';
  readonly checks: { readonly [what: string]: string | null };
}

/** The use cases: what a server offers, whatever carries it. All reject with a Fault for what an operator can meet. */
export interface App extends SecretUses<Actor> {
  /** What the server needs to take requests; each check is null, or why it fails. */
  readiness(signal: AbortSignal): Promise<Readiness>;
  /** Why nothing may be changed, and what is to be done: the ledger has to be recovered. Null: it need not. */
  readOnly(): { readonly reason: string; readonly next: string } | null;
  /** `auth.wrong` when the secret is no live token's, or not of this use. */
  authenticate(secret: string, use: 'api' | 'session', signal: AbortSignal): Promise<Actor>;
  /** Who may look without signing in; null unless the platform document allows it. */
  anonymous(signal: AbortSignal): Promise<Actor | null>;
  /** Signs a browser in: `auth.code-wrong`, `auth.wrong`. */
  openSession(
    by: { readonly kind: 'code'; readonly code: string } | { readonly kind: 'token'; readonly token: string },
    signal: AbortSignal,
  ): Promise<OpenedSession>;
  closeSession(actor: Actor, signal: AbortSignal): Promise<void>;
  /** A code that signs a browser in once, as this actor. */
  createSignInCode(actor: Actor): { readonly code: string; readonly expiresAt: number };
  /** What people call the actors of entries and rows. */
  actorNames(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;

  registerRelease(actor: Actor, input: ReleaseInput, signal: AbortSignal): Promise<ReleaseDetail>;
  release(service: string, version: string, signal: AbortSignal): Promise<ReleaseDetail>;
  /** Reads a document and appends it: `evidence.unreadable`, `evidence.too-large`, `evidence.foreign`. */
  attachEvidence(
    actor: Actor,
    of: { readonly service: string; readonly version: string; readonly input: AttachInput },
    signal: AbortSignal,
  ): Promise<ReleaseDetail>;
  /** What runs in environments that would not take it now. */
  refusals(): Promise<Refusals>;
  /** Base images, languages and frameworks of all that the environments are to run. */
  variety(signal: AbortSignal): Promise<Variety>;
  /** Its newest releases and their defect rates: `service.unknown`. */
  service(service: string, signal: AbortSignal): Promise<ServiceDetail>;
  /** Releases whose newest report names a vulnerability; those that run somewhere first. */
  whereIs(vulnerability: string, signal: AbortSignal): Promise<readonly Whereabouts[]>;
  waive(
    actor: Actor,
    input: WaiveInput,
    signal: AbortSignal,
  ): Promise<{ readonly waiver: string; readonly sequence: number }>;
  releases(filter: ReleaseFilter, page: PageRequest, signal: AbortSignal): Promise<Page<ReleaseRow>>;

  compare(a: Subject, b: Subject, signal: AbortSignal): Promise<Comparison>;
  plan(input: PlanInput, signal: AbortSignal): Promise<PlannedDeployment>;
  deploy(
    actor: Actor,
    input: PlanInput & { readonly expectPlan: Digest | null; readonly idempotencyKey: string | null },
    signal: AbortSignal,
  ): Promise<DeployAnswer>;
  deployment(id: string, signal: AbortSignal): Promise<DeploymentDetail>;
  /** What of the contents of configs its plan changes; the first 20. */
  deploymentConfigs(id: string, signal: AbortSignal): Promise<readonly ConfigChange[]>;
  deployments(filter: DeploymentFilter, page: PageRequest, signal: AbortSignal): Promise<Page<DeploymentRow>>;
  cancel(actor: Actor, id: string, leave: boolean, signal: AbortSignal): Promise<DeploymentDetail>;

  /** Environments by name. */
  environments(
    filter: { readonly search?: string },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<Page<EnvironmentSummary>>;
  /** From what the watch loop saw last: never waits for an engine. */
  overview(
    filter: { readonly search?: string; readonly health?: Health },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<Overview>;
  clusters(signal: AbortSignal): Promise<readonly ClusterStatus[]>;
  /** Newest first. */
  revisions(environment: string, page: PageRequest, signal: AbortSignal): Promise<Page<Revision>>;
  environment(name: string, signal: AbortSignal): Promise<EnvironmentDetail>;
  logs(actor: Actor, environment: string, input: LogsInput, signal: AbortSignal): AsyncIterable<PlacedLogLine>;

  entries(
    after: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<{ readonly entries: readonly LedgerEntry[]; readonly head: Head }>;
  entriesBefore(
    before: number | null,
    limit: number,
    filter: EntryFilter,
    signal: AbortSignal,
  ): Promise<EntriesBefore & { readonly head: Head }>;
  /**
   * Events after a sequence (null: from now on), live for ever. The first batch comes at once; it is empty and tells
   * where the reader begins. Rejects with `events.ahead` when the ledger ends before `after`.
   */
  events(filter: EventFilter, after: number | null, signal: AbortSignal): AsyncIterable<EventBatch>;
  platform(
    signal: AbortSignal,
  ): Promise<{ readonly row: PlatformRow; readonly source: string; readonly refused: string | null }>;
  createToken(
    actor: Actor,
    input: TokenInput,
    signal: AbortSignal,
  ): Promise<{ readonly row: TokenRow; readonly secret: string }>;
  tokens(filter: { readonly use?: TokenRow['use'] }, page: PageRequest, signal: AbortSignal): Promise<Page<TokenRow>>;
  revokeToken(actor: Actor, id: string, signal: AbortSignal): Promise<TokenRow>;
  doctor(signal: AbortSignal): Promise<Diagnosis>;
  /** Whether the ledger has to be recovered, and what that would give up: looks at every cluster if so. */
  recovery(signal: AbortSignal): Promise<RecoveryReport>;
  /** Goes on with a ledger that is behind: see `Recoverer`. */
  recover(actor: Actor, confirm: Digest, signal: AbortSignal): Promise<Recovered>;
  /** The proof of an entry that was just appended: waits at most 2 s for it; null when it cannot be had by then. */
  proof(sequence: number, signal: AbortSignal): Promise<string | null>;
  /** The proofs of entries, by sequence, as far as they can be had at once. */
  proofs(sequences: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>>;
  /** Against the newest checkpoint: `ledger.entry-unknown`, `ledger.unsigned`, `ledger.behind`. */
  receipt(sequence: number, signal: AbortSignal): Promise<ProvenReceipt>;
  /** The newest signed checkpoint, verbatim: `ledger.unsigned`, `ledger.behind`. */
  checkpoint(): string;
  /** A tile of the ledger by what follows `tile/` in its address (C2SP tlog-tiles): `ledger.tile-unknown`. */
  tile(path: string, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Erases content for ever: `auth.not-allowed`, `deployment.unknown`, `token.unknown`; `content.not-erasable` for a
   * name that was recorded before names could be erased.
   */
  erase(actor: Actor, input: EraseInput, signal: AbortSignal): Promise<Erasure>;
  /** Puts a new signing key in force: `ledger.behind`, `signing.failed`. */
  rotateKey(actor: Actor, signal: AbortSignal): Promise<SigningKeyChange>;
}
