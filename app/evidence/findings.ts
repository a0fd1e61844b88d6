import { findingsOf, type Findings, type JudgedFinding } from '../../core/evidence/findings.ts';
import type { Clock } from '../../port/clock.ts';
import type { Store } from '../../port/store.ts';
import { requireAccess } from '../access.ts';
import type { Actor } from '../api.ts';
import { by, streams } from '../append.ts';
import type { Blobs } from '../blobs.ts';
import { environmentsThatRun, type Recorded } from '../recorded.ts';
import { evidenceOf, type Evidence } from './bill.ts';

export interface FindingParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Pick<Clock, 'now'>;
}

/** What the newest reports of a release say, with what is waived now. */
export async function releaseFindings(
  { store, clock }: Pick<FindingParts, 'store' | 'clock'>,
  service: string,
  evidence: readonly Evidence[],
  signal: AbortSignal,
): Promise<Findings> {
  const nowMs = clock.now();
  const waivers = await store.waivers(nowMs, signal);
  const pieces = evidence.map(({ row, summary }) => ({ summary, image: row.image, at: row.time }));
  return findingsOf(pieces, { service, waivers, nowMs });
}

/** A release in which a vulnerability was found, and the environments that run it. */
export interface Whereabouts {
  readonly service: string;
  readonly version: string;
  readonly findings: readonly JudgedFinding[];
  readonly runsIn: readonly string[];
}

/** Releases that are looked at; those that run somewhere come first. */
const releasesMost = 200;

/** Where a vulnerability is: every release whose newest report names it. Those that run come first, then the newest. */
export async function whereIs(
  parts: FindingParts & { readonly recorded: Recorded },
  vulnerability: string,
  signal: AbortSignal,
): Promise<readonly Whereabouts[]> {
  const name = vulnerability.toUpperCase();
  const recorded = await parts.recorded.current();
  const releases = new Map<string, Omit<Whereabouts, 'findings'>>();
  for (const { service, version } of await parts.store.reportsOf(name, signal)) {
    const key = `${service}@${version}`;
    if (!releases.has(key))
      releases.set(key, { service, version, runsIn: environmentsThatRun(recorded, service, version) });
  }
  const ordered = [...releases.values()].toSorted((a, b) => Number(b.runsIn.length > 0) - Number(a.runsIn.length > 0));
  const found: Whereabouts[] = [];
  for (const it of ordered.slice(0, releasesMost)) {
    const evidence = await evidenceOf(parts, it.service, it.version, signal);
    const { findings } = await releaseFindings(parts, it.service, evidence, signal);
    // A newer report may not name it any more.
    const named = findings.filter(({ id, aliases }) => [id, ...aliases].some((each) => each.toUpperCase() === name));
    if (named.length > 0) found.push({ ...it, findings: named });
  }
  return found;
}

export interface WaiveInput {
  readonly vulnerability: string;
  readonly service: string | null;
  readonly reason: string;
  readonly until: number;
}

/** Records that somebody answers for a vulnerability until a moment. It ends by itself; an earlier one stays as it was. */
export async function waive(
  { store, newId }: { readonly store: Store; readonly newId: () => string },
  actor: Actor,
  { vulnerability, service, reason, until }: WaiveInput,
  signal: AbortSignal,
): Promise<{ readonly waiver: string; readonly sequence: number }> {
  // A waiver of every service takes a scope that has every service.
  requireAccess(actor, 'waive', { environment: null, services: [service ?? '*'] });
  const waiver = `w-${newId().slice(0, 16)}`;
  const event = {
    kind: 'finding-waived',
    waiver,
    vulnerability: vulnerability.toUpperCase(),
    service,
    reason,
    until,
  } as const;
  const entries = by(actor.id, [event]);
  const append = { stream: streams.waiver(waiver), expectedVersion: 0, entries };
  const { entries: appended } = await store.append({ appends: [append] }, signal);
  return { waiver, sequence: appended[0]?.sequence ?? 0 };
}
