import assert from 'node:assert/strict';
import type { SeenTask, SeenWorkload } from '../../../core/sighting.ts';
import type { Spot, UpdatePolicy, Workload } from '../../../core/workload.ts';
import type { ApplyRequest } from '../../../port/engine.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import { sampleTarget, sampleWorkload } from '../../testing/sample.ts';
import { createSimulatedCluster } from '../cluster.ts';
import { connect } from '../connection.ts';
import type { FaultPolicy } from '../faults.ts';
import type { InspectedTask } from '../inspection.ts';
import type { SimulatedNode } from '../node.ts';
import type { ClusterOptions, SimulatedConnection } from '../simulation.ts';

export const startMs = Date.UTC(2026, 0, 1);
export const never = new AbortController().signal;
export const spot: Spot = { cluster: 'fe', service: 'cart', component: 'web' };
const of = { installation: 'here', environment: 'dev' };

/** What of a request differs from three replicas of `shop/cart:1`, replaced one by one. */
export interface Wish {
  readonly workload?: Partial<Workload>;
  readonly policy?: Partial<UpdatePolicy>;
  readonly request?: Partial<ApplyRequest>;
  readonly generation?: number;
}

export function requestFor(image: string, wish: Wish = {}): ApplyRequest {
  const workload = sampleWorkload({ environment: 'dev', cluster: 'fe', image }, { replicas: 3, ...wish.workload });
  const target = sampleTarget(workload);
  return {
    writer: { installation: 'here', deployment: 'deployment-1', generation: wish.generation ?? 1 },
    target: { ...target, policy: { ...target.policy, ...wish.policy } },
    files: new Map(),
    credentials: null,
    whenTasksFail: 'pause',
    ...wish.request,
  };
}

export function nodes(...names: readonly string[]): readonly SimulatedNode[] {
  return names.map((name, index) => ({ name, manager: index === 0, labels: {} }));
}

/** A cluster on a clock that stands still, with a connection that the verbs here use. */
export function createGround(options: Partial<ClusterOptions> & { readonly faults?: FaultPolicy } = {}) {
  const { faults, ...rest } = options;
  const clock = createManualClock(startMs);
  const cluster = createSimulatedCluster({ cluster: 'fe', clock, seed: 1, ...rest });
  const engine = connect(cluster, { clock, ...(faults === undefined ? {} : { faults }) });
  const look = async (through: SimulatedConnection = engine): Promise<SeenWorkload | undefined> =>
    (await through.observe(of, never)).workloads[0];
  return {
    clock,
    cluster,
    engine,
    apply: async (image: string, wish: Wish = {}) => await engine.apply(requestFor(image, wish), never),
    remove: async (generation = 1) =>
      await engine.remove({ writer: requestFor('', { generation }).writer, environment: 'dev', spot }, never),
    look,
    seen: async (): Promise<SeenWorkload> => (await look()) ?? assert.fail('nothing is seen'),
    sighting: async () => await engine.observe(of, never),
    pass: async (ms: number) => await clock.pass(ms),
    service: () => cluster.inspect().services[0] ?? assert.fail('there is no service'),
    /** Containers that run in truth. */
    alive: (): readonly InspectedTask[] =>
      cluster.inspect().tasks.filter(({ startedAtMs, endedAtMs }) => startedAtMs !== null && endedAtMs === null),
  };
}

export function inState(seen: SeenWorkload, state: SeenTask['state']): readonly SeenTask[] {
  return seen.tasks.filter((task) => task.state === state);
}
