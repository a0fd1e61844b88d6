import type { Clock } from '../../port/clock.ts';
import type { Engine } from '../../port/engine.ts';
import type { BehaviourOf } from './behaviour.ts';
import type { FaultPolicy } from './faults.ts';
import type { Inspection } from './inspection.ts';
import type { Manager } from './manager.ts';
import type { SimulatedNode } from './node.ts';

export interface ClusterOptions {
  readonly cluster: string;
  /** The engine's own clock. Only `monotonic` drives the cluster; `now` is read once, for where its time begins. */
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** The same seed, times and calls give the same run, ids included. */
  readonly seed: number;
  /** A manager and a worker with room for everything, when not given. */
  readonly nodes?: readonly SimulatedNode[];
  /** By the image's tag when not given. */
  readonly behaviour?: BehaviourOf;
  /** How long a node may be silent before the managers give it up; 13 s when not given. */
  readonly detectMs?: number;
  /** How far back readings can be stale; 0, so never, when not given. */
  readonly rememberMs?: number;
  /** How many ended tasks and how many writes `inspect` remembers; 1,000 each when not given. */
  readonly recordMost?: number;
}

/**
 * A cluster that exists in memory only: one world to which any number of connections lead. It stands still but for its
 * clock: whoever looks or writes first brings it to the present, event by event.
 */
export interface SimulatedCluster {
  readonly cluster: string;
  /** What its managers answer; connections use it. */
  readonly manager: Manager;
  /** The whole truth, at the present. */
  inspect(): Inspection;
  /** When something will happen next by itself, on the cluster's clock in ms since 1970; null when nothing will. */
  nextEventMs(): number | null;
  /** Makes a running or starting task crash; false when there is no such. */
  crashTask(task: string, exitCode?: number): boolean;
  /**
   * Takes a node away. `crash`: its containers end with it. `cut`: they run on as orphans that nobody sees. The managers
   * notice after `detectMs`, and only then replace its tasks elsewhere. False when it is away already, or unknown.
   */
  takeNode(node: string, how: 'crash' | 'cut'): boolean;
  /** Brings a node back: it ends what is not wanted on it any more. False when it was not away. */
  returnNode(node: string): boolean;
  /** Switches off what connections lead to: nothing arrives and nothing is answered, while the tasks run on. */
  setReachable(isReachable: boolean): void;
  /** Engine names of the networks, configs and secrets that an environment has. */
  objects(environment: string): readonly string[];
  /** Engine names of all volumes: they are never removed. */
  volumes(): readonly string[];
}

export interface ConnectOptions {
  /** Tells connections apart, in fault policies and in `inspect`; `1` when not given. */
  readonly connection?: string;
  /**
   * The caller's clock: for `observedAtMs` and all waiting. When it never resolves again, neither does the connection,
   * while requests that are under way still arrive.
   */
  readonly clock: Clock;
  readonly faults?: FaultPolicy;
}

/** Trouble of one connection that can be switched on. */
export interface SimulatedTrouble {
  /** Nothing is answered or applied. */
  readonly unreachable: boolean;
  /** Every verb takes so long before it begins, by the caller's clock. */
  readonly delayMs: number;
  /** The next write is applied, and its answer lost. */
  readonly loseNextAnswer: boolean;
}

/** A connection to a simulated cluster. */
export interface SimulatedConnection extends Engine {
  trouble(change: Partial<SimulatedTrouble>): void;
}

/** An engine without anything behind it: a cluster with one connection to it. */
export interface SimulatedEngine extends SimulatedConnection, SimulatedCluster {}
