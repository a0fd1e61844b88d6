import type { SecretFile, Target } from '../../core/workload.ts';
import type { ApplyRequest } from '../../port/engine.ts';
import { by, retryOnConflict, self, streams } from '../append.ts';
import type { DriveParts } from './parts.ts';
import type { Followed } from './record.ts';

/**
 * Gives an engine the values of a goal's secrets, each only after it is on the ledger that it was asked for: by which
 * deployment, for what, never the value. Nobody reads one without that line.
 */
export function secretsFor(
  parts: DriveParts,
  followed: Followed,
  { workload }: Target,
): NonNullable<ApplyRequest['openSecret']> {
  return async (file, signal) => {
    const value = await parts.secrets.open(workload.environment, file, signal);
    try {
      await recordAccess(parts, followed, workload, file, signal);
    } catch (error) {
      value.fill(0);
      throw error;
    }
    return value;
  };
}

async function recordAccess(
  { store, lease }: DriveParts,
  { id: deployment }: Followed,
  { environment, cluster, service, component }: Target['workload'],
  { secret, ref }: SecretFile,
  signal: AbortSignal,
): Promise<void> {
  if (ref.kind !== 'version') return;
  const { version, id } = ref;
  const spot = { cluster, service, component };
  const event = { kind: 'secret-opened', environment, secret, version, id, deployment, spot } as const;
  const stream = streams.secretAccess(environment, secret);
  await retryOnConflict(async () => {
    const expectedVersion = await store.version(stream, signal);
    await store.append(
      { appends: [{ stream, expectedVersion, entries: by(self, [event]) }], lease: lease.generation },
      signal,
    );
  });
}
