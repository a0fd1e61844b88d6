import type { AppendRequest } from '../port/store.ts';

/** The stream on which the lease is granted, again and again. */
export const leaseStream = 'lease/drive';

/** The append that grants the lease to a driver, after so many grants. */
export function leaseGrant(driver: string, grants: number): AppendRequest {
  const entries = [{ actor: 'drayage', event: { kind: 'lease-granted', driver } }] as const;
  return { appends: [{ stream: leaseStream, expectedVersion: grants, entries }] };
}
