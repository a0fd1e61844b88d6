import { setImmediate } from 'node:timers/promises';
import type { Standing } from '../../core/evidence/standing.ts';
import { Fault } from '../../core/fault.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Clock } from '../../port/clock.ts';
import type { Store } from '../../port/store.ts';
import type { RecordedState } from '../recorded.ts';
import { createSharedRun } from '../shared-run.ts';
import { evidenceOf } from './bill.ts';
import { standingsOf, type StandingParts } from './standing.ts';

/** A release that runs in an environment which would not take it now. */
export interface Refusal extends Standing {
  readonly service: string;
  readonly version: string;
}

/** A release that runs, and of which what is stored cannot be read: nobody knows how it stands. */
export interface Unreadable {
  readonly service: string;
  readonly version: string;
  /** A clause. */
  readonly why: string;
}

export interface Refusals {
  readonly refusals: readonly Refusal[];
  readonly unreadable: readonly Unreadable[];
  /** Releases that run somewhere and were not looked at yet. */
  readonly unseen: number;
}

export interface RefusalParts extends StandingParts {
  readonly clock: Pick<Clock, 'now' | 'timeout' | 'sleep'>;
}

/** Releases that are looked at in one go; those that were never looked at come first. */
const releasesMost = 2_000;

/** How long an answer is given again while nothing was recorded: a waiver may end, a report grow too old meanwhile. */
const keptMs = 30_000;

/** Whoever asks has an answer after so long, below the 30 s of a request: what was found until then. */
const answerMs = 20_000;

/** How long one release may take, and all of them. */
const releaseMs = 10_000;
const lookMs = 600_000;

/** What is known of all that runs. */
interface Known {
  /** Releases that run somewhere, as `service@version`. */
  running: readonly string[];
  /** Of those that were looked at, the longest ago first. */
  readonly found: Map<string, readonly (Refusal | Unreadable)[]>;
}

/**
 * What runs and would be refused now, by environment: it stays so until a deployment, a waiver or newer evidence settles it.
 * However many ask, it is worked out once at a time, and only anew when something was recorded. Where that takes longer than
 * anybody waits, it goes on behind the answer, which tells what was found last of each release and how many are unseen.
 */
export function createRefusals(parts: RefusalParts): () => Promise<Refusals> {
  const known: Known = { running: [], found: new Map() };
  let kept: { readonly sequence: number; readonly at: number } | null = null;
  const look = createSharedRun(async () => {
    const state = await parts.recorded.current();
    const { sequence } = state;
    const signal = parts.clock.timeout(releaseMs);
    if (kept !== null && parts.clock.now() - kept.at < keptMs) {
      if (await saysNothingNew(parts.store, kept.sequence, sequence, signal)) {
        kept = { ...kept, sequence };
        return;
      }
    }
    await workOut(parts, known, state);
    kept = { sequence, at: parts.clock.now() };
  });
  return async () => {
    const over = new AbortController();
    const looked = look();
    try {
      await Promise.race([looked, parts.clock.sleep(answerMs, over.signal)]);
      if (known.running.length === 0) await looked; // nothing is known before the first look has begun
    } finally {
      over.abort();
    }
    return answerOf(known);
  };
}

function answerOf({ running, found }: Known): Refusals {
  const each = running.flatMap<Refusal | Unreadable>((release) => found.get(release) ?? []);
  const refusals = each.filter((it) => 'environment' in it).toSorted(byEnvironment);
  const unreadable = each.filter((it) => 'why' in it);
  return { refusals, unreadable, unseen: running.filter((release) => !found.has(release)).length };
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

/** Looks at what runs, and notes of each release what was found. One that is not come to keeps what was found before. */
async function workOut(parts: RefusalParts, known: Known, state: RecordedState): Promise<void> {
  const releases = runningIn(state);
  known.running = [...releases.keys()];
  for (const release of known.found.keys()) if (!releases.has(release)) known.found.delete(release);
  const turns = [...known.running.filter((release) => !known.found.has(release)), ...known.found.keys()];
  const whole = parts.clock.timeout(lookMs);
  for (const release of turns.slice(0, releasesMost)) {
    await setImmediate();
    if (whole.aborted) return;
    const identity = releases.get(release);
    if (identity === undefined) continue;
    const found = await lookAt(parts, identity);
    known.found.delete(release); // so that it goes behind the others
    known.found.set(release, found);
  }
}

/** What is broken of one release keeps nobody from the others, whichever way reading it fails. */
async function lookAt(parts: RefusalParts, of: ReleaseName): Promise<readonly (Refusal | Unreadable)[]> {
  const signal = parts.clock.timeout(releaseMs);
  try {
    return await refusalsOf(parts, of, signal);
  } catch (cause) {
    if (cause instanceof Fault) return [{ ...of, why: cause.message.replace(/\.$/, '') }];
    if (signal.aborted) return [{ ...of, why: `reading it took longer than ${releaseMs / 1000} s` }];
    // The words of a parser show what it read.
    return [{ ...of, why: `what is stored of it is damaged (${cause instanceof Error ? cause.name : 'no error'})` }];
  }
}

interface ReleaseName {
  readonly service: string;
  readonly version: string;
}

/** What runs in environments that require something. */
function runningIn({ environments }: RecordedState): ReadonlyMap<string, ReleaseName> {
  const releases = new Map<string, ReleaseName>();
  for (const { spec, definition } of environments.values()) {
    if (definition.requires === undefined) continue;
    for (const [service, { version }] of Object.entries(spec.services))
      releases.set(`${service}@${version}`, { service, version });
  }
  return releases;
}

async function refusalsOf(
  parts: StandingParts,
  { service, version }: ReleaseName,
  signal: AbortSignal,
): Promise<readonly Refusal[]> {
  const row = await parts.store.release(service, version, signal);
  if (row === null) return []; // a spec names none that was never registered
  const manifest = await parts.blobs.read('manifest', row.manifest, signal);
  const evidence = await evidenceOf(parts, service, version, signal);
  const standings = await standingsOf(parts, manifest, evidence, signal);
  return standings.flatMap((it) => (it.lacks.length === 0 ? [] : [{ service, version, ...it }]));
}

function byEnvironment(a: Refusal, b: Refusal): number {
  const [one, other] = [`${a.environment} ${a.service}`, `${b.environment} ${b.service}`];
  return one < other ? -1 : one > other ? 1 : 0;
}
