import type { Digest } from './hash.ts';
import type { Json } from './json.ts';
import type { Parameter } from './release.ts';
import type { ConfigFile, SecretFile, Workload, WorkloadExtras } from './workload.ts';

/** What `x-drayage` says of a whole service. */
export interface ServiceTraits {
  readonly owner: string | null;
  readonly runbook: string | null;
  /** The service runs on every cluster that bears this role; null: on the environment's only cluster. */
  readonly role: string | null;
  /** Services that must be there, and updated first. */
  readonly needs: readonly string[];
  /**
   * Name -> component that other services of the environment find under it, on other clusters too. The main component
   * is always found under the service's name on its own cluster; here it stands only when it is exported to others.
   */
  readonly exports: { readonly [name: string]: string };
  /** How long one step may take; null: as the environment has it. */
  readonly deadlineMs: number | null;
  /** Secrets of the environment, sorted, whose newer versions alone restart none of its tasks. Absent without any. */
  readonly withholds?: readonly string[];
}

/** A network as a component joins it; `default` is the service's private one. */
export interface DefinedNetwork {
  readonly network: string;
  readonly internal: boolean;
  readonly aliases: readonly string[];
}

/** How the Compose file wants updates done; null where it is silent. */
export interface DefinedUpdate {
  readonly order: 'start-first' | 'stop-first' | null;
  readonly parallelism: number | null;
  readonly delayMs: number | null;
  readonly monitorMs: number | null;
  readonly maxFailureRatio: number | null;
}

/** The members of a workload that its definition settles alone. */
type DefinedMembers = Pick<
  Workload,
  | keyof WorkloadExtras
  | 'image'
  | 'entrypoint'
  | 'command'
  | 'variables'
  | 'user'
  | 'init'
  | 'readOnlyRoot'
  | 'stopGraceMs'
  | 'health'
  | 'tmpfs'
  | 'volumes'
  | 'ports'
  | 'endpointMode'
  | 'replicas'
  | 'limits'
  | 'reservations'
  | 'restart'
  | 'placement'
>;

/**
 * One Compose service, typed and with all defaults that do not depend on the environment. The image bears its digest;
 * a volume goes by its name in the Compose file.
 */
export interface ComponentDefinition extends DefinedMembers {
  readonly configs: readonly ConfigFile[];
  /** Which version each is, the environment says. Absent without any. */
  readonly secrets?: readonly Omit<SecretFile, 'ref'>[];
  readonly networks: readonly DefinedNetwork[];
  readonly update: DefinedUpdate;
  /** Components of the same service that come first. */
  readonly dependsOn: readonly string[];
}

/** A release with its parameters filled in: what planning makes workloads of. */
export interface ServiceDefinition {
  readonly service: string;
  readonly version: string;
  readonly traits: ServiceTraits;
  readonly components: { readonly [component: string]: ComponentDefinition };
  /** Contents that came of templates, by digest; absent when none did. */
  readonly rendered?: { readonly [content: Digest]: string };
}

/** A Compose file that was read for a release: checked, but with parameters still open. */
export interface ReadDefinition {
  /** The document as JSON, `--var` values filled in, ignored keys left out. */
  readonly definition: Json;
  /** component -> image reference as written. */
  readonly images: { readonly [component: string]: string };
  /** Paths of the files that configs name, as written, sorted. */
  readonly files: readonly string[];
  /** Files whose content stands in the document itself: `inline:NAME` -> text. */
  readonly inline: { readonly [path: string]: string };
  /** Those of `files` in which parameters are filled in. */
  readonly templates: readonly string[];
  readonly parameters: readonly Parameter[];
  /** `file:line:column: ...` sentences. */
  readonly warnings: readonly string[];
}
