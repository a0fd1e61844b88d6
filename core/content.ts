import type { ErasableKind, LedgerEvent } from './event.ts';
import type { Digest } from './hash.ts';
import type { Cause } from './outcome.ts';
import { stepsOf, targetAfter, targetBefore, type Plan } from './plan.ts';
import type { ReleaseManifest } from './release.ts';
import { unreachable } from './unreachable.ts';

/** What lies beside the ledger under its digest. All but the erasable kinds stay for ever. */
export type ContentKind =
  ErasableKind | 'plan' | 'target' | 'spec' | 'platform' | 'source' | 'manifest' | 'file' | 'evidence' | 'document';

/** Content that an entry, or other content, names. */
export interface Content {
  readonly digest: Digest;
  readonly kind: ContentKind;
}

/** Content that may be erased. */
export interface ErasableContent extends Content {
  readonly kind: ErasableKind;
}

/** Content that is not as the entry that names it says. */
export interface WrongContent extends Content {
  /** `missing`: it is not there, and no entry erased it. */
  readonly problem: 'missing' | 'altered';
  /** Of the first entry that names it, or that names what names it. */
  readonly sequence: number;
}

/** What a check of contents found, in distinct contents. */
export interface ContentVerdict {
  readonly present: number;
  /** Gone by an entry that says so: nothing is wrong with that. */
  readonly erased: number;
  readonly missing: number;
  readonly altered: number;
  /** The first 100 of those that are missing or altered, in the order of the entries. */
  readonly wrong: readonly WrongContent[];
}

/** The name of a person as it is stored: salted, so that its digest tells nothing once it is erased. */
export interface PersonName {
  /** 32 hexadecimal digits, fresh for each. */
  readonly salt: string;
  readonly name: string;
}

/** A name as people read it; null: it was erased. */
export function shownName(name: string | null): string {
  return name ?? '(erased)';
}

/** How many contents one `content-erased` entry names at most: an entry is bounded. */
export const erasedAtOnceMost = 400;

/** Which content an event names, in the order of its members. */
export function contentsOf(event: LedgerEvent): readonly Content[] {
  switch (event.kind) {
    case 'deployment-accepted':
    case 'deployment-queued':
      return [{ digest: event.plan, kind: 'plan' }];
    case 'step-started':
    case 'step-verified':
    case 'revert-started':
    case 'revert-verified':
      return event.target === null ? [] : [{ digest: event.target, kind: 'target' }];
    case 'step-failed':
    case 'revert-failed':
    case 'rollback-started':
    case 'deployment-ended':
      return contentsOfCause(event.cause);
    case 'spec-revised':
      return [{ digest: event.spec, kind: 'spec' }];
    case 'platform-applied':
      return [
        { digest: event.platform, kind: 'platform' },
        { digest: event.source, kind: 'source' },
      ];
    case 'release-registered':
      return [{ digest: event.manifest, kind: 'manifest' }];
    case 'evidence-appended':
      return [
        { digest: event.summary, kind: 'evidence' },
        ...(event.document === null ? [] : [{ digest: event.document.stored, kind: 'document' as const }]),
      ];
    case 'token-created':
      return event.name.kind === 'person' ? [{ digest: event.name.digest, kind: 'person' }] : [];
    case 'secret-set':
      return [
        { digest: event.sealed, kind: 'secret' },
        { digest: event.wrapped, kind: 'secret' },
      ];
    case 'secret-rewrapped':
      return [{ digest: event.wrapped, kind: 'secret' }];
    case 'secret-revoked':
    case 'secret-opened':
    case 'registry-password-opened':
    case 'secret-key-rotated':
    case 'finding-waived':
    case 'deployment-started':
    case 'cancel-requested':
    case 'request-accepted':
    case 'lease-granted':
    case 'token-revoked':
    case 'signing-key-changed':
    case 'content-erased':
    case 'ledger-recovered':
      return [];
    default:
      return unreachable(event);
  }
}

/** The same, but only what may be erased. */
export function erasableContentsOf(event: LedgerEvent): readonly ErasableContent[] {
  return contentsOf(event).filter((content): content is ErasableContent => isErasable(content.kind));
}

/** Which content a stored plan names: the targets that its steps lead from and to. */
export function contentsOfPlan(plan: Plan): readonly Content[] {
  const targets = stepsOf(plan).flatMap((step) => [targetBefore(step), targetAfter(step)]);
  return targets.flatMap((digest) => (digest === null ? [] : [{ digest, kind: 'target' as const }]));
}

/** Which content a stored release names: its files. */
export function contentsOfManifest({ identity }: ReleaseManifest): readonly Content[] {
  return Object.values(identity.files).map((digest) => ({ digest, kind: 'file' }));
}

/** Whether content of a kind may ever be erased. */
export function isErasable(kind: ContentKind): kind is ErasableKind {
  return kind === 'logs' || kind === 'person' || kind === 'secret';
}

function contentsOfCause(cause: Cause | null): readonly Content[] {
  const logs = cause !== null && 'logs' in cause ? cause.logs : null;
  return logs === null ? [] : [{ digest: logs, kind: 'logs' }];
}
