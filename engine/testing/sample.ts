import { workloadHash, type Target, type UpdatePolicy, type Workload } from '../../core/workload.ts';
import { plainWorkload } from '../../core/testing/world.ts';
import { environmentNetwork, serviceNetwork } from '../../core/names.ts';

/** A small workload of service `cart`, component `web`, that runs on any engine; members can be replaced. */
export function sampleWorkload(
  of: { readonly environment: string; readonly cluster: string; readonly image: string },
  change: Partial<Workload> = {},
): Workload {
  const service = change.service ?? 'cart';
  const plain = plainWorkload({ cluster: of.cluster, service, component: 'web' });
  return {
    ...plain,
    ...of,
    init: true,
    stopGraceMs: 1_000,
    networks: [
      { network: serviceNetwork(of.environment, service, 'private'), internal: false, aliases: ['web'] },
      { network: environmentNetwork(of.environment), internal: false, aliases: [service] },
    ],
    endpointMode: 'dnsrr',
    restart: { ...plain.restart, delayMs: 500 },
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
