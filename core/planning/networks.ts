import { Fault } from '../fault.ts';
import type { NetworkAttachment, Target } from '../workload.ts';
import type { InventoryItem } from './inventory-item.ts';

/**
 * Throws `plan.network` when a network that something runs on is to be of another kind, encrypted or internal: engines
 * change no network that is there.
 */
export function checkNetworks(wanted: readonly Target[], inventory: readonly InventoryItem[]): void {
  const running = new Map<string, { readonly as: NetworkAttachment; readonly on: Set<string> }>();
  for (const { spot, target } of inventory) {
    for (const as of target.workload.networks) {
      const key = keyOf(spot.cluster, as);
      running.set(key, { as, on: (running.get(key)?.on ?? new Set()).add(spot.service) });
    }
  }
  for (const { workload } of wanted) {
    for (const network of workload.networks) {
      const before = running.get(keyOf(workload.cluster, network));
      if (before !== undefined && kindOf(before.as) !== kindOf(network)) {
        throw otherKind(workload.cluster, before.as, network, [...before.on]);
      }
    }
  }
}

function keyOf(cluster: string, { network }: NetworkAttachment): string {
  return `${cluster}/${network}`;
}

function kindOf({ encrypted, internal }: NetworkAttachment): string {
  return `${encrypted === true ? '' : 'not '}encrypted, ${internal ? '' : 'not '}internal`;
}

function otherKind(cluster: string, before: NetworkAttachment, after: NetworkAttachment, on: readonly string[]): Fault {
  const services = on.toSorted();
  const remove = services.map((name) => `--allow-remove ${name}`).join(' ');
  return new Fault(
    'plan.network',
    `The network ${after.network} on cluster ${cluster} is ${kindOf(before)}, and is to be ${kindOf(after)}; ${services.join(', ')} run${services.length === 1 ? 's' : ''} on it, and no engine changes a network that is there.`,
    {
      facts: { cluster, network: after.network, services },
      next: `Undo the change of the Platform document or definition; or take the services out with a spec without them (${remove}), then deploy them again; or use another environment.`,
    },
  );
}
