import type { Role, Scope } from './access.ts';
import type { Standing } from './evidence/standing.ts';
import type { EvidenceKind } from './evidence/summary.ts';
import type { Digest } from './hash.ts';
import type { Cause, Outcome } from './outcome.ts';
import type { SizeClass } from './secret.ts';
import type { Spot } from './workload.ts';

/** Facts and decisions of one deployment; stream `deployment/ID`. Folded by core/rollout. */
export type DeploymentEvent =
  | {
      readonly kind: 'deployment-accepted';
      readonly deployment: string;
      readonly environment: string;
      /** Digest of the stored Plan. */
      readonly plan: Digest;
      readonly services: readonly string[];
      readonly onFailure: 'roll-back' | 'leave';
      /** The revision that a rollback goes back to; null for any other deployment. */
      readonly restores: number | null;
      /** What asked for it, for people: `deploy`, `rollback to d-...`. */
      readonly reason: string;
    }
  | { readonly kind: 'deployment-started'; readonly deployment: string; readonly generation: number }
  | {
      readonly kind: 'step-started';
      readonly deployment: string;
      readonly step: string;
      readonly spot: Spot;
      readonly target: Digest | null;
    }
  | {
      readonly kind: 'step-verified';
      readonly deployment: string;
      readonly step: string;
      readonly spot: Spot;
      readonly target: Digest | null;
    }
  | {
      readonly kind: 'step-failed';
      readonly deployment: string;
      readonly step: string;
      readonly spot: Spot;
      readonly cause: Cause;
    }
  | { readonly kind: 'cancel-requested'; readonly deployment: string; readonly by: string; readonly leave: boolean }
  | { readonly kind: 'rollback-started'; readonly deployment: string; readonly cause: Cause }
  | {
      readonly kind: 'revert-started';
      readonly deployment: string;
      readonly step: string;
      readonly spot: Spot;
      readonly target: Digest | null;
    }
  | {
      readonly kind: 'revert-verified';
      readonly deployment: string;
      readonly step: string;
      readonly spot: Spot;
      readonly target: Digest | null;
    }
  | {
      readonly kind: 'revert-failed';
      readonly deployment: string;
      readonly step: string;
      readonly spot: Spot;
      readonly cause: Cause;
    }
  | {
      readonly kind: 'deployment-ended';
      readonly deployment: string;
      readonly outcome: Outcome;
      readonly cause: Cause | null;
      /** Steps of which it is not known what runs; empty unless the outcome is rollback-failed or something was left. */
      readonly unknown: readonly string[];
    };

/** The order of things in one environment; stream `environment/NAME`. */
export type EnvironmentEvent =
  | {
      readonly kind: 'deployment-queued';
      readonly environment: string;
      readonly deployment: string;
      readonly plan: Digest;
    }
  | {
      readonly kind: 'spec-revised';
      readonly environment: string;
      readonly revision: number;
      /** Digest of the stored Spec. */
      readonly spec: Digest;
      readonly deployment: string;
    };

/** About the ledger itself; stream `ledger`. */
export type UpkeepEvent =
  | {
      readonly kind: 'signing-key-changed';
      /** Signs every later checkpoint: a C2SP verifier key, `name+id+base64`. */
      readonly key: string;
      /** The one before; null for the first. */
      readonly previous: string | null;
      /** By which the one before hands over (core/tree/key-change.ts): null for the first, and when that key was lost. */
      readonly handover: string | null;
    }
  | {
      readonly kind: 'content-erased';
      /** Blobs whose bytes are gone from now on; their digests stay where entries name them. */
      readonly contents: readonly { readonly digest: Digest; readonly kind: ErasableKind }[];
      readonly reason: 'retention' | 'request';
    }
  | {
      readonly kind: 'ledger-recovered';
      /** Added to the sequence of every later grant of the lease, so that generations go on above all that were seen. */
      readonly generationBase: number;
      /** The signed checkpoint that reached further than this ledger; null when only engines did. */
      readonly lost: string | null;
      /** The highest generation that an engine's object bore. */
      readonly highestSeen: number;
    };

/**
 * About secrets. No event holds a value, its length or its hash; `id` is an HMAC under a key outside the database.
 */
export type SecretEvent =
  /** Stream `secret/ENVIRONMENT/NAME`. */
  | {
      readonly kind: 'secret-set';
      readonly environment: string;
      readonly secret: string;
      readonly version: number;
      readonly id: string;
      readonly size: SizeClass;
      /** Digests of the sealed value and of its wrapped key; see core/content.ts. */
      readonly sealed: Digest;
      readonly wrapped: Digest;
    }
  /** The same stream; its bytes are erased by a `content-erased` of the same append. */
  | {
      readonly kind: 'secret-revoked';
      readonly environment: string;
      readonly secret: string;
      readonly version: number;
    }
  /** The same stream: the key of the value is wrapped under another master key. */
  | {
      readonly kind: 'secret-rewrapped';
      readonly environment: string;
      readonly secret: string;
      readonly version: number;
      readonly wrapped: Digest;
    }
  /** Stream `secret-access/ENVIRONMENT/NAME`: a value was read, for an engine that had it not. */
  | {
      readonly kind: 'secret-opened';
      readonly environment: string;
      readonly secret: string;
      readonly version: string;
      readonly id: string;
      readonly deployment: string;
      readonly spot: Spot;
    }
  /**
   * The same stream: a registry's password was read, to ask the registry itself or, with `cluster`, for an engine to pull
   * with. Once for each version, registry, cluster and deployment while a server runs.
   */
  | {
      readonly kind: 'registry-password-opened';
      readonly environment: string;
      readonly secret: string;
      readonly version: string;
      readonly id: string;
      /** Host of the registry. */
      readonly registry: string;
      readonly cluster: string | null;
      /** Null: to ask the registry, or given to the engine again after the password was changed. */
      readonly deployment: string | null;
    }
  /** Stream `secret-key`: from now on values are sealed under another master key. */
  | { readonly kind: 'secret-key-rotated'; readonly key: string; readonly previous: string };

