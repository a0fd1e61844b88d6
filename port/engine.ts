import type { Digest } from '../core/hash.ts';
import type { Sighting } from '../core/sighting.ts';
import type { SecretFile, Spot, Target } from '../core/workload.ts';

/** Who writes: goes into labels and is compared before every write. */
export interface Writer {
  /** Id of this Drayage installation: tells its objects from those of others on the same engine. */
  readonly installation: string;
  readonly deployment: string;
  /** Ledger sequence of the lease's grant. */
  readonly generation: number;
}

/** Credentials for the engine to pull with; null when the registry asks for none. */
export interface PullCredentials {
  readonly username: string;
  readonly password: string;
  readonly serverAddress: string;
  /** Tells whether two are the same, and nothing of what they are; the engine keeps it on the object. Absent: it keeps none. */
  readonly id?: string;
}

export interface ApplyRequest {
  readonly writer: Writer;
  readonly target: Target;
  /** The content of every config of the workload, by digest. */
  readonly files: ReadonlyMap<Digest, Uint8Array>;
  /**
   * Gives the value of one of the workload's secrets, and is called only when the engine does not have that version yet.
   * Who called it overwrites the bytes when they are written. What it rejects with, `apply` rejects with. Absent: none of
   * its secrets has to be brought.
   */
  readonly openSecret?: (file: SecretFile, signal: AbortSignal) => Promise<Uint8Array>;
  readonly credentials: PullCredentials | null;
  /**
   * What the engine does by itself when tasks of this write fail: replaces no more of them (`pause`), or goes on, as a
   * way back needs it: what ran before may take more than one start.
   */
  readonly whenTasksFail: 'pause' | 'continue';
  /**
   * Fewer tasks for now than the target has: so many replicas, and so many replaced at once. A later write of the same
   * target with a higher limit, or without one, goes on. Absent: the target as it is.
   */
  readonly limit?: { readonly replicas: number; readonly parallelism: number };
}

export interface RemoveRequest {
  readonly writer: Writer;
  readonly environment: string;
  readonly spot: Spot;
}

export interface RenewRequest {
  readonly writer: Pick<Writer, 'installation' | 'generation'>;
  readonly environment: string;
  readonly spot: Spot;
  readonly credentials: PullCredentials;
}

/** Something may have changed: a hint, never the truth. */
export interface EngineHint {
  /** Where it may have; null: anywhere. */
  readonly environments: ReadonlySet<string> | null;
}

export interface PruneRequest {
  readonly writer: Pick<Writer, 'installation' | 'generation'>;
  readonly environment: string;
  /** What is still needed: digests of configs' contents, and ids of versions of secrets. */
  readonly keep: ReadonlySet<string>;
}

/** What a write did. `unchanged`: the engine held exactly this from the same deployment and generation already. */
export type Written = 'created' | 'updated' | 'unchanged' | 'removed' | 'absent';

export interface LogLine {
  readonly task: string;
  readonly node: string | null;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** By the engine's clock; null where the engine gives none. */
  readonly timeMs: number | null;
}

export interface EngineDescription {
  readonly kind: 'swarm' | 'simulated';
  readonly version: string;
  readonly nodes: readonly { readonly name: string; readonly ready: boolean; readonly manager: boolean }[];
  /** What an operator should know: not a manager, no IP_VS in the kernel, an engine too old. */
  readonly findings: readonly string[];
}

/**
 * One cluster. Verbs may be repeated at will: asking for what is there already is no failure. Each write is fenced: it
 * looks, refuses with `engine.fenced` when a higher generation is there, and writes with what it saw as the condition.
 * All reject with a Fault: `engine.unreachable`, `engine.refused`, `engine.fenced`, `engine.foreign`,
 * `engine.contended`. A rejection does not mean "not applied": look again.
 */
export interface Engine {
  readonly cluster: string;
  describe(signal: AbortSignal): Promise<EngineDescription>;
  /** All that this installation has in the environment, with the tasks the engine remembers. */
  observe(of: { readonly installation: string; readonly environment: string }, signal: AbortSignal): Promise<Sighting>;
  /** Creates or updates the component, and the networks, volumes, configs and secrets it needs, before it. */
  apply(request: ApplyRequest, signal: AbortSignal): Promise<Written>;
  /** Writes a tombstone, then deletes by id. Volumes stay. Networks, configs and secrets that nothing uses any more go. */
  remove(request: RemoveRequest, signal: AbortSignal): Promise<Written>;
  /**
   * Gives the engine other credentials for what it pulls later, on a node that has not run the component yet. Changes
   * nothing else of the object, and restarts nothing. Leaves as it is what is being updated, or has paused with its
   * update: any write would set that going again.
   */
  renew(request: RenewRequest, signal: AbortSignal): Promise<Written>;
  /**
   * Removes the environment's configs and secrets whose content is not among those to keep, as far as no service refers to them.
   * Answers how many went. Nothing else may begin to write to the environment meanwhile: what it is about to refer to
   * could go.
   */
  prune(request: PruneRequest, signal: AbortSignal): Promise<number>;
  /** The last lines of one task. */
  taskLogs(task: string, lines: number, signal: AbortSignal): Promise<readonly LogLine[]>;
  /** Lines of all tasks of a component; follows until the signal aborts. */
  logs(
    of: { readonly environment: string; readonly spot: Spot; readonly tail: number; readonly follow: boolean },
    signal: AbortSignal,
  ): AsyncIterable<LogLine>;
  /** Yields whenever something may have changed. Ends with the signal or with a Fault. */
  hints(signal: AbortSignal): AsyncIterable<EngineHint>;
  close(): Promise<void>;
}
