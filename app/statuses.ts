import type { Clock } from '../port/clock.ts';
import type { ComponentStatus, Health, OverviewCell } from './api.ts';
import { seenIn, statusOf, troubleOf, type RecordedItem, type Seen } from './component-status.ts';
import type { Looks, TimedSighting } from './looks.ts';
import type { RecordedEnvironment } from './recorded.ts';

/** How every component and service of an environment is doing, by what was seen last. */
export interface EnvironmentStatus {
  readonly components: readonly ComponentStatus[];
  /** By service: those that run there and those of the spec. */
  readonly cells: ReadonlyMap<string, OverviewCell>;
  /** Services by health. */
  readonly healths: Readonly<Record<Health, number>>;
  /** The oldest of the newest complete looks at its clusters, in ms since 1970; null while one was never seen. */
  readonly observedAt: number | null;
  /** What is wrong with the newest looks; null when nothing is. */
  readonly trouble: string | null;
}

/** Tells how environments are doing, without looking at any engine. */
export interface Statuses {
  /** Worked out again only when something was recorded or seen since. */
  of(recorded: RecordedEnvironment): EnvironmentStatus;
  /** Forgets every environment but these. */
  retain(environments: readonly string[]): void;
}

/** After so many ms without a complete look everything of a cluster is unknown. */
export const sightMs = 30_000;

/** From worst to best: what is not there at all comes first, and what is not known is worse than what is on its way. */
export const healthOrder: readonly Health[] = ['missing', 'degraded', 'unknown', 'converging', 'healthy'];

/** What a status was worked out from. */
interface Basis {
  readonly recorded: RecordedEnvironment;
  /** By cluster; null where the last complete look is too old. */
  readonly sightings: readonly (TimedSighting | null)[];
  readonly trouble: string | null;
}

export function createStatuses(looks: Looks, clock: Clock): Statuses {
  const kept = new Map<string, Basis & { readonly status: EnvironmentStatus }>();

  function sightingOf(cluster: string, environment: string): TimedSighting | null {
    const newest = looks.newestComplete(cluster, environment);
    return newest === null || clock.monotonic() - newest.beganMs > sightMs ? null : newest;
  }
  function troubleAt(cluster: string, environment: string): string | null {
    const newest = looks.newest(cluster, environment);
    const trouble = newest === null ? null : troubleOf(newest.look);
    if (trouble !== null) return `${cluster}: ${trouble}`;
    if (newest === null || sightingOf(cluster, environment) !== null) return null;
    return `${cluster}: not seen for more than ${sightMs / 1000} s`;
  }
  function basisOf(recorded: RecordedEnvironment): Basis {
    const { name, definition } = recorded;
    const troubles = definition.clusters.map((cluster) => troubleAt(cluster, name)).filter((it) => it !== null);
    const sightings = definition.clusters.map((cluster) => sightingOf(cluster, name));
    return { recorded, sightings, trouble: troubles[0] ?? null };
  }
  function observedAt({ name, definition }: RecordedEnvironment): number | null {
    const times = definition.clusters.map((it) => looks.newestComplete(it, name)?.sighting.observedAtMs ?? null);
    return times.reduce<number | null>(
      (oldest, time) => (oldest === null || time === null ? null : Math.min(oldest, time)),
      Infinity,
    );
  }
  return {
    of(recorded) {
      const basis = basisOf(recorded);
      const known = kept.get(recorded.name);
      if (known !== undefined && isSame(known, basis)) return known.status;
      const status = { ...workOut(basis), observedAt: observedAt(recorded) };
      kept.set(recorded.name, { ...basis, status });
      return status;
    },
    retain(environments) {
      const wanted = new Set(environments);
      for (const name of kept.keys()) if (!wanted.has(name)) kept.delete(name);
    },
  };
}

function isSame(known: Basis, basis: Basis): boolean {
  return (
    known.recorded === basis.recorded &&
    known.trouble === basis.trouble &&
    known.sightings.every((it, index) => it === basis.sightings[index])
  );
}

function workOut({ recorded, sightings, trouble }: Basis): Omit<EnvironmentStatus, 'observedAt'> {
  const message = trouble ?? 'not looked at yet';
  const seen = new Map<string, Seen>(
    recorded.definition.clusters.map((cluster, index) => {
      const timed = sightings[index] ?? null;
      return [cluster, timed === null ? { kind: 'blind', message } : seenIn(timed.sighting)];
    }),
  );
  const components = statusesOf(recorded, seen);
  const cells = cellsOf(recorded, components);
  const healths = { healthy: 0, converging: 0, degraded: 0, missing: 0, unknown: 0 };
  for (const { health } of cells.values()) healths[health] += 1;
  return { components, cells, healths, trouble };
}

/** How the components of an environment are doing, in the order of its items. */
export function statusesOf(recorded: RecordedEnvironment, seen: ReadonlyMap<string, Seen>): readonly ComponentStatus[] {
  const moving = new Set(recorded.unfinished.flatMap((row) => row.services));
  return recorded.items.map((item) => statusOf(item, seen.get(item.spot.cluster), moving.has(item.spot.service)));
}

function cellsOf(
  recorded: RecordedEnvironment,
  components: readonly ComponentStatus[],
): ReadonlyMap<string, OverviewCell> {
  const parts = new Map<string, Part[]>();
  recorded.items.forEach((item, index) => {
    const status = components[index];
    if (status === undefined) throw new Error('a component without a status');
    const of = parts.get(item.spot.service);
    if (of === undefined) parts.set(item.spot.service, [{ item, status }]);
    else of.push({ item, status });
  });
  const cells = new Map([...parts].map(([service, of]) => [service, cellOf(recorded, service, of)]));
  for (const [service, { version, replicas }] of Object.entries(recorded.spec.services)) {
    if (cells.has(service)) continue;
    const absent = { health: 'missing', running: 0, message: 'nothing of it was ever deployed' } as const;
    cells.set(service, { version, ...absent, replicas: replicas ?? 1, since: recorded.revisedAt });
  }
  return cells;
}

interface Part {
  readonly item: RecordedItem;
  readonly status: ComponentStatus;
}

function cellOf({ spec }: RecordedEnvironment, service: string, parts: readonly Part[]): OverviewCell {
  const worst = parts.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  const newest = parts.reduce((a, b) => (b.item.changedAt > a.item.changedAt ? b : a));
  const releases = new Set(parts.map(({ item }) => item.target.release));
  const wanted = Object.hasOwn(spec.services, service) ? spec.services[service]?.version : undefined;
  const isKnown = parts.every(({ status }) => status.running !== null);
  return {
    // During a move there may be several: then the newest revision's counts.
    version: wanted !== undefined && releases.has(wanted) ? wanted : newest.item.target.release,
    health: worst.status.health,
    running: isKnown ? parts.reduce((sum, { status }) => sum + (status.running ?? 0), 0) : null,
    replicas: parts.reduce((sum, { status }) => sum + status.replicas, 0),
    since: newest.item.changedAt,
    message: worst.status.message ?? parts.find(({ status }) => status.message !== null)?.status.message ?? null,
  };
}

function rank({ status }: Part): number {
  return healthOrder.indexOf(status.health);
}
