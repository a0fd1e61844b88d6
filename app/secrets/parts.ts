import type { Clock } from '../../port/clock.ts';
import type { SecretBox, SecretSources } from '../../port/secrets.ts';
import type { Store } from '../../port/store.ts';
import type { Blobs } from '../blobs.ts';
import type { PlatformState } from '../platform.ts';

/** What secrets are kept with. */
export interface SecretParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly platform: PlatformState;
  readonly clock: Clock;
  readonly box: SecretBox;
  readonly sources: SecretSources;
  /** Takes note of a value, so that it is cut out of all that engines say. */
  readonly noteSecret: (value: Uint8Array) => void;
  /** How many values that were noted are known no more. */
  readonly forgottenSecrets: () => number;
}

/** How long a source outside may take for one secret, in ms. */
export const sourceDeadlineMs = 5_000;
