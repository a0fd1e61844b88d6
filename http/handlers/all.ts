import { createAccessHandlers, type AccessHandlerParts } from './access.ts';
import type { Handlers } from './call.ts';
import { createDeliveryHandlers } from './delivery.ts';
import { createEvidenceHandlers } from './evidence.ts';
import { createLedgerHandlers } from './ledger.ts';
import { createRecoveryHandlers } from './recovery.ts';
import { createSecretHandlers } from './secret.ts';
import { createSelfHandlers, type SelfHandlerParts } from './self.ts';
import { createStateHandlers } from './state.ts';

/** A handler for every route of the contract. */
export function createHandlers(parts: AccessHandlerParts & SelfHandlerParts): Handlers {
  return {
    ...createSelfHandlers(parts),
    ...createAccessHandlers(parts),
    ...createDeliveryHandlers(parts.app),
    ...createEvidenceHandlers(parts.app),
    ...createStateHandlers(parts.app),
    ...createSecretHandlers(parts.app),
    ...createRecoveryHandlers(parts.app),
    ...createLedgerHandlers(parts.app),
  };
}
