import type { Platform, RegistryDefinition, RegistrySecret } from '../core/platform.ts';
import type { ImageFacts } from '../core/bom/image.ts';
import type { AskedPlace } from '../core/evidence/summary.ts';
import type { Digest } from '../core/hash.ts';
import type { PullCredentials } from './engine.ts';

export interface ResolvedImage {
  /** `repository:tag@sha256:...` with the registry's host in front. */
  readonly resolved: string;
  /** Whether the image's configuration declares a health check; null when that was not readable. */
  readonly hasHealthCheck: boolean | null;
}

/** What the registry tells of an image, before anybody looks for its ancestors elsewhere. */
export interface InspectedImage extends Omit<ImageFacts, 'ancestors'> {
  /** DiffIDs of its layers, the lowest first. */
  readonly diffIds: readonly string[];
  /** What the image says that it was built from (OCI image-spec, annotations.md); null when it says nothing. */
  readonly base: { readonly name: string | null; readonly digest: string | null } | null;
}

/** What lies beside an image at its registry: signatures, SBOMs, attestations. */
export interface FoundArtifacts {
  readonly asked: readonly AskedPlace[];
  readonly documents: readonly FoundDocument[];
  /** How many more were found that are known already. */
  readonly known: number;
  /** Why other artifacts were left, each a clause for people. */
  readonly passedOver: readonly string[];
}

/** A document that lies at the registry; of cosign's signatures its descriptor, with what it describes in `data`. */
export interface FoundDocument {
  /** Where it was found, for people. */
  readonly from: string;
  /**
   * Fetches it, so that no more than one needs to be held at a time. Rejects with a Fault whose message is a clause, or with
   * the signal's reason.
   */
  readonly content: (signal: AbortSignal) => Promise<Uint8Array>;
}

/** Exactly which version of a secret a password is. */
export interface PasswordVersion extends Pick<RegistrySecret, 'environment' | 'secret'> {
  readonly version: string;
  /** The identity of the version's value. */
  readonly id: string;
}

/** Opens the newest version of an environment's secret, which is the password of the registry. */
export type OpenPassword = (
  of: Pick<RegistrySecret, 'environment' | 'secret'>,
  registry: string,
  signal: AbortSignal,
) => Promise<{ readonly value: Uint8Array; readonly opened: PasswordVersion }>;

/** A login as it was found; its `id` is not known yet. */
export interface FoundLogin extends Pick<PullCredentials, 'username' | 'password' | 'serverAddress'> {
  /** The version that was opened for it; null when the password is no secret of an environment. */
  readonly opened: PasswordVersion | null;
}

export interface LoginOrigin {
  /** The registry's host. */
  readonly registry: string;
  readonly credentials: RegistryDefinition['credentials'];
  /** The same for people. */
  readonly source: string;
}

/** The image registries that the platform names. Rejects with `image.unresolved`, `registry.unreachable`, `registry.denied`. */
export interface Registry {
  resolve(reference: string, registries: Platform['registries'], signal: AbortSignal): Promise<ResolvedImage>;
  /** Reads an image's manifest, configuration and history, and looks for its tags as long as `tagsMs` allow. */
  inspect(
    resolved: string,
    registries: Platform['registries'],
    tagsMs: number,
    signal: AbortSignal,
  ): Promise<InspectedImage>;
  /**
   * Looks for artifacts of an image (OCI distribution-spec 1.1, "Listing Referrers"; cosign's tags), as long as `ms` allow.
   * Documents whose digest is in `known` are counted and, where their layer tells it, not fetched. Never rejects for what a
   * registry answers: what it did not tell is told.
   */
  artifacts(
    resolved: string,
    registries: Platform['registries'],
    of: { readonly ms: number; readonly known: ReadonlySet<Digest> },
    signal: AbortSignal,
  ): Promise<FoundArtifacts>;
  /** From now on passwords that are secrets are opened by this: the newest version of one, for this registry. */
  useSecrets?(open: OpenPassword): void;
  /** The registry of an image, and where the login for it comes from. Absent: from nowhere that changes. */
  origin?(reference: string, registries: Platform['registries']): LoginOrigin;
  /** What an engine needs to pull the image; null when nothing. */
  credentials(reference: string, registries: Platform['registries'], signal: AbortSignal): Promise<FoundLogin | null>;
}
