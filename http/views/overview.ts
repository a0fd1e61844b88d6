import type { ClusterStatus, Overview, OverviewCell } from '../../app/api.ts';
import type { ClusterView, OverviewView } from '../../wire/overview.ts';
import { environmentSummary } from './environment.ts';

type Row = OverviewView['services'][number];

/** Every service against every environment. */
export function overviewView({ environments, services, next, total, healths }: Overview): OverviewView {
  return {
    environments: environments.map((environment) => ({
      ...environmentSummary(environment),
      simulated: environment.simulated,
      observedAt: environment.observedAt,
      trouble: environment.trouble,
    })),
    services: services.map(({ service, cells }) => ({
      service,
      cells: cells.map(({ now, moving }) => ({
        now: now === null ? null : cellView(now),
        moving: moving === null ? null : { deployment: moving.deployment, phase: moving.phase },
      })),
    })),
    next,
    total,
    healths: { ...healths },
  };
}

function cellView(cell: OverviewCell): NonNullable<Row['cells'][number]['now']> {
  const { version, health, running, replicas, since, message } = cell;
  return { version, health, running, replicas, since, message };
}

/** A cluster as it was last seen. A node counts as ready when it takes tasks. */
export function clusterView(status: ClusterStatus): ClusterView {
  const { cluster, engine, roles, address, environments, description, observedAt, trouble } = status;
  const { stepsAtOnce, startsAtOnce, startsUnderWay } = status;
  return {
    cluster,
    engine,
    roles: [...roles],
    address,
    stepsAtOnce,
    startsAtOnce,
    startsUnderWay,
    environments: [...environments],
    version: description?.version ?? null,
    nodes: (description?.nodes ?? []).map(({ name, ready, manager }) => ({ name, ready, manager })),
    findings: [...(description?.findings ?? [])],
    observedAt,
    trouble,
  };
}
