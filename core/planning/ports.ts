import { Fault } from '../fault.ts';
import type { PublishedPort, Target } from '../workload.ts';

/** A port of a cluster that somebody holds or wants. */
export interface PortClaim {
  readonly cluster: string;
  readonly published: number;
  readonly protocol: PublishedPort['protocol'];
  /** `environment/service/component`. */
  readonly owner: string;
}

/** The ports that a target claims on its cluster. */
export function claimsOf({ workload }: Target): readonly PortClaim[] {
  const owner = `${workload.environment}/${workload.service}/${workload.component}`;
  return workload.ports.map(({ published, protocol }) => ({ cluster: workload.cluster, published, protocol, owner }));
}

/** Throws `plan.port-claimed` when two claim one port of a cluster, in this environment or in others. */
export function checkPorts(wanted: readonly Target[], others: readonly PortClaim[]): void {
  const holders = new Map<string, string>(others.map((claim) => [keyOf(claim), claim.owner]));
  for (const claim of wanted.flatMap(claimsOf)) {
    const holder = holders.get(keyOf(claim));
    if (holder !== undefined) throw claimed(claim, holder);
    holders.set(keyOf(claim), claim.owner);
  }
}

/** Ids of what holds a port now that this target wants, and is about to change or to go. */
export function holdersBefore(id: string, target: Target, changing: ReadonlyMap<string, Target>): readonly string[] {
  if (target.workload.ports.length === 0) return [];
  const wanted = new Set(claimsOf(target).map(keyOf));
  return [...changing]
    .filter(([other, held]) => other !== id && claimsOf(held).some((claim) => wanted.has(keyOf(claim))))
    .map(([other]) => other);
}

function keyOf({ cluster, published, protocol }: PortClaim): string {
  return `${cluster}:${published}/${protocol}`;
}

function claimed(claim: PortClaim, holder: string): Fault {
  return new Fault(
    'plan.port-claimed',
    `Port ${claim.published}/${claim.protocol} of cluster ${claim.cluster} is claimed by ${claim.owner} and by ${holder}.`,
    {
      facts: { cluster: claim.cluster, port: claim.published, protocol: claim.protocol, claims: [claim.owner, holder] },
      next: 'Give one of them another port: ports: { TARGET: PUBLISHED } under the service in the deployment spec.',
    },
  );
}
