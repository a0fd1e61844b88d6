import { digestOf, type Digest } from './hash.ts';

/** The command that tells whether a task is healthy. Times in milliseconds. */
export type HealthCheck =
  | { readonly kind: 'image' } // whatever the image declares
  | { readonly kind: 'none' } // switched off
  | {
      readonly kind: 'command';
      /** As Docker has it: ['CMD', ...] or ['CMD-SHELL', line]. */
      readonly test: readonly string[];
      readonly intervalMs: number;
      readonly timeoutMs: number;
      readonly retries: number;
      readonly startPeriodMs: number;
    };

export interface TmpfsMount {
  readonly target: string;
  readonly sizeBytes: number | null;
  readonly mode: number | null;
}

/** A named volume; its engine name is that of the environment and service, so that it outlives every deployment. */
export interface VolumeMount {
  readonly volume: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A file given to the container; `content` is the digest of a stored blob. */
export interface ConfigFile {
  readonly config: string;
  readonly content: Digest;
  readonly target: string;
  readonly mode: number;
  readonly uid: string;
  readonly gid: string;
}

export interface NetworkAttachment {
  /** The network's name on the engine. */
  readonly network: string;
  readonly internal: boolean;
  /** Names under which tasks are found on it, sorted. */
  readonly aliases: readonly string[];
}

export interface PublishedPort {
  readonly target: number;
  readonly published: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly mode: 'ingress' | 'host';
}

export interface ResourceAmounts {
  /** Billionths of a CPU, as Docker counts. */
  readonly nanoCpus: number | null;
  readonly memoryBytes: number | null;
  readonly pids: number | null;
}

export interface RestartPolicy {
  readonly condition: 'none' | 'on-failure' | 'any';
  readonly delayMs: number;
  readonly maxAttempts: number | null;
  readonly windowMs: number | null;
}

export interface Placement {
  readonly constraints: readonly string[];
  /** Labels over which tasks are spread. */
  readonly spreadOver: readonly string[];
  readonly maxPerNode: number | null;
}

/**
 * What one component is to be in one environment on one cluster: full, resolved, engine-neutral. Every member is
 * present, `null` says "the engine's or image's own". Lists whose order means nothing are sorted.
 */
export interface Workload {
  readonly environment: string;
  readonly cluster: string;
  readonly service: string;
  readonly component: string;
  /** `repository:tag@sha256:...`: the digest decides, the tag is for people. */
  readonly image: string;
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly variables: { readonly [name: string]: string };
  readonly user: string | null;
  readonly init: boolean;
  readonly readOnlyRoot: boolean;
  readonly stopGraceMs: number;
  readonly health: HealthCheck;
  readonly tmpfs: readonly TmpfsMount[];
  readonly volumes: readonly VolumeMount[];
  readonly configs: readonly ConfigFile[];
  readonly networks: readonly NetworkAttachment[];
  readonly ports: readonly PublishedPort[];
  readonly endpointMode: 'vip' | 'dnsrr';
  readonly replicas: number;
  readonly limits: ResourceAmounts;
  readonly reservations: ResourceAmounts;
  readonly restart: RestartPolicy;
  readonly placement: Placement;
}

/** How a change of the workload is carried out and watched; not part of the workload's identity. */
export interface UpdatePolicy {
  readonly order: 'start-first' | 'stop-first';
  /** Tasks replaced at once; 0 is all. */
  readonly parallelism: number;
  readonly delayMs: number;
  /** How long everything must stay healthy before the step counts as verified. */
  readonly monitorMs: number;
  /** Share of tasks, 0 to 1, that may fail before the step has failed. */
  readonly maxFailureRatio: number;
  /** How long the step may take, in observed time. */
  readonly deadlineMs: number;
}

/** A workload to run, with the release that it came from and how to get there. Stored as a blob under its digest. */
export interface Target {
  readonly workload: Workload;
  readonly hash: Digest;
  readonly release: string;
  readonly policy: UpdatePolicy;
}

/** The workload's identity. Labels, the release's version and the update policy are not part of it. */
export function workloadHash(workload: Workload): Digest {
  return digestOf(workload);
}

/** Where a workload stands: unique within an environment. */
export interface Spot {
  readonly cluster: string;
  readonly service: string;
  readonly component: string;
}

/** A spot's name, `cluster/service/component`; it is also the id of the step that changes it. */
export function spotName(spot: Spot): string {
  return `${spot.cluster}/${spot.service}/${spot.component}`;
}
