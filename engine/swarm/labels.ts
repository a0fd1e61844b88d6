import { digestOf, type Digest } from '../../core/hash.ts';
import type { Target, Workload } from '../../core/workload.ts';
import type { PullCredentials, Writer } from '../../port/engine.ts';

/** Label keys on the engine's objects. They are found by these for ever: a key, once released, stays. */
export const label = {
  installation: 'drayage.installation',
  environment: 'drayage.environment',
  service: 'drayage.service',
  component: 'drayage.component',
  release: 'drayage.release',
  workload: 'drayage.workload',
  deployment: 'drayage.deployment',
  generation: 'drayage.generation',
  /** Version of the mapping from workloads to service specs. */
  mapping: 'drayage.mapping',
  /** The cluster's newest version index among the service's tasks just before the object was written. */
  base: 'drayage.base',
  /** The same, just before an update that waited for a lost task was set going again. */
  restarted: 'drayage.restarted',
  /** Generation of the driver that announced the removal. */
  tombstone: 'drayage.tombstone',
  /** On configs: digest of what they hold. On secrets: the id of the version, which tells nothing of it. */
  content: 'drayage.content',
  /** On services: id of the credentials that the engine pulls with, which tells nothing of them. */
  credentials: 'drayage.credentials',
  /** On containers: digest of what the container is made from. */
  container: 'drayage.container',
  stack: 'com.docker.stack.namespace',
} as const;

export type Labels = Readonly<Record<string, string>>;

/** Whose an object is: enough to find it and to tell it from others'. */
export function ownerLabels(
  installation: string,
  environment: string,
  of: { readonly service?: string; readonly component?: string } = {},
): Labels {
  return {
    [label.installation]: installation,
    [label.environment]: environment,
    ...(of.service === undefined ? {} : { [label.service]: of.service }),
    ...(of.component === undefined ? {} : { [label.component]: of.component }),
  };
}

/** Labels of a service object. They change with every deployment and restart nothing. */
export function serviceLabels(target: Target, writer: Writer, mapping: number): Labels {
  const { workload } = target;
  return {
    ...workload.serviceLabels,
    ...ownerLabels(writer.installation, workload.environment, workload),
    [label.release]: target.release,
    [label.workload]: target.hash,
    [label.deployment]: writer.deployment,
    [label.generation]: String(writer.generation),
    [label.mapping]: String(mapping),
    [label.stack]: workload.environment,
  };
}

/** Says on a service which credentials the engine was given with it. */
export function credentialsLabel(credentials: PullCredentials | null | undefined): Labels {
  return credentials?.id === undefined ? {} : { [label.credentials]: credentials.id };
}

/** Labels of a container. They change only when the container has to be another one anyway. */
export function containerLabels(workload: Workload, installation: string): Labels {
  return {
    ...workload.labels,
    ...ownerLabels(installation, workload.environment, workload),
    [label.container]: containerHash(workload),
  };
}

/**
 * Identity of one container of the workload: all but how many there are, and what only the service object bears. The
 * workload's own hash cannot stand on the containers, or scaling would restart them.
 */
export function containerHash(workload: Workload): Digest {
  const { serviceLabels: _, ...container } = workload;
  return digestOf({ ...container, replicas: null });
}
