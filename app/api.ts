import type { LedgerEntry } from '../core/ledger.ts';
import type { LogExcerpt } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Rollout } from '../core/rollout/state.ts';
import type { SpecEntry } from '../core/spec.ts';
import type { Digest } from '../core/hash.ts';
import type { EngineDescription, LogLine } from '../port/engine.ts';
import type { DeploymentRow, Head, Page, PageRequest, PlatformRow, ReleaseRow, TokenRow } from '../port/store.ts';

/** Who asks: a token's id is the pseudonym that the ledger holds. */
export interface Actor {
  readonly id: string;
  readonly role: 'admin' | 'viewer';
}

/** Where an entry stands on the ledger: its sequence and leaf hash. */
export interface Receipt {
  readonly sequence: number;
  readonly hash: Digest;
}

export interface ReleaseInput {
  readonly service: string;
  readonly version: string;
  readonly compose: { readonly name: string; readonly text: string };
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly vars: { readonly [name: string]: string };
  readonly meta: { readonly [key: string]: string };
}

export interface ReleaseDetail {
  readonly row: ReleaseRow;
  readonly manifest: ReleaseManifest;
  readonly receipt: Receipt;
  readonly created: boolean;
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
}

export interface PlannedDeployment {
  readonly plan: Plan;
  readonly digest: Digest;
  /** What its author should mend in the document. */
  readonly warnings: readonly string[];
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

export interface DeploymentDetail {
  readonly row: DeploymentRow;
  readonly plan: Plan;
  readonly rollout: Rollout;
  /** The deployment's stream, for the times. */
  readonly entries: readonly LedgerEntry[];
  readonly waitsFor: readonly { readonly deployment: string; readonly services: readonly string[] }[];
  /** What keeps it from going on just now. */
  readonly holds: readonly string[];
  /** By step id, from the last look of the driver: `2 of 3 running`. */
  readonly progress: ReadonlyMap<string, string>;
  /** Log excerpts by digest; an erased one is missing. */
  readonly excerpts: ReadonlyMap<Digest, LogExcerpt>;
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

export interface EnvironmentDetail extends EnvironmentSummary {
  readonly spec: { readonly [service: string]: SpecEntry };
  readonly observed: readonly {
    readonly cluster: string;
    readonly simulated: boolean;
    readonly observedAt: number | null;
    readonly trouble: string | null;
  }[];
  readonly components: readonly ComponentStatus[];
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

export interface Diagnosis {
  readonly version: string;
  readonly installation: string;
  readonly head: Head;
  readonly generation: number;
  readonly platform: { readonly revision: number; readonly refused: string | null } | null;
  readonly clusters: readonly {
    readonly cluster: string;
    readonly engine: 'swarm' | 'simulated';
    /** Null when it does not answer; then `trouble` says why. */
    readonly description: EngineDescription | null;
    readonly trouble: string | null;
  }[];
}

/** The use cases: what a server offers, whatever carries it. All reject with a Fault for what an operator can meet. */
export interface App {
  readiness(): 'ok' | 'starting' | 'draining';
  /** `auth.wrong` when the secret is no live token's. */
  authenticate(secret: string, signal: AbortSignal): Promise<Actor>;

  registerRelease(actor: Actor, input: ReleaseInput, signal: AbortSignal): Promise<ReleaseDetail>;
  release(service: string, version: string, signal: AbortSignal): Promise<ReleaseDetail>;
  releases(filter: { readonly service?: string }, page: PageRequest, signal: AbortSignal): Promise<Page<ReleaseRow>>;

  plan(input: PlanInput, signal: AbortSignal): Promise<PlannedDeployment>;
  deploy(
    actor: Actor,
    input: PlanInput & { readonly expectPlan: Digest | null; readonly idempotencyKey: string | null },
    signal: AbortSignal,
  ): Promise<DeployAnswer>;
  deployment(id: string, signal: AbortSignal): Promise<DeploymentDetail>;
  deployments(
    filter: { readonly environment?: string },
    page: PageRequest,
    signal: AbortSignal,
  ): Promise<Page<DeploymentRow>>;
  cancel(actor: Actor, id: string, leave: boolean, signal: AbortSignal): Promise<DeploymentDetail>;

  environments(signal: AbortSignal): Promise<readonly EnvironmentSummary[]>;
  environment(name: string, signal: AbortSignal): Promise<EnvironmentDetail>;
  logs(environment: string, input: LogsInput, signal: AbortSignal): AsyncIterable<PlacedLogLine>;

  entries(
    after: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<{ readonly entries: readonly LedgerEntry[]; readonly head: Head }>;
  platform(
    signal: AbortSignal,
  ): Promise<{ readonly row: PlatformRow; readonly source: string; readonly refused: string | null }>;
  createToken(
    actor: Actor,
    input: { readonly name: string; readonly role: 'admin' | 'viewer' },
    signal: AbortSignal,
  ): Promise<{ readonly row: TokenRow; readonly secret: string }>;
  tokens(signal: AbortSignal): Promise<readonly TokenRow[]>;
  revokeToken(actor: Actor, id: string, signal: AbortSignal): Promise<TokenRow>;
  doctor(signal: AbortSignal): Promise<Diagnosis>;
}
