import { canonical } from '../canonical.ts';
import { Fault } from '../fault.ts';
import type { Spec, SpecEntry } from '../spec.ts';

export interface MergeInput {
  /** What the environment is to run now. */
  readonly current: Spec;
  readonly currentRevision: number;
  /** What it was to run when the author began; null when the author did not say. */
  readonly base: Spec | null;
  readonly mine: Spec;
  readonly allowRemove: readonly string[];
  readonly allowOlder: true | readonly string[];
  /** Order of registration of a version of a service: the older the smaller. Undefined: not registered. */
  readonly ageOf: (service: string, version: string) => number | undefined;
}

/**
 * Merges a spec into what the environment is to run, service by service, as version control merges lines: whoever
 * changed a service since the base wins; both changed it differently is `spec.conflict`. A service that left the spec
 * needs its name in `allowRemove` (`spec.removal`). Without a base, one that would become older than what runs needs
 * its name in `allowOlder` (`spec.older`).
 */
export function mergeSpecs(input: MergeInput): Spec {
  const { current, base, mine } = input;
  const names = new Set([current, base ?? current, mine].flatMap((spec) => Object.keys(spec.services)));
  const services: Record<string, SpecEntry> = {};
  const conflicts: string[] = [];
  const removals: string[] = [];
  for (const name of [...names].toSorted()) {
    const theirs = entryOf(current, name);
    const merged = mergeEntry(entryOf(base ?? current, name), theirs, entryOf(mine, name));
    if (merged === 'conflict') conflicts.push(name);
    else if (merged !== null) services[name] = merged;
    else if (theirs !== null && !input.allowRemove.includes(name)) removals.push(name);
  }
  refuseConflicts(conflicts, input);
  refuseRemovals(removals, input);
  const merged = { environment: mine.environment, services };
  if (base === null) refuseOlder(merged, input);
  return merged;
}

function mergeEntry(
  base: SpecEntry | null,
  theirs: SpecEntry | null,
  mine: SpecEntry | null,
): SpecEntry | null | 'conflict' {
  if (same(theirs, mine) || same(base, mine)) return theirs;
  return same(base, theirs) ? mine : 'conflict';
}

/** What a spec says of a service; null when it does not name it. */
export function entryOf(spec: Spec, service: string): SpecEntry | null {
  return Object.hasOwn(spec.services, service) ? (spec.services[service] ?? null) : null;
}

function same(a: SpecEntry | null, b: SpecEntry | null): boolean {
  return canonical(a) === canonical(b);
}

function refuseConflicts(conflicts: readonly string[], { current, mine, currentRevision }: MergeInput): void {
  if (conflicts.length === 0) return;
  const details = conflicts.map(
    (name) => `${name} (yours: ${told(entryOf(mine, name))}, there: ${told(entryOf(current, name))})`,
  );
  throw new Fault(
    'spec.conflict',
    `Somebody else changed ${details.join(', ')} since the revision your spec was made from.`,
    {
      facts: { environment: mine.environment, services: [...conflicts], revision: currentRevision },
      next: `Take over what is there, set "revision: ${currentRevision}" in the file, and deploy again.`,
    },
  );
}

function refuseRemovals(removals: readonly string[], { mine }: MergeInput): void {
  if (removals.length === 0) return;
  throw new Fault('spec.removal', `The spec no longer names ${removals.join(', ')}, which ${mine.environment} runs.`, {
    facts: { environment: mine.environment, services: [...removals] },
    next: `Name what may go: ${removals.map((name) => `--allow-remove ${name}`).join(' ')}; or put it back into the file.`,
  });
}

function refuseOlder(merged: Spec, { current, allowOlder, ageOf, currentRevision }: MergeInput): void {
  if (allowOlder === true) return;
  const older = Object.entries(merged.services).filter(([name, entry]) => {
    const running = entryOf(current, name);
    if (running === null || running.version === entry.version || allowOlder.includes(name)) return false;
    return (ageOf(name, entry.version) ?? Infinity) < (ageOf(name, running.version) ?? -Infinity);
  });
  if (older.length === 0) return;
  const told = older.map(([name, entry]) => `${name} back from ${entryOf(current, name)?.version} to ${entry.version}`);
  throw new Fault('spec.older', `This would take ${told.join(', ')}.`, {
    facts: { environment: merged.environment, services: older.map(([name]) => name), revision: currentRevision },
    next: `If the file is an old checkout, update it and set "revision: ${currentRevision}"; else confirm what becomes older.`,
  });
}

function told(entry: SpecEntry | null): string {
  return entry === null ? 'removed' : entry.version;
}
