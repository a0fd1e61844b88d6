import { workloadHash, type Target, type UpdatePolicy, type Workload } from '../../core/workload.ts';
import { environmentNetwork, serviceNetwork } from '../../core/names.ts';

/** A small workload of service `cart`, component `web`, that runs on any engine; members can be replaced. */
export function sampleWorkload(
  of: { readonly environment: string; readonly cluster: string; readonly image: string },
  change: Partial<Workload> = {},
): Workload {
  const service = change.service ?? 'cart';
  return {
    ...of,
    service,
    component: 'web',
    entrypoint: null,
    command: null,
    variables: {},
    user: null,
    init: true,
    readOnlyRoot: true,
    stopGraceMs: 1_000,
    health: { kind: 'image' },
    tmpfs: [],
    volumes: [],
    configs: [],
    networks: [
      { network: serviceNetwork(of.environment, service, 'private'), internal: false, aliases: ['web'] },
      { network: environmentNetwork(of.environment), internal: false, aliases: [service] },
    ],
    ports: [],
    endpointMode: 'dnsrr',
    replicas: 1,
    limits: { nanoCpus: null, memoryBytes: null, pids: null },
    reservations: { nanoCpus: null, memoryBytes: null, pids: null },
    restart: { condition: 'any', delayMs: 500, maxAttempts: null, windowMs: null },
    placement: { constraints: [], spreadOver: [], maxPerNode: null },
    ...change,
  };
}

const samplePolicy: UpdatePolicy = {
  order: 'stop-first',
  parallelism: 1,
  delayMs: 0,
  monitorMs: 1_000,
  maxFailureRatio: 0,
  deadlineMs: 60_000,
};

/** A workload as something to run. */
export function sampleTarget(workload: Workload, change: Partial<Target> = {}): Target {
  return { workload, hash: workloadHash(workload), release: '1.0.0', policy: samplePolicy, ...change };
}