/** What may be erased: it lies in blobs whose salt, or encryption, makes their digest tell nothing once they are gone. */
export type ErasableKind = 'logs' | 'person' | 'secret';

/** What people call a token: a person's name lies in a blob that can be erased; the other stands for ever as it is. */
export type TokenName =
  | { readonly kind: 'person'; readonly digest: Digest }
  /** What is nobody's name, and what was recorded before names could be erased. */
  | { readonly kind: 'inline'; readonly text: string };

/** A document as it came, byte for byte, and how it is kept. */
export interface EvidenceDocument {
  /** SHA-256 of its bytes. */
  readonly digest: Digest;
  readonly bytes: number;
  /** Digest of the stored blob: those bytes, compressed (RFC 1952). */
  readonly stored: Digest;
}

/** Everything the ledger can hold. */
export type LedgerEvent =
  | DeploymentEvent
  | EnvironmentEvent
  | UpkeepEvent
  | SecretEvent
  /** Stream `platform`. */
  | { readonly kind: 'platform-applied'; readonly revision: number; readonly platform: Digest; readonly source: Digest }
  /** Stream `release/SERVICE/VERSION`. */
  | {
      readonly kind: 'release-registered';
      readonly service: string;
      readonly version: string;
      readonly identity: Digest;
      readonly manifest: Digest;
    }
  /** Stream `release/SERVICE/VERSION`: what was learned of a release; no part of its identity. */
  | {
      readonly kind: 'evidence-appended';
      readonly service: string;
      readonly version: string;
      readonly evidence: EvidenceKind;
      /** Digest (`sha256:...`) of the image that it speaks of; null: of the release as a whole. */
      readonly image: string | null;
      /** ChainID of all layers of that image, where the evidence is the image itself. */
      readonly chain: string | null;
      /** Digest of the stored EvidenceSummary. */
      readonly summary: Digest;
      /** The document that it was read from; null when it was collected. */
      readonly document: EvidenceDocument | null;
      /** How the release stood with the environments that ran it then, this evidence taken in; absent: it ran nowhere. */
      readonly standings?: readonly Standing[];
    }
  /** Stream `waiver/ID`: somebody answers for a vulnerability until a moment. */
  | {
      readonly kind: 'finding-waived';
      readonly waiver: string;
      /** In upper case: `CVE-2024-1234`. */
      readonly vulnerability: string;
      /** Null: in every service. */
      readonly service: string | null;
      readonly reason: string;
      /** In ms since 1970. */
      readonly until: number;
    }
  /** Stream `request/DIGEST`: an idempotency key was used. */
  | { readonly kind: 'request-accepted'; readonly request: Digest; readonly deployment: string }
  /** Stream `lease/drive`: the entry's sequence is the generation. */
  | { readonly kind: 'lease-granted'; readonly driver: string }
  /** Stream `token/ID`. Tokens are kept as SHA-256 of the secret. */
  | {
      readonly kind: 'token-created';
      readonly token: string;
      readonly name: TokenName;
      readonly role: Role;
      readonly scope: Scope;
      /** When it ends by itself, in ms since 1970; null: never. */
      readonly expiresAt: number | null;
      /** `session`: a browser's, made by signing in. */
      readonly use: 'api' | 'session';
      /** Of a session: the token that signed in; null when it was the link printed on the server's own terminal. */
      readonly parent: string | null;
      readonly secretHash: Digest;
    }
  | { readonly kind: 'token-revoked'; readonly token: string };

/** The version of an event's payload that is written now: 1 unless named here. An upcaster stays for each earlier one. */
export const eventVersions: Partial<Readonly<Record<LedgerEvent['kind'], number>>> = { 'token-created': 3 };

const kinds: Readonly<Record<LedgerEvent['kind'], true>> = {
  'deployment-accepted': true,
  'deployment-started': true,
  'step-started': true,
  'step-verified': true,
  'step-failed': true,
  'cancel-requested': true,
  'rollback-started': true,
  'revert-started': true,
  'revert-verified': true,
  'revert-failed': true,
  'deployment-ended': true,
  'deployment-queued': true,
  'spec-revised': true,
  'platform-applied': true,
  'release-registered': true,
  'evidence-appended': true,
  'finding-waived': true,
  'request-accepted': true,
  'lease-granted': true,
  'token-created': true,
  'token-revoked': true,
  'signing-key-changed': true,
  'content-erased': true,
  'ledger-recovered': true,
  'secret-set': true,
  'secret-revoked': true,
  'secret-rewrapped': true,
  'secret-opened': true,
  'registry-password-opened': true,
  'secret-key-rotated': true,
};

/** All kinds of events that the ledger can hold. */
export const eventKinds = Object.keys(kinds) as readonly LedgerEvent['kind'][];

/** Whether the ledger can hold an event of this kind. */
export function isEventKind(kind: string): kind is LedgerEvent['kind'] {
  return Object.hasOwn(kinds, kind);
}
