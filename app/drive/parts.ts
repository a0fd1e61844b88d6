import type { Clock } from '../../port/clock.ts';
import type { Logger } from '../../port/logger.ts';
import type { Store } from '../../port/store.ts';
import type { Blobs } from '../blobs.ts';
import type { Clusters } from '../clusters.ts';
import type { HeldLease } from '../lease.ts';
import type { Looks } from '../looks.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { PlatformState } from '../platform.ts';
import type { Pressure } from '../pressure.ts';
import type { RegistryLogins } from '../registry-logins.ts';
import type { Notes } from './notes.ts';
import type { Starts } from './starts.ts';

/** What the drive loop works with. */
export interface DriveParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clusters: Clusters;
  readonly looks: Looks;
  readonly platform: PlatformState;
  readonly logins: RegistryLogins;
  readonly secrets: Pick<Secrets, 'open' | 'remember'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly notes: Notes;
  readonly starts: Starts;
  readonly installation: string;
  /** The right to drive: its generation goes into every write, and no write begins that might outlast it. */
  readonly lease: Pick<HeldLease, 'generation' | 'leftMs'>;
  /** How many callers wait for an answer meanwhile. */
  readonly pressure: Pick<Pressure, 'isHigh'>;
  /** Fresh random text for the salt of a stored excerpt. */
  readonly newSalt: () => string;
  /** How long an engine may stay silent before its step fails, in ms. */
  readonly blindBudgetMs: number;
}

/** How long one write to an engine may take, in ms. */
export const writeDeadlineMs = 20_000;

/** How long a step waits for where a secret is kept to answer, in ms; then it fails with that as its cause. */
export const secretBudgetMs = 120_000;

/** How long one read or append of the store may take, in ms. */
export const storeDeadlineMs = 15_000;

/** The longest pause between two looks, in ms; hints of the engine shorten it. */
export const pollMs = 1_000;

/** How long a round waits for looks and writes before it goes on without them, in ms: a slow cluster slows no other. */
export const patienceMs = 1_000;

/** A deadline that also ends with the driver. */
export function within(clock: Pick<Clock, 'timeout'>, ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, clock.timeout(ms)]);
}
