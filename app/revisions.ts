import { canonical } from '../core/canonical.ts';
import { Fault } from '../core/fault.ts';
import { entryOf } from '../core/planning/merge-specs.ts';
import type { Spec, SpecEntry } from '../core/spec.ts';
import type { Page, PageRequest, RevisionRow, Store } from '../port/store.ts';
import type { Revision } from './api.ts';
import type { Blobs } from './blobs.ts';
import type { PlatformState } from './platform.ts';

export interface RevisionParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly platform: PlatformState;
}

/** Revisions that one page compares at most: a page may be shorter than asked, `next` tells. */
const pageMost = 100;

/**
 * What each revision of an environment changed, newest first; at most 100 a page. An environment that left the platform
 * keeps its history; `environment.unknown` for one that never had any.
 */
export async function revisions(
  parts: RevisionParts,
  environment: string,
  page: PageRequest,
  signal: AbortSignal,
): Promise<Page<Revision>> {
  const limit = Math.min(page.limit, pageMost);
  const { items, next } = await parts.store.revisions(environment, { ...page, limit }, signal);
  if (items.length === 0) await parts.platform.environment(environment, signal);
  const lines: Revision[] = [];
  for (const [index, row] of items.entries()) {
    const earlier = items[index + 1] ?? (await parts.store.revision(environment, row.revision - 1, signal));
    const before = earlier === null ? null : await parts.blobs.read('spec', earlier.spec, signal);
    lines.push(await lineOf(parts, row, before, signal));
  }
  return { items: lines, next };
}

async function lineOf(
  { store, blobs }: RevisionParts,
  { revision, deployment, time, spec, environment }: RevisionRow,
  before: Spec | null,
  signal: AbortSignal,
): Promise<Revision> {
  const row = await store.deployment(deployment, signal);
  if (row === null) throw new Fault('store.broken', `The deployment ${deployment} of a revision is missing.`);
  const after = await blobs.read('spec', spec, signal);
  const changes = changesBetween(before ?? { environment, services: {} }, after);
  return { revision, deployment, actor: row.actor, time, changes };
}

/** What is different, by service; null where it is not named. */
export function changesBetween(before: Spec, after: Spec): Revision['changes'] {
  const names = new Set([...Object.keys(before.services), ...Object.keys(after.services)]);
  const changed = [...names].toSorted().flatMap((name): [string, Revision['changes'][string]][] => {
    const [from, to] = [entryOf(before, name), entryOf(after, name)];
    return isSameEntry(from, to) ? [] : [[name, { from, to }]];
  });
  return Object.fromEntries(changed);
}

function isSameEntry(a: SpecEntry | null, b: SpecEntry | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.version === b.version &&
    a.replicas === b.replicas &&
    isSameMap(a.parameters, b.parameters) &&
    isSameMap(a.ports, b.ports) &&
    canonical(a.secrets ?? {}) === canonical(b.secrets ?? {})
  );
}

function isSameMap<T>(a: { readonly [key: string]: T }, b: { readonly [key: string]: T }): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}
