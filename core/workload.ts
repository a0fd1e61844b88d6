import { canonical } from './canonical.ts';
import { sha256Joined, type Digest } from './hash.ts';
import type { SecretRef } from './secret.ts';

/** The command that tells whether a task is healthy. Times in milliseconds. */
export type HealthCheck =
  | { readonly kind: 'image' } // whatever the image declares
  | { readonly kind: 'none' } // switched off
  | {
      readonly kind: 'command';
      /** As Docker has it: ['CMD', ...] or ['CMD-SHELL', line]; empty: the image's own command at these times. */
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

/** A named volume, of one environment and service: it outlives every deployment. */
export interface VolumeMount {
  /** Its name on the engine; in a definition, its name in the Compose file. */
  readonly volume: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** A new volume is not filled with what the image has at the target. */
  readonly noCopy?: true;
  /** The driver that makes the volume, with its options; absent: the engine's own local one. */
  readonly driver?: { readonly name: string; readonly options: { readonly [name: string]: string } };
}

/** A path of the node itself, where the Platform document allows it. */
export interface BindMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation?: 'rprivate' | 'private' | 'rshared' | 'shared' | 'rslave' | 'slave';
}

/** A name that the container's own table of hosts leads to an address. */
export interface HostEntry {
  readonly name: string;
  /** An IP address. */
  readonly address: string;
}

export interface ResourceLimit {
  readonly name: string;
  /** -1: unlimited. */
  readonly soft: number;
  readonly hard: number;
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

/** A secret given to the container as a file in memory. */
export interface SecretFile {
  /** Its name in the environment. */
  readonly secret: string;
  readonly ref: SecretRef;
  readonly target: string;
  readonly mode: number;
  readonly uid: string;
  readonly gid: string;
}

export interface NetworkAttachment {
  /** The network's name on the engine. */
  readonly network: string;
  readonly internal: boolean;
  /** What crosses nodes is encrypted (IPsec); absent: it is not. */
  readonly encrypted?: true;
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
 * What few components ask for. A member is present only where the definition asks for it, so that a workload of before
 * there was the member keeps its hash: a newer Drayage never restarts what runs.
 */
export interface WorkloadExtras {
  readonly workingDir?: string;
  readonly stopSignal?: string;
  /** May hold the engine's own placeholders, such as `{{.Task.Slot}}`. */
  readonly hostname?: string;
  readonly tty?: true;
  readonly stdinOpen?: true;
  /** More groups of the process, sorted. */
  readonly groups?: readonly string[];
  /** Sorted by name, then address. */
  readonly hosts?: readonly HostEntry[];
  readonly dns?: {
    readonly servers: readonly string[];
    readonly search: readonly string[];
    readonly options: readonly string[];
  };
  readonly sysctls?: { readonly [name: string]: string };
  /** Sorted by name. */
  readonly ulimits?: readonly ResourceLimit[];
  /** Sorted; added ones only where the Platform document allows them. */
  readonly addedCapabilities?: readonly string[];
  readonly droppedCapabilities?: readonly string[];
  /** The user's own labels of each container, none of Drayage's. */
  readonly labels?: { readonly [name: string]: string };
  /** The user's own labels of the service object: changing them restarts nothing. */
  readonly serviceLabels?: { readonly [name: string]: string };
  readonly logging?: { readonly driver: string; readonly options: { readonly [name: string]: string } };
  /** Sorted by target; only where the Platform document allows them. */
  readonly binds?: readonly BindMount[];
  /** The network of the node itself, and no other; only where the Platform document allows it. */
  readonly hostNetwork?: true;
  /** One task on each node that fits, whatever `replicas` says; then `replicas` is 1. */
  readonly mode?: 'global';
  /** Countable resources by kind that a node must have free, such as `{ GPU: 1 }`. */
  readonly genericResources?: { readonly [kind: string]: number };
  readonly isolation?: 'default' | 'process' | 'hyperv';
}

/**
 * What one component is to be in one environment on one cluster: full, resolved, engine-neutral. Every member is
 * present but `secrets` and those of `WorkloadExtras`; `null` says "the engine's or image's own". Lists whose order means nothing are
 * sorted.
 */
export interface Workload extends WorkloadExtras {
  /** Sorted by target; absent without any, so that a workload of before there were secrets keeps its hash. */
  readonly secrets?: readonly SecretFile[];
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
  return sha256Joined(workloadTexts(workload));
}

/** SHA-256 of the target's canonical JSON, which is what is stored under it. */
export function targetDigest(target: Target): Digest {
  return sha256Joined(targetTexts(target));
}

/**
 * The same target on another cluster. Services run on many: what is written of one for its hash and its digest serves
 * all of them, as they differ in one member only.
 */
export function retarget({ workload, release, policy }: Target, cluster: string): Target {
  const other = { ...workload, cluster };
  firsts.set(other, firstOf(workload));
  return { workload: other, hash: workloadHash(other), release, policy };
}

/** Workloads by what `retarget` made of them for other clusters. */
const firsts = new WeakMap<Workload, Workload>();

/** What `retarget` made a workload of, else itself: those with the same first one differ in their cluster at most. */
export function firstOf(workload: Workload): Workload {
  return firsts.get(workload) ?? workload;
}

function targetTexts({ workload, hash, release, policy }: Target): readonly string[] {
  const head = `{"hash":${canonical(hash)},"policy":${policyText(policy)},"release":${canonical(release)},"workload":`;
  return [head, ...workloadTexts(workload), '}'];
}

/** The canonical JSON of a workload: what stands before its cluster and after it was written for the first one. */
function workloadTexts(workload: Workload): readonly string[] {
  const first = firstOf(workload);
  const { before, after } = around.get(first) ?? writeAround(first);
  return [before, clusterText(workload), after];
}

function clusterText({ cluster }: Workload): string {
  return `"cluster":${canonical(cluster)}`;
}

interface Around {
  readonly before: string;
  readonly after: string;
}

/** Kept, as nobody changes a workload: its target holds the same text once more. */
const around = new WeakMap<Workload, Around>();

function writeAround(workload: Workload): Around {
  const text = canonical(workload);
  const earlier = Object.entries(workload).filter(([name, value]) => name < 'cluster' && value !== undefined);
  const before = earlier.length === 0 ? '{' : `${canonical(Object.fromEntries(earlier)).slice(0, -1)},`;
  const written = { before, after: text.slice(before.length + clusterText(workload).length) };
  around.set(workload, written);
  return written;
}

/** The canonical JSON of policies, which the targets of a component share. */
const policyTexts = new WeakMap<UpdatePolicy, string>();

function policyText(policy: UpdatePolicy): string {
  const known = policyTexts.get(policy);
  if (known !== undefined) return known;
  const text = canonical(policy);
  policyTexts.set(policy, text);
  return text;
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
