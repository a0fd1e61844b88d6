import type { Logger } from '../port/logger.ts';
import type { Store } from '../port/store.ts';
import type { Driving } from './driving.ts';
import type { OpenedLedger } from './open-ledger.ts';
import { createRecoverer, type Recoverer, type RecoverParts } from './recover.ts';
import { behindOf } from './recovery-start.ts';

/** What recovers a ledger that was opened: the one part that writes to it although it has to be recovered. */
export function recovererOf(
  { store, logger }: { readonly store: Store; readonly logger: Logger },
  { recovery, checkpoints, signer }: OpenedLedger,
  house: Pick<RecoverParts, 'installation' | 'blobs' | 'recorded' | 'looks' | 'clock'>,
  driving: Driving,
): Recoverer {
  return createRecoverer({
    ...house,
    store,
    logger,
    recovery,
    checkpoints,
    unfit: async (at) => (behindOf(checkpoints) === null ? null : await signer.published(at)),
    allowSigner: (name) => signer.allow(name),
    drives: () => driving.drives(),
    wake: () => driving.wake(null),
  });
}
