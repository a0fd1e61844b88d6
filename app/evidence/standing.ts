import { setImmediate } from 'node:timers/promises';
import { unmetOf } from '../../core/evidence/requirements.ts';
import type { Standing } from '../../core/evidence/standing.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import { entryOf } from '../../core/planning/merge-specs.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { Clock } from '../../port/clock.ts';
import type { Store } from '../../port/store.ts';
import type { Recorded } from '../recorded.ts';
import { createSharedRun } from '../shared-run.ts';
import { billOf, evidenceOf, type Evidence } from './bill.ts';
import { releaseFindings, type FindingParts } from './findings.ts';

/** How a release stands with each environment whose newest revision names it, by its evidence. */
export async function standingsOf(
  parts: FindingParts & { readonly recorded: Recorded },
  manifest: ReleaseManifest,
  evidence: readonly Evidence[],
  signal: AbortSignal,
): Promise<readonly Standing[]> {
  const { service, version } = manifest.identity;
  const { environments } = await parts.recorded.current();
  const running = [...environments.values()].filter(({ spec }) => entryOf(spec, service)?.version === version);
  if (running.length === 0) return [];
  const findings = await releaseFindings(parts, service, evidence, signal);
  const pieces = evidence.map(({ row, summary }) => ({ summary, image: row.image }));
  const proven = { bom: billOf(manifest, evidence), evidence: pieces, findings, nowMs: parts.clock.now() };
  return running.map(({ name, definition: { requires } }) => {
    return { environment: name, lacks: requires === undefined ? [] : unmetOf(requires, proven) };
  });
}

/** A release that runs in an environment which would not take it now. */
export interface Refusal extends Standing {
  readonly service: string;
  readonly version: string;
}

export interface Refusals {
  readonly refusals: readonly Refusal[];
  /** Releases that run somewhere and were not looked at, because there are too many. */
  readonly unseen: number;
}

const releasesMost = 2_000;

/** How long an answer is given again while nothing was recorded: a waiver may end, a report grow too old meanwhile. */
const keptMs = 30_000;
const deadlineMs = 60_000;

/**
 * What runs and would be refused now, by environment: it stays so until a deployment, a waiver or newer evidence settles it.
 * However many ask, it is worked out once at a time, and only anew when something was recorded.
 */
export function createRefusals(
  parts: FindingParts & { readonly recorded: Recorded; readonly clock: Pick<Clock, 'now' | 'timeout'> },
): () => Promise<Refusals> {
  let kept: { readonly sequence: number; readonly at: number; readonly found: Refusals } | null = null;
  return createSharedRun(async () => {
    const { sequence } = await parts.recorded.current();
    const at = parts.clock.now();
    const signal = parts.clock.timeout(deadlineMs);
    if (
      kept !== null &&
      at - kept.at < keptMs &&
      (await saysNothingNew(parts.store, kept.sequence, sequence, signal))
    ) {
      kept = { ...kept, sequence };
      return kept.found;
    }
    const found = await workOut(parts, signal);
    kept = { sequence, at, found };
    return found;
  });
}

/** Entries that are read to find out whether one of them changes a standing. */
const tailMost = 1_000;

const telling: ReadonlySet<LedgerEntry['kind']> = new Set([
  'evidence-appended',
  'finding-waived',
  'spec-revised',
  'platform-applied',
  'ledger-recovered',
]);

async function saysNothingNew(store: Store, from: number, to: number, signal: AbortSignal): Promise<boolean> {
  if (to === from) return true;
  if (to - from > tailMost) return false;
  return (await store.entries(from, to - from, signal)).every(({ kind }) => !telling.has(kind));
}

async function workOut(parts: FindingParts & { readonly recorded: Recorded }, signal: AbortSignal): Promise<Refusals> {
  const { environments } = await parts.recorded.current();
  const releases = new Map<string, { readonly service: string; readonly version: string }>();
  for (const { spec, definition } of environments.values()) {
    if (definition.requires === undefined) continue;
    for (const [service, { version }] of Object.entries(spec.services))
      releases.set(`${service}@${version}`, { service, version });
  }
  const refusals: Refusal[] = [];
  for (const { service, version } of [...releases.values()].slice(0, releasesMost)) {
    await setImmediate();
    const row = await parts.store.release(service, version, signal);
    if (row === null) continue; // a spec names none that was never registered
    const manifest = await parts.blobs.read('manifest', row.manifest, signal);
    const evidence = await evidenceOf(parts, service, version, signal);
    for (const standing of await standingsOf(parts, manifest, evidence, signal))
      if (standing.lacks.length > 0) refusals.push({ service, version, ...standing });
  }
  const unseen = Math.max(0, releases.size - releasesMost);
  return { refusals: refusals.toSorted(byEnvironment), unseen };
}

function byEnvironment(a: Refusal, b: Refusal): number {
  const [one, other] = [`${a.environment} ${a.service}`, `${b.environment} ${b.service}`];
  return one < other ? -1 : one > other ? 1 : 0;
}
