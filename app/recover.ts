import { nowhere } from '../core/access.ts';
import type { LedgerEvent } from '../core/event.ts';
import { Fault } from '../core/fault.ts';
import type { Digest } from '../core/hash.ts';
import { abandon } from '../core/rollout/abandon.ts';
import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import { requireAccess } from './access.ts';
import { by } from './append.ts';
import type { Actor } from './api.ts';
import type { Blobs } from './blobs.ts';
import type { Checkpoints } from './checkpoints.ts';
import { readFollowed } from './drive/follow.ts';
import { record } from './drive/record.ts';
import type { Recovered, RecoveryReport } from './recovery-api.ts';
import { reportRecovery, type RecoveryReportParts } from './recovery-report.ts';
import { ledgerStream, originOf, readKeyHistory } from './signing-keys.ts';

export interface RecoverParts extends RecoveryReportParts {
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly installation: string;
  readonly checkpoints: Pick<Checkpoints, 'key' | 'prepareKeyChange' | 'reassess'>;
  /** Whether something of a driver may still be under way. */
  readonly drives: () => boolean;
  /** Lets the key of this name sign, although a recovery is needed still. */
  readonly allowSigner: (name: string) => void;
  /** Goes on driving. */
  readonly wake: () => void;
}

/**
 * No ledger lost more entries than this: generations that were granted in what is lost, and of which no engine that was
 * seen bears the mark, are below those of the recovered ledger as well.
 */
export const lostMost = 2 ** 32;

/** Above it an object's generation was written by no ledger: room for a million recoveries is left below 2^53. */
const generationMost = 2 ** 52;

/** How long a driver may take to stop, in ms: as long as a write to an engine. */
const stopMs = 20_000;
const lookEveryMs = 100;

/** What the causes of the deployments say that a recovery ended. */
const endedBecause = 'the ledger was recovered from a backup: what its engines did since is not known';

/** Carries out recoveries, one at a time. */
export interface Recoverer {
  report(signal: AbortSignal): Promise<RecoveryReport>;
  /**
   * Goes on with a ledger that is behind. Of the order each part is durable before the next, and killed anywhere it is
   * begun again: deployments that were under way end without a write to an engine; then one entry records the recovery
   * together with the next signing key; that key is put in force; the lease is taken anew. Rejects with
   * `recovery.not-needed`, `recovery.changed` (what is confirmed is not what is there now), `recovery.impossible`,
   * `server.busy`, and Faults of the store and the signer.
   */
  recover(actor: Actor, confirm: Digest, signal: AbortSignal): Promise<Recovered>;
}

/** `parts.store` is the one that is not guarded. */
export function createRecoverer(parts: RecoverParts): Recoverer {
  let isUnderWay = false;
  return {
    report: (signal) => reportRecovery(parts, signal),
    async recover(actor, confirm, signal) {
      requireAccess(actor, 'recover', nowhere);
      if (isUnderWay) throw new Fault('server.busy', 'A recovery is under way already.', { retryAfterMs: 1_000 });
      isUnderWay = true;
      try {
        return await carryOut(parts, actor, confirm, signal);
      } finally {
        isUnderWay = false;
      }
    },
  };
}

async function carryOut(parts: RecoverParts, actor: Actor, confirm: Digest, signal: AbortSignal): Promise<Recovered> {
  const { recovery, logger } = parts;
  if (recovery.need() === null)
    throw new Fault('recovery.not-needed', 'This ledger is not behind anything: there is nothing to recover.');
  await untilNothingDrives(parts, signal);
  const report = await reportRecovery(parts, signal);
  if (report.confirm !== confirm) throw changed();
  const generationBase = baseAfter(report);
  const ended = await endUnfinished(parts, actor, report, signal);
  const { key, sequence } = await recordRecovery(parts, actor, { ...report, generationBase }, signal);
  await parts.checkpoints.reassess(signal);
  await recovery.recovered(signal);
  parts.wake();
  logger.warn('the ledger was recovered', { sequence, generationBase, key, ended: [...ended], actor: actor.id });
  return { sequence, generationBase, key, ended };
}

function changed(): Fault {
  return new Fault('recovery.changed', 'What would be recovered is not any more what was shown.', {
    next: 'Look at what there is now, and confirm that: dray recover.',
  });
}

async function untilNothingDrives({ drives, clock }: RecoverParts, signal: AbortSignal): Promise<void> {
  const untilMs = clock.monotonic() + stopMs;
  while (drives()) {
    if (clock.monotonic() > untilMs)
      throw new Fault('server.busy', `The drive loop has not stopped within ${stopMs / 1_000} s.`, {
        next: 'Try again; if it stays so, restart the server.',
      });
    await clock.sleep(lookEveryMs, signal);
  }
}

/** Above all that was granted, also by what is lost, on clusters that were seen and on others. */
function baseAfter({ fence, highestSeen, signed }: RecoveryReport): number {
  const known = Math.max(fence.highest, highestSeen, fence.base + (signed?.size ?? 0));
  if (known <= generationMost) return known + lostMost;
  throw new Fault('recovery.impossible', `An object bears generation ${known}, which no ledger can have granted.`, {
    facts: { generation: known, most: generationMost },
    next: 'Find out who wrote that label, and take the object away or correct its label: dray recover names it.',
  });
}

async function endUnfinished(
  parts: RecoverParts,
  actor: Actor,
  { unfinished }: RecoveryReport,
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (const row of unfinished) {
    const followed = await readFollowed(parts, row, signal);
    const events = abandon(followed.plan, followed.rollout, actor.id, endedBecause);
    if (events.length > 0) await record(parts, followed, events, [], signal);
  }
  return unfinished.map(({ id }) => id);
}

async function recordRecovery(
  parts: RecoverParts,
  actor: Actor,
  { generationBase, highestSeen }: Pick<RecoveryReport, 'highestSeen'> & { readonly generationBase: number },
  signal: AbortSignal,
): Promise<{ readonly key: string; readonly sequence: number }> {
  const { store, installation, checkpoints } = parts;
  const expectedVersion = await store.version(ledgerStream, signal);
  const { recoveries } = await readKeyHistory(store, signal);
  const lost = await parts.unfit(signal);
  const origin = originOf(installation, Math.max(recoveries, countIn(checkpoints.key())) + 1);
  const keyChange = await checkpoints.prepareKeyChange(origin, signal);
  parts.allowSigner(origin);
  const recovered: LedgerEvent = { kind: 'ledger-recovered', generationBase, lost, highestSeen };
  const entries = by(actor.id, [recovered, keyChange]);
  const appended = await store.append({ appends: [{ stream: ledgerStream, expectedVersion, entries }] }, signal);
  const [first] = appended.entries;
  if (first === undefined) throw new Error('the store answered without the entry');
  return { key: keyChange.key, sequence: first.sequence };
}

/**
 * How many recoveries the name of a key tells of. More than the ledger does when it is not the first time that the same
 * backup was restored: then the ledger that was made of it before is another one, and its name is not used again.
 */
function countIn(key: string): number {
  const [name = ''] = key.split('+');
  return Number(/^drayage\/[0-9a-f]+\/(\d{1,9})$/.exec(name)?.[1] ?? 0);
}
