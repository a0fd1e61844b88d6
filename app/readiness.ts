import { faultCodes } from '../core/fault-codes.ts';
import { isFault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { Store } from '../port/store.ts';
import type { Readiness } from './api.ts';
import type { Pulse } from './drive/driver.ts';
import type { Recovery } from './recovery.ts';

export interface ReadinessParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly recovery: Pick<Recovery, 'need'>;
  /** Where the drive loop is. */
  readonly pulse: () => Pulse;
  readonly isDraining: () => boolean;
}

/** How long the store may take to answer, in ms. */
const answerMs = 5_000;

/** The drive loop comes round each second, and between two steps of what is queued; this much later it hangs. */
const driveSilentMs = 30_000;

/** Anybody may ask: the store is asked at most once in so many ms. */
const keptMs = 1_000;

/**
 * What the server needs to take requests: that the ledger can be read and written, that a platform document is in
 * force, and that deployments are driven. Never rejects for what an operator can meet.
 */
export function createReadiness(parts: ReadinessParts): (signal: AbortSignal) => Promise<Readiness> {
  const { clock } = parts;
  let kept: { readonly at: number; readonly checks: Promise<Readiness['checks']> } | null = null;
  return async () => {
    if (parts.isDraining()) return { status: 'draining', checks: { server: 'it is shutting down' } };
    if (kept === null || clock.monotonic() - kept.at >= keptMs) kept = { at: clock.monotonic(), checks: check(parts) };
    const checks = await kept.checks;
    return { status: statusOf(checks, parts.pulse()), checks };
  };
}

function statusOf(checks: Readiness['checks'], { beatAtMs }: Pulse): Readiness['status'] {
  const failed = Object.keys(checks).filter((name) => checks[name] !== null);
  if (failed.length === 0) return 'ok';
  return beatAtMs === null && failed.every((name) => name === 'drive') ? 'starting' : 'failing';
}

async function check({ store, clock, recovery, pulse }: ReadinessParts): Promise<Readiness['checks']> {
  const deadline = clock.timeout(answerMs);
  const [read, ledger, platform] = await Promise.all([
    reasonOf(store.head(deadline)),
    // Of a token that does not exist nothing is noted, but the writing thread has to answer.
    reasonOf(store.noteTokenUse(new Map([['none', 0]]), deadline)),
    reasonOf(store.platform(deadline), 'no platform document has been applied'),
  ]);
  // A ledger that is behind is no more the whole truth; one that cannot be signed just now still takes everything.
  const history = recovery.need() === null ? null : faultCodes['recovery.needed'][1];
  return { store: read, ledger, history, platform, drive: driveTrouble(pulse(), clock) };
}

/** Why it failed, or `ifNull` when it answered null; null when all is well. */
async function reasonOf(work: Promise<unknown>, ifNull = 'it has no answer'): Promise<string | null> {
  try {
    return (await work) === null ? ifNull : null;
  } catch (error) {
    // Only what the code says: the message may name folders and addresses, and anybody may ask.
    if (isFault(error)) return faultCodes[error.code][1];
    if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${answerMs / 1000} s`;
    throw error;
  }
}

function driveTrouble({ beatAtMs }: Pulse, clock: Clock): string | null {
  if (beatAtMs === null) return 'the drive loop has not come round yet';
  const silentMs = clock.monotonic() - beatAtMs;
  if (silentMs <= driveSilentMs) return null;
  return `the drive loop has not come round for ${Math.round(silentMs / 1000)} s`;
}
