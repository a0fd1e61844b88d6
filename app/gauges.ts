import { isFault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { Metrics } from '../port/metrics.ts';
import type { Store } from '../port/store.ts';
import type { CheckpointFigures } from './checkpoints.ts';
import type { Pulse } from './drive/driver.ts';
import type { StartsOn } from './drive/starts.ts';

/** Figures that are read when somebody asks for them, not noted when they change. */
export interface Gauges {
  /** Sets them to what holds now; those that cannot be read are not told at all. */
  refresh(signal: AbortSignal): Promise<void>;
}

export interface GaugeParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Where the drive loop is. */
  readonly pulse: () => Pulse;
  /** How far the ledger is signed. */
  readonly signing: () => CheckpointFigures;
  /** Whether the ledger has to be recovered. */
  readonly needsRecovery: () => boolean;
  /** Tasks that are starting, by cluster. */
  readonly starts: () => ReadonlyMap<string, StartsOn>;
}

const phases = ['queued', 'active'] as const;

export function createGauges(parts: GaugeParts): Gauges {
  const { metrics, clock } = parts;
  let roundsTold = 0;
  let failuresTold = 0;
  return {
    async refresh(signal) {
      const { rounds, beatAtMs } = parts.pulse();
      metrics.increment('drayage_drive_rounds_total', {}, rounds - roundsTold);
      roundsTold = rounds;
      if (beatAtMs !== null) {
        const beatAt = clock.now() - (clock.monotonic() - beatAtMs);
        metrics.set('drayage_drive_last_round_timestamp_seconds', {}, beatAt / 1000);
      }
      for (const [cluster, { underWay, most }] of parts.starts()) {
        metrics.set('drayage_cluster_starts_in_flight', { cluster }, underWay);
        metrics.set('drayage_cluster_starts_limit', { cluster }, most);
      }
      const { state, size, signedAt, failures } = parts.signing();
      metrics.set('drayage_ledger_recovery_needed', {}, parts.needsRecovery() ? 1 : 0);
      metrics.set('drayage_ledger_signing', {}, state.kind === 'signing' ? 1 : 0);
      metrics.set('drayage_ledger_checkpoint_size', {}, size);
      metrics.increment('drayage_ledger_signing_failures_total', {}, failures - failuresTold);
      failuresTold = failures;
      if (signedAt !== null) metrics.set('drayage_ledger_checkpoint_timestamp_seconds', {}, signedAt / 1000);
      await readStore(parts, signal);
    },
  };
}

async function readStore({ store, metrics, signing }: GaugeParts, signal: AbortSignal): Promise<void> {
  try {
    const [head, unfinished] = await Promise.all([store.head(signal), store.unfinished({}, signal)]);
    metrics.set('drayage_ledger_head_sequence', {}, head.sequence);
    metrics.set('drayage_ledger_checkpoint_lag_entries', {}, Math.max(0, head.sequence - signing().size));
    for (const phase of phases) {
      const count = unfinished.filter((row) => row.phase === phase).length;
      metrics.set('drayage_deployments_unfinished', { phase }, count);
    }
  } catch (error) {
    if (!isFault(error) && !signal.aborted) throw error;
    metrics.remove('drayage_ledger_head_sequence', {});
    metrics.remove('drayage_ledger_checkpoint_lag_entries', {});
    for (const phase of phases) metrics.remove('drayage_deployments_unfinished', { phase });
  }
}
