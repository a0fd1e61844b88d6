import { canonical } from '../core/canonical.ts';
import type { LedgerEvent } from '../core/event.ts';
import { readEvent, type LedgerEntry } from '../core/ledger.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Store } from '../port/store.ts';
import type { EventFilter } from './api.ts';

/** What an entry is about, as far as it says so itself. */
interface Subject {
  readonly deployment: string | null;
  /** Null: it names none. With a deployment it is that of the deployment then; the same goes for the services. */
  readonly environment: string | null;
  readonly services: readonly string[] | null;
}

/** An entry of the ledger made ready for readers. */
export interface LedgerItem extends Subject {
  readonly sequence: number;
  readonly kind: LedgerEntry['kind'];
  /** Its canonical JSON. */
  readonly text: string;
}

/** Makes an entry ready. An entry about one step is about that step's service alone. */
export function toItem(entry: LedgerEntry): LedgerItem {
  return { sequence: entry.sequence, kind: entry.kind, text: canonical(entry), ...subjectOf(readEvent(entry)) };
}

const nothing: Subject = { deployment: null, environment: null, services: null };

function subjectOf(event: LedgerEvent): Subject {
  switch (event.kind) {
    case 'deployment-accepted': {
      const { deployment, environment, services } = event;
      return { deployment, environment, services };
    }
    case 'deployment-queued':
    case 'spec-revised':
      return { deployment: event.deployment, environment: event.environment, services: null };
    case 'step-started':
    case 'step-verified':
    case 'step-failed':
    case 'revert-started':
    case 'revert-verified':
    case 'revert-failed':
      return { deployment: event.deployment, environment: null, services: [event.spot.service] };
    case 'deployment-started':
    case 'cancel-requested':
    case 'rollback-started':
    case 'deployment-ended':
    case 'request-accepted':
      return { ...nothing, deployment: event.deployment };
    case 'secret-set':
    case 'secret-revoked':
    case 'secret-rewrapped':
      return { ...nothing, environment: event.environment };
    case 'secret-opened': {
      const { deployment, environment, spot } = event;
      return { deployment, environment, services: [spot.service] };
    }
    case 'registry-password-opened':
      return { ...nothing, deployment: event.deployment, environment: event.environment };
    case 'release-registered':
    case 'evidence-appended':
      return { ...nothing, services: [event.service] };
    case 'finding-waived':
      return { ...nothing, services: event.service === null ? null : [event.service] };
    case 'platform-applied':
    case 'lease-granted':
    case 'token-created':
    case 'token-revoked':
    case 'secret-key-rotated':
    case 'signing-key-changed':
    case 'content-erased':
    case 'ledger-recovered':
      return nothing;
    default:
      return unreachable(event);
  }
}

/** What is kept of a deployment: neither ever changes. */
interface DeploymentFacts {
  readonly environment: string;
  readonly services: readonly string[];
}

/** Tells which entries a filter lets through. */
export interface EventSieve {
  /** Remembers what an entry says of its deployment. */
  note(item: LedgerItem): void;
  /** Asks the store for a deployment only when the filter needs to know, and nothing that was seen lately says it. */
  lets(filter: EventFilter, item: LedgerItem, signal: AbortSignal): boolean | Promise<boolean>;
}

/** Makes a sieve that remembers so many deployments; those that were not asked for longest are forgotten first. */
export function createEventSieve(store: Pick<Store, 'deployment'>, deploymentsMost: number): EventSieve {
  const known = new Map<string, DeploymentFacts>();

  const remember = (id: string, facts: DeploymentFacts): void => {
    known.delete(id);
    known.set(id, facts);
    const [oldest] = known.keys();
    if (known.size > deploymentsMost && oldest !== undefined) known.delete(oldest);
  };
  const find = async (id: string, signal: AbortSignal): Promise<DeploymentFacts | null> => {
    const row = await store.deployment(id, signal);
    if (row === null) return null;
    const { environment, services } = row;
    remember(id, { environment, services });
    return { environment, services };
  };
  return {
    note({ deployment, environment, services }) {
      if (deployment !== null && environment !== null && services !== null)
        remember(deployment, { environment, services });
    },
    lets(filter, item, signal) {
      if (filter.deployment !== undefined && item.deployment !== filter.deployment) return false;
      if (filter.kinds !== undefined && !filter.kinds.includes(item.kind)) return false;
      if (item.deployment === null || !needsDeployment(filter, item)) return isAbout(filter, item, null);
      const facts = known.get(item.deployment);
      if (facts === undefined) return find(item.deployment, signal).then((found) => isAbout(filter, item, found));
      remember(item.deployment, facts);
      return isAbout(filter, item, facts);
    },
  };
}

function needsDeployment(filter: EventFilter, item: LedgerItem): boolean {
  return (
    (filter.environment !== undefined && item.environment === null) ||
    (filter.service !== undefined && item.services === null)
  );
}

function isAbout(filter: EventFilter, item: LedgerItem, facts: DeploymentFacts | null): boolean {
  const environment = item.environment ?? facts?.environment;
  const services = item.services ?? facts?.services ?? [];
  if (filter.environment !== undefined && environment !== filter.environment) return false;
  return filter.service === undefined || services.includes(filter.service);
}
