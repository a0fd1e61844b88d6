import type { Digest } from './hash.ts';
import type { Spot } from './workload.ts';

/** Where a task is in its life, in Drayage's words. */
export type TaskState =
  | 'waiting' // not placed on a node yet
  | 'starting' // placed, pulling, preparing, or not healthy yet
  | 'running' // started and, where there is a health check, healthy
  | 'finished' // ended by itself with exit code 0
  | 'failed' // ended with an error, became unhealthy, or was rejected by its node
  | 'stopped'; // ended because the engine was asked to

export interface SeenTask {
  /** The engine's id. */
  readonly id: string;
  /** Name for people, such as `dev_cart_web.2`. */
  readonly name: string;
  readonly node: string | null;
  readonly state: TaskState;
  /** Whether the engine still wants it to run. */
  readonly wanted: boolean;
  /**
   * Whether the task was created from the object as it is now, not from an earlier state of it: a failure of another
   * says nothing about the present change. (Swarm: the task's spec version is the service's, `_up-to-date=true`.)
   */
  readonly current: boolean;
  /** Workload hash that the container carries; null when it carries none. */
  readonly workload: Digest | null;
  /** The engine's own words on the state or its error; cut to 500 characters. */
  readonly message: string;
  readonly exitCode: number | null;
  /** When the task was created and last changed its state, by the engine's clock, in ms since 1970. */
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** What the engine holds under the name of one component. */
export interface SeenWorkload extends Spot {
  /** The engine's id; empty when the object is gone and only some of its tasks are left. */
  readonly engineId: string;
  /** From the object's labels; a null hash is an object of ours whose labels somebody removed. */
  readonly release: string | null;
  readonly workload: Digest | null;
  readonly deployment: string | null;
  readonly generation: number;
  /** The engine itself stopped updating and waits. */
  readonly updatePaused: boolean;
  /** The engine is still carrying out an update by its own account. */
  readonly updating: boolean;
  /** The engine's update waits for what will never come: one more write of the same sets it going. Absent: it does not. */
  readonly stalled?: boolean;
  readonly replicas: number;
  /** Id of the credentials that the engine pulls with. Absent: the object bears none. */
  readonly credentials?: string;
  /** A removal has been announced on the object and not finished yet. */
  readonly tombstone: boolean;
  readonly tasks: readonly SeenTask[];
}

/** What one cluster was seen to run for one environment. */
export interface Sighting {
  readonly cluster: string;
  readonly environment: string;
  /** When the look began, by Drayage's clock: all that is told here was so then or later. */
  readonly observedAtMs: number;
  /** True only when every list was read to its end; otherwise the reasons. */
  readonly complete: boolean;
  readonly gaps: readonly string[];
  readonly workloads: readonly SeenWorkload[];
  /** True for the simulated engine: shown wherever the sighting is shown. */
  readonly simulated: boolean;
}

/** Whether a task in this state has, or may still get, a container. */
export function isLiving(state: TaskState): boolean {
  return state === 'waiting' || state === 'starting' || state === 'running';
}

/** What is seen of a component whose object is gone, and of which tasks are left. */
export function seenWithoutObject({ cluster, service, component }: Spot, tasks: readonly SeenTask[]): SeenWorkload {
  return {
    cluster,
    service,
    component,
    engineId: '',
    release: null,
    workload: null,
    deployment: null,
    generation: 0,
    updatePaused: false,
    updating: false,
    replicas: 0,
    tombstone: true,
    tasks,
  };
}
