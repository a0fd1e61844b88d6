import type { App } from '../../app/api.ts';
import { recoveredView, recoveryView } from '../views/recovery.ts';
import { answered, type Handlers } from './call.ts';

/** A ledger that was restored from a backup. */
export function createRecoveryHandlers(app: App): Handlers<'getRecovery' | 'recover'> {
  return {
    getRecovery: async ({ signal }) => answered(recoveryView(await app.recovery(signal))),
    recover: async ({ actor, body, signal }) => answered(recoveredView(await app.recover(actor, body.confirm, signal))),
  };
}
