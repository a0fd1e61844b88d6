import type { ServiceDefinition } from '../definition.ts';
import { Fault } from '../fault.ts';
import type { EnvironmentDefinition, Platform } from '../platform.ts';
import type { SpecEntry } from '../spec.ts';

/** A service, and where it runs. */
export interface Placed {
  readonly definition: ServiceDefinition;
  readonly entry: SpecEntry;
  /** At least one, sorted. */
  readonly clusters: readonly string[];
}

/**
 * The clusters on which a service runs, sorted: the one that the spec names; else every one of the environment that
 * bears the service's role; without a role the environment's only cluster. Anything else is `plan.placement`.
 */
export function clustersFor(
  definition: ServiceDefinition,
  entry: SpecEntry,
  environment: EnvironmentDefinition,
  platform: Platform,
): readonly string[] {
  const { role } = definition.traits;
  if (entry.cluster !== undefined) return [namedCluster(definition, entry.cluster, environment, platform)];
  if (role === null) return [onlyCluster(definition, environment)];
  const bearing = environment.clusters.filter((name) => bears(platform, name, role));
  if (bearing.length > 0) return bearing.toSorted();
  throw new Fault(
    'plan.placement',
    `${definition.service} asks for the role ${role}, which no cluster of the environment bears.`,
    {
      facts: { service: definition.service, role, clusters: [...environment.clusters] },
      next: `Give one of ${environment.clusters.join(', ')} the role ${role} in the platform document, or change x-drayage.role.`,
    },
  );
}

function bears(platform: Platform, cluster: string, role: string): boolean {
  return platform.clusters[cluster]?.roles.includes(role) === true;
}

function namedCluster(
  { service, traits: { role } }: ServiceDefinition,
  cluster: string,
  environment: EnvironmentDefinition,
  platform: Platform,
): string {
  const facts = { service, cluster, clusters: [...environment.clusters] };
  if (!environment.clusters.includes(cluster)) {
    throw new Fault(
      'plan.placement',
      `The spec puts ${service} on ${cluster}, which is no cluster of the environment.`,
      {
        facts,
        next: `Write one of ${environment.clusters.join(', ')} under services.${service}.cluster of the deployment spec.`,
      },
    );
  }
  if (role === null || bears(platform, cluster, role)) return cluster;
  throw new Fault(
    'plan.placement',
    `The spec puts ${service} on ${cluster}, which does not bear the role ${role} that the service asks for.`,
    {
      facts: { ...facts, role },
      next: `Take services.${service}.cluster out of the deployment spec, or give ${cluster} the role in the platform document.`,
    },
  );
}

function onlyCluster(definition: ServiceDefinition, environment: EnvironmentDefinition): string {
  const [first, ...others] = environment.clusters;
  if (first !== undefined && others.length === 0) return first;
  throw new Fault(
    'plan.placement',
    `${definition.service} names no role, and the environment has ${environment.clusters.length} clusters.`,
    {
      facts: { service: definition.service, clusters: [...environment.clusters] },
      next: `Name one of ${environment.clusters.join(', ')} under services.${definition.service}.cluster of the deployment spec, or set x-drayage.role to a role that they bear.`,
    },
  );
}
