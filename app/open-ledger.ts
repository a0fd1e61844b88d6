import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import type { Signer } from '../port/signer.ts';
import type { Store } from '../port/store.ts';
import { startCheckpoints, type Checkpoints } from './checkpoints.ts';
import { guardSigner, type GuardedSigner } from './guarded-signer.ts';
import { installationOf, takeFreeLease, type HeldLease, type LeaseParts } from './lease.ts';
import { behindOf } from './recovery-start.ts';
import { createRecovery, type Recovery } from './recovery.ts';
import { originOf, readKeyHistory } from './signing-keys.ts';

export interface OpenLedgerParts {
  readonly store: Store;
  /** Opens the key that signs checkpoints, under this name; once. */
  readonly openSigner: (name: string, signal: AbortSignal) => Promise<Signer>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
}

/** A ledger that is signed and guarded: nothing gets onto it while it has to be recovered. */
export interface OpenedLedger {
  readonly store: Store;
  readonly installation: string;
  readonly signer: GuardedSigner;
  readonly checkpoints: Checkpoints;
  readonly recovery: Recovery;
  readonly leaseParts: LeaseParts;
  /** Of a ledger that was empty: its first entry is the grant. */
  readonly firstLease: HeldLease | null;
}

/** Compares a ledger with what was signed of it, and begins to sign. Rejects with Faults of the store and the signer. */
export async function openLedger(parts: OpenLedgerParts, signal: AbortSignal): Promise<OpenedLedger> {
  const { clock, logger } = parts;
  let signing: Checkpoints | null = null;
  const recovery = createRecovery({ store: parts.store, logger, behind: () => behindOf(signing) });
  const store = recovery.guarded;
  const leaseParts = { store, clock, driver: parts.newId(), era: () => recovery.era() };
  // The first entry tells the installation.
  const isNew = (await store.head(signal)).sequence === 0;
  const firstLease = isNew ? await takeFreeLease(leaseParts, signal) : null;
  const installation = await installationOf(store, signal);
  const { recoveries } = await readKeyHistory(store, signal);
  const opened = await parts.openSigner(originOf(installation, recoveries), signal);
  const signer = guardSigner(opened, () => recovery.need());
  const checkpoints = await startCheckpoints({ store, signer, clock, logger }, signal);
  signing = checkpoints;
  return { store, installation, signer, checkpoints, recovery, leaseParts, firstLease };
}
