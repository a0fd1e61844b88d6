import type { ServiceDefinition } from '../definition.ts';
import { Fault } from '../fault.ts';
import type { EnvironmentDefinition, Platform } from '../platform.ts';

/**
 * The clusters on which a service runs, sorted: every one of the environment that bears its role; without a role the
 * environment's only cluster. Anything else is `plan.placement`.
 */
export function clustersFor(
  definition: ServiceDefinition,
  environment: EnvironmentDefinition,
  platform: Platform,
): readonly string[] {
  const { role } = definition.traits;
  if (role === null) return [onlyCluster(definition, environment)];
  const bearing = environment.clusters.filter((name) => platform.clusters[name]?.roles.includes(role));
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

function onlyCluster(definition: ServiceDefinition, environment: EnvironmentDefinition): string {
  const [first, ...others] = environment.clusters;
  if (first !== undefined && others.length === 0) return first;
  throw new Fault(
    'plan.placement',
    `${definition.service} names no role, and the environment has ${environment.clusters.length} clusters.`,
    {
      facts: { service: definition.service, clusters: [...environment.clusters] },
      next: 'Set x-drayage.role in its definition to a role that one of these clusters bears.',
    },
  );
}
