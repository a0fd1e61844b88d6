import { isFault } from '../core/fault.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { NewEntry, LedgerEntry } from '../core/ledger.ts';
import { leafHash } from '../core/ledger.ts';
import type { Receipt } from './ledger-api.ts';

/** How often a use case folds and tries again when a stream moved on meanwhile. */
const attemptsMost = 50;

/** The actor of what Drayage records by itself. */
export const self = 'drayage';

/** Repeats a read-fold-append until no stream moved on in between; the last conflict is thrown. */
export async function retryOnConflict<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isFault(error, 'store.conflict') || count >= attemptsMost) throw error;
    }
  }
}

/** Events of one actor, ready to append. */
export function by(actor: string, events: readonly LedgerEvent[]): readonly NewEntry[] {
  return events.map((event) => ({ actor, event }));
}

/** Where an entry stands on the ledger. */
export function receiptOf(entry: LedgerEntry): Receipt {
  return { sequence: entry.sequence, hash: leafHash(entry) };
}

/** The ledger's stream names. */
export const streams = {
  platform: 'platform',
  release: (service: string, version: string) => `release/${service}/${version}`,
  environment: (name: string) => `environment/${name}`,
  deployment: (id: string) => `deployment/${id}`,
  request: (digest: string) => `request/${digest}`,
  secret: (environment: string, name: string) => `secret/${environment}/${name}`,
  secretAccess: (environment: string, name: string) => `secret-access/${environment}/${name}`,
  secretKey: 'secret-key',
  token: (id: string) => `token/${id}`,
  waiver: (id: string) => `waiver/${id}`,
} as const;
