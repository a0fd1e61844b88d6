import { createHash } from 'node:crypto';
import type { LedgerEvent } from '../../core/event.ts';
import type { StreamAppend } from '../../port/store.ts';

/** Steps of one deployment of the story. */
const steps = 20;
const environments = 20;

/** Entries of one deployment of the story. */
export const deploymentEntries = 4 + 2 * steps;

/**
 * What a ledger holds of one deployment of 20 services that succeeded, as `store.append` takes it: number by number the
 * history of a company of 20 environments. The documents that it names are not there.
 */
export function deploymentStory(number: number): readonly StreamAppend[] {
  const round = Math.floor(number / environments);
  const environment = `past-${(number % environments) + 1}`;
  const deployment = `d-${digest(`deployment ${number}`).slice(0, 16)}`;
  const plan = digest(`plan ${number}`);
  const services = Array.from({ length: steps }, (_, index) => `service-${index + 1}`);
  const stepEvents = services.flatMap((service): LedgerEvent[] => {
    const spot = { cluster: 'past', service, component: service };
    const target = digest(`target ${service} ${number}`);
    const of = { deployment, step: `past/${service}/${service}`, spot, target };
    return [
      { kind: 'step-started', ...of },
      { kind: 'step-verified', ...of },
    ];
  });
  const events: readonly LedgerEvent[] = [
    {
      kind: 'deployment-accepted',
      deployment,
      environment,
      plan,
      services,
      onFailure: 'roll-back',
      restores: null,
      reason: `deploy ${environment}.yaml`,
    },
    { kind: 'deployment-started', deployment, generation: 1 },
    ...stepEvents,
    { kind: 'deployment-ended', deployment, outcome: 'succeeded', cause: null, unknown: [] },
  ];
  return [
    {
      stream: `environment/${environment}`,
      expectedVersion: round,
      entries: [{ actor: 'drayage', event: { kind: 'deployment-queued', environment, deployment, plan } }],
    },
    {
      stream: `deployment/${deployment}`,
      expectedVersion: 0,
      entries: events.map((event) => ({ actor: 'drayage', event })),
    },
  ];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
