import type { Digest } from '../../core/hash.ts';
import type { TaskState } from '../../core/sighting.ts';

/** Why the cluster made a task. */
export type TaskOrigin =
  | 'created' // the service was created, or got more replicas
  | 'update' // the updater replaced an older task
  | 'restart' // the task before it in its slot had ended
  | 'node-lost'; // the node of the task before it was found to be gone

/** Why a task's container ended, or why it was asked to. */
export type TaskEnd =
  | 'update' // replaced by the updater
  | 'scale' // fewer replicas were asked for
  | 'removal' // the service was removed
  | 'behaviour' // its image crashes, never becomes healthy, finishes or cannot be pulled
  | 'crash' // it was made to crash from outside
  | 'node-crash' // its node crashed
  | 'node-lost'; // its node was found to be gone, and another task took its slot

/** One task as it really is, containers on nodes that nobody can reach included. All times by the cluster's clock. */
export interface InspectedTask {
  readonly id: string;
  /** The engine's name of the service that it belongs to, and the id of that service object. */
  readonly name: string;
  readonly serviceId: string;
  readonly environment: string;
  readonly service: string;
  readonly component: string;
  readonly slot: number;
  readonly node: string | null;
  /** Workload that the service object held when the task was made. */
  readonly workload: Digest;
  readonly image: string;
  readonly origin: TaskOrigin;
  /** `number` of the write after which it was made. */
  readonly write: number;
  readonly createdAtMs: number;
  /** When the container started; null when it never did. */
  readonly startedAtMs: number | null;
  /** From when on it served: healthy, or without a health check. */
  readonly healthyAtMs: number | null;
  /** When the engine asked it to end, and why; null when it has not. */
  readonly stopAskedAtMs: number | null;
  readonly stopAskedBy: TaskEnd | null;
  /** When the container really ended, or the task did without one; null while it has not. */
  readonly endedAtMs: number | null;
  /** Why it ended: `stopAskedBy` when it was asked to. */
  readonly endedBy: TaskEnd | null;
  /** As the engine's managers know it. */
  readonly state: TaskState;
}

/** One write as it arrived at the cluster. */
export interface InspectedWrite {
  /** Counts all of the cluster's writes from 1. */
  readonly number: number;
  readonly atMs: number;
  readonly connection: string;
  readonly request: 'create' | 'update' | 'delete';
  readonly name: string;
  /** Id of the service object; empty when a creation was refused. */
  readonly serviceId: string;
  /** Of the writer; for `delete` of the tombstone that announced it. */
  readonly installation: string;
  readonly deployment: string;
  readonly generation: number;
  /** Workload and replicas that the object holds from now on; null for removals. */
  readonly workload: Digest | null;
  readonly replicas: number | null;
  readonly tombstone: boolean;
  /** `refused`: the name was taken, the version was another by now, or the object was gone. */
  readonly effect: 'applied' | 'refused';
}

export interface InspectedService {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly service: string;
  readonly component: string;
  readonly installation: string;
  readonly deployment: string;
  readonly generation: number;
  readonly release: string;
  readonly workload: Digest;
  readonly replicas: number;
  readonly tombstone: boolean;
  readonly update: UpdateState;
  /** The version index that a write must name. */
  readonly version: number;
}

/** What the engine itself says of the last write; only the last state is kept, and each write takes it back to `none`. */
export type UpdateState = 'none' | 'updating' | 'paused' | 'completed';

export interface InspectedNode {
  readonly name: string;
  /** `away`: nothing is heard of it, and the managers have not noticed yet; `down`: they have. */
  readonly state: 'ready' | 'away' | 'down';
}

/** The whole truth about a simulated cluster, as nobody sees it from outside. */
export interface Inspection {
  /** Of the cluster's clock, in ms since 1970. */
  readonly atMs: number;
  readonly nodes: readonly InspectedNode[];
  /** Service objects that are there now, by name. */
  readonly services: readonly InspectedService[];
  /** All tasks that have not ended, and the last ended ones; in the order of their making. */
  readonly tasks: readonly InspectedTask[];
  /** The last writes, in the order of their arrival. */
  readonly writes: readonly InspectedWrite[];
  /** How many ended tasks and writes were forgotten because there were more than `recordMost` of them. */
  readonly forgotten: { readonly tasks: number; readonly writes: number };
}
