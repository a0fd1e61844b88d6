import type { Platform } from '../core/platform.ts';
import type { PullCredentials } from './engine.ts';

export interface ResolvedImage {
  /** `repository:tag@sha256:...` with the registry's host in front. */
  readonly resolved: string;
  /** Whether the image's configuration declares a health check; null when that was not readable. */
  readonly hasHealthCheck: boolean | null;
}

/** The image registries that the platform names. Rejects with `image.unresolved`, `registry.unreachable`, `registry.denied`. */
export interface Registry {
  resolve(reference: string, registries: Platform['registries'], signal: AbortSignal): Promise<ResolvedImage>;
  /** From now on passwords that are secrets are opened by this: the newest version of one. */
  useSecrets?(open: (environment: string, secret: string, signal: AbortSignal) => Promise<Uint8Array>): void;
  /** What an engine needs to pull the image; null when nothing. */
  credentials(
    reference: string,
    registries: Platform['registries'],
    signal: AbortSignal,
  ): Promise<PullCredentials | null>;
}
