import type { DeploymentRow, PageRequest } from '../port/store.ts';
import type { App, Health, Overview } from './api.ts';
import { summaryOf } from './environments.ts';
import { pageOfNames } from './name-pages.ts';
import type { PlatformState } from './platform.ts';
import type { Recorded, RecordedEnvironment, RecordedState } from './recorded.ts';
import { healthOrder, type EnvironmentStatus, type Statuses } from './statuses.ts';

export interface OverviewParts {
  readonly platform: PlatformState;
  readonly recorded: Recorded;
  readonly statuses: Statuses;
}

type Filter = Parameters<App['overview']>[0];
type Moving = Overview['services'][number]['cells'][number]['moving'];

/** An environment as the overview shows it. */
interface Column {
  readonly recorded: RecordedEnvironment;
  readonly status: EnvironmentStatus;
  /** By service. */
  readonly moving: ReadonlyMap<string, Moving>;
}

/** Every service against every environment: from the ledger and what was seen last, never waiting for an engine. */
export async function overview(
  { platform, recorded, statuses }: OverviewParts,
  filter: Filter,
  page: PageRequest,
  signal: AbortSignal,
): Promise<Overview> {
  // Rejects when there is no platform yet.
  await platform.current(signal);
  const state = await recorded.current();
  signal.throwIfAborted();
  const columns = columnsOf(state, statuses);
  const names = namesOf(columns).filter((name) => isWanted(name, filter, columns));
  const { items, next } = pageOfNames(names, page);
  return {
    environments: columns.map((column) => environmentOf(column, state)),
    services: items.map((service) => ({
      service,
      cells: columns.map(({ status, moving }) => ({
        now: status.cells.get(service) ?? null,
        moving: moving.get(service) ?? null,
      })),
    })),
    next,
    total: names.length,
    healths: sumOf(columns),
  };
}

function columnsOf({ environments }: RecordedState, statuses: Statuses): readonly Column[] {
  return [...environments.values()].map((recorded) => ({
    recorded,
    status: statuses.of(recorded),
    moving: movingOf(recorded.unfinished),
  }));
}

/** The unfinished deployment of each service: the one that is under way, else the newest of those that wait. */
function movingOf(unfinished: readonly DeploymentRow[]): ReadonlyMap<string, Moving> {
  const moving = new Map<string, Moving>();
  for (const { id, phase, services } of unfinished) {
    if (phase === 'ended') continue;
    for (const service of services) {
      if (phase === 'queued' && moving.get(service)?.phase === 'active') continue;
      moving.set(service, { deployment: id, phase });
    }
  }
  return moving;
}

/** All services that run, are to run or are about to come anywhere, sorted. */
function namesOf(columns: readonly Column[]): readonly string[] {
  const names = new Set<string>();
  for (const { status, moving } of columns) {
    for (const name of status.cells.keys()) names.add(name);
    for (const name of moving.keys()) names.add(name);
  }
  return [...names].toSorted();
}

function isWanted(service: string, { search, health }: Filter, columns: readonly Column[]): boolean {
  if (search !== undefined && !service.includes(search.toLowerCase())) return false;
  return health === undefined || columns.some(({ status }) => status.cells.get(service)?.health === health);
}

function environmentOf({ recorded, status }: Column, { platform }: RecordedState): Overview['environments'][number] {
  const { clusters } = recorded.definition;
  return {
    ...summaryOf(recorded),
    simulated: clusters.some((name) => platform?.clusters[name]?.engine === 'simulated'),
    observedAt: status.observedAt,
    trouble: status.trouble,
  };
}

function sumOf(columns: readonly Column[]): Record<Health, number> {
  const sum: Record<Health, number> = { healthy: 0, converging: 0, degraded: 0, missing: 0, unknown: 0 };
  for (const { status } of columns) for (const health of healthOrder) sum[health] += status.healths[health];
  return sum;
}
