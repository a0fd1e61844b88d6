import { digestOf } from '../hash.ts';
import type { Plan, Step, StepChange } from '../plan.ts';
import type { SeenTask, SeenWorkload } from '../sighting.ts';
import { spotName, workloadHash, type Spot, type Target, type Workload } from '../workload.ts';

/** A workload with nothing special about it, for tests. */
export function plainWorkload(spot: Spot, change: Partial<Workload> = {}): Workload {
  const amounts = { nanoCpus: null, memoryBytes: null, pids: null };
  return {
    environment: 'dev',
    ...spot,
    image: `registry.test/${spot.service}:1@sha256:${'0'.repeat(64)}`,
    entrypoint: null,
    command: null,
    variables: {},
    user: null,
    init: false,
    readOnlyRoot: true,
    stopGraceMs: 10_000,
    health: { kind: 'image' },
    tmpfs: [],
    volumes: [],
    configs: [],
    networks: [],
    ports: [],
    endpointMode: 'vip',
    replicas: 1,
    limits: amounts,
    reservations: amounts,
    restart: { condition: 'any', delayMs: 5_000, maxAttempts: null, windowMs: null },
    placement: { constraints: [], spreadOver: [], maxPerNode: null },
    ...change,
  };
}

/** A target of a given release of that workload. */
export function sampleTarget(spot: Spot, release: string, change: Partial<Workload> = {}): Target {
  const workload = plainWorkload(spot, { variables: { RELEASE: release }, ...change });
  const policy = {
    order: 'start-first',
    parallelism: 1,
    delayMs: 0,
    monitorMs: 3_000,
    maxFailureRatio: 0,
    deadlineMs: 20_000,
  } as const;
  return { workload, hash: workloadHash(workload), release, policy };
}

/** A task of a target as an engine would show it. */
export function sampleTask(target: Target, change: Partial<SeenTask> = {}): SeenTask {
  return {
    id: 'task-1',
    name: 'task.1',
    node: 'node-1',
    state: 'running',
    wanted: true,
    current: true,
    workload: target.hash,
    message: 'started',
    exitCode: null,
    createdAtMs: 0,
    changedAtMs: 0,
    ...change,
  };
}

/** What an engine shows of a target that a deployment wrote. */
export function sampleSeen(target: Target, deployment: string, tasks: readonly SeenTask[]): SeenWorkload {
  const { cluster, service, component, replicas } = target.workload;
  const { release, hash } = target;
  return {
    cluster,
    service,
    component,
    engineId: `id-${service}`,
    release,
    workload: hash,
    deployment,
    generation: 1,
    updatePaused: false,
    updating: false,
    replicas,
    tombstone: false,
    tasks,
  };
}

/** How a step's kind is written in a sketch of a plan. */
export type StepSketch = { readonly kind: 'create' | 'update' | 'remove'; readonly service: string };

export interface PlannedWorld {
  readonly plan: Plan;
  readonly targets: ReadonlyMap<string, Target>;
}

/** A plan of the given waves, on one cluster, with a target for every digest it names. */
export function sketchPlan(waves: readonly (readonly StepSketch[])[]): PlannedWorld {
  const targets = new Map<string, Target>();
  const remember = (target: Target) => {
    const digest = digestOf(target);
    targets.set(digest, target);
    return digest;
  };
  const toStep = ({ kind, service }: StepSketch): Step => {
    const spot = { cluster: 'fe', service, component: 'web' };
    const before = remember(sampleTarget(spot, '1'));
    const after = remember(sampleTarget(spot, '2'));
    const change: StepChange =
      kind === 'create'
        ? { kind, to: after }
        : kind === 'remove'
          ? { kind, from: before }
          : { kind, from: before, to: after, fields: [], restarts: true };
    return {
      id: spotName(spot),
      spot,
      change,
      fromRelease: kind === 'create' ? null : '1',
      toRelease: kind === 'remove' ? null : '2',
      notes: [],
    };
  };
  const plan: Plan = {
    environment: 'dev',
    baseRevision: 0,
    platformRevision: 1,
    changes: {},
    waves: waves.map((wave) => wave.map(toStep)),
    simulated: [],
    unchanged: [],
  };
  return { plan, targets };
}
