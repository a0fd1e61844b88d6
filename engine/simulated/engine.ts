import type { Clock } from '../../port/clock.ts';
import { createSimulatedCluster } from './cluster.ts';
import { connect } from './connection.ts';
import type { FaultPolicy } from './faults.ts';
import type { ClusterOptions, SimulatedEngine } from './simulation.ts';

export type { SimulatedEngine } from './simulation.ts';

export interface SimulatedOptions extends ClusterOptions {
  /** Of the cluster and of the one connection to it. */
  readonly clock: Clock;
  readonly faults?: FaultPolicy;
}

/** Opens a cluster that exists in memory only, with one connection to it; all that it shows says so. */
export function createSimulatedEngine(options: SimulatedOptions): SimulatedEngine {
  const cluster = createSimulatedCluster(options);
  const { clock, faults } = options;
  return { ...cluster, ...connect(cluster, { clock, ...(faults === undefined ? {} : { faults }) }) };
}
