import type { JsonObject } from './json.ts';

/** What sort of no a fault is; the HTTP status and the exit code follow from it. */
export type FaultKind =
  | 'invalid' // the request or document is wrong; repeating it changes nothing
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict' // true as asked, but not with what is there now
  | 'too-large'
  | 'refused' // understood, and a rule or gate says no
  | 'busy' // a bounded queue is full; try again later
  | 'unavailable' // something outside does not answer
  | 'broken'; // stored data is not what it must be

/** Every public code, with its kind and what it means. A code, once released, keeps its meaning. */
export const faultCodes = {
  'document.invalid': ['invalid', 'A document is not what its schema asks; every place is named.'],
  'document.too-large': ['too-large', 'A document is above 1 MiB, 20,000 nodes or 64 levels.'],
  'request.invalid': ['invalid', 'The body, a query parameter or a header is wrong.'],
  'request.too-large': ['too-large', 'The body is above the limit of this route.'],
  'request.key-reused': ['conflict', 'The idempotency key was used before with another request.'],
  'auth.missing': ['unauthenticated', 'No bearer token came with the request.'],
  'auth.wrong': ['unauthenticated', 'The token is unknown, expired or revoked.'],
  'token.unknown': ['not-found', 'There is no token of this id.'],
  'auth.not-allowed': ['forbidden', "The token's role does not allow this."],
  'route.unknown': ['not-found', 'There is no such route.'],
  'service.unknown': ['not-found', 'No release of this service was ever registered.'],
  'release.unknown': ['not-found', 'This version of the service was never registered.'],
  'release.differs': ['conflict', 'The version is registered already, with other content; the differences are listed.'],
  'image.unresolved': ['invalid', 'The registry does not know this image or tag.'],
  'registry.unreachable': ['unavailable', 'The image registry does not answer.'],
  'registry.denied': ['refused', 'The image registry wants other credentials.'],
  'environment.unknown': ['not-found', 'The platform document names no such environment.'],
  'cluster.unknown': ['not-found', 'The platform document names no such cluster.'],
  'deployment.unknown': ['not-found', 'There is no such deployment.'],
  'deployment.ended': ['conflict', 'The deployment has ended; it cannot be cancelled any more.'],
  'deployment.reverting': ['conflict', 'The deployment is rolling back already.'],
  'platform.missing': ['conflict', 'No platform document has been applied yet.'],
  'platform.invalid': ['invalid', 'The platform document contradicts itself or what runs.'],
  'spec.conflict': ['conflict', 'Somebody else changed the same service since the revision the spec was made from.'],
  'spec.removal': ['refused', 'A service left the spec, and its removal was not allowed by name.'],
  'spec.older': ['refused', 'A service would go back to an older version than runs, and no base revision was given.'],
  'spec.revision-unknown': ['invalid', 'The environment never had this revision.'],
  'plan.cycle': ['invalid', 'depends_on or needs form a cycle.'],
  'plan.need-missing': ['invalid', 'A service needs one that is not in the environment.'],
  'plan.parameter-missing': ['invalid', 'A release has a parameter without a value in this environment.'],
  'plan.port-claimed': ['invalid', 'Two services claim the same port of a cluster.'],
  'plan.placement': ['invalid', 'A service fits on no cluster of the environment, or on several.'],
  'plan.volume': ['invalid', 'A local volume needs one replica on one pinned node and stop-first.'],
  'plan.override': ['invalid', 'The spec overrides a port or a replica count that the release does not have.'],
  'plan.changed': ['conflict', 'The plan is not any more the one that was shown.'],
  'plan.stale': ['conflict', 'What runs changed between planning and starting.'],
  'engine.unreachable': ['unavailable', 'The cluster does not answer.'],
  'engine.refused': ['refused', 'The engine rejected the object that was written.'],
  'engine.fenced': ['conflict', 'A newer driver has written to this cluster; this one must stop.'],
  'engine.foreign': ['refused', 'The name or stack namespace is used by somebody else on the cluster.'],
  'engine.contended': ['unavailable', 'Others kept changing the same object; try again.'],
  'engine.unknown-object': ['not-found', 'The engine does not know this service or task.'],
  'store.conflict': ['conflict', 'The stream moved on since it was read.'],
  'store.busy': ['busy', 'The writing queue is full; try again later.'],
  'store.locked': ['unavailable', 'Another server uses this data folder.'],
  'store.broken': ['broken', 'The ledger or database does not verify.'],
  'store.failed': ['unavailable', 'The database could not be read or written.'],
  'ledger.behind-engine': [
    'broken',
    'The engine carries a generation that this ledger never granted: a restored backup.',
  ],
  'local.failed': ['unavailable', 'A private engine or registry on this machine did not start or work.'],
  'server.unreachable': ['unavailable', 'The Drayage server does not answer.'],
  'server.address': ['invalid', 'The server cannot listen on this address.'],
  'server.busy': ['busy', 'The server has too much of this under way; try again later.'],
  'server.draining': ['unavailable', 'The server is shutting down.'],
  'server.bug': ['broken', 'Drayage itself did something wrong.'],
} as const satisfies Record<string, readonly [FaultKind, string]>;

/** A stable, public code of an expected failure. */
export type FaultCode = keyof typeof faultCodes;

/** One place in a document that is wrong, shown as a compiler would. Lines and columns count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The line itself, cut to 200 characters. */
  readonly text: string;
  readonly message: string;
  /** What to do: the expected form, or the nearest known key. */
  readonly hint: string | null;
}

export interface FaultDetails {
  /** Machine-readable facts: names, counts, addresses. Never a secret. */
  readonly facts?: JsonObject;
  /** What an operator does next, as one sentence. */
  readonly next?: string;
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

/**
 * An expected failure: a code, one sentence on what happened to what, the facts, and the next step. Everything that is
 * not a Fault is a bug.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly facts: JsonObject;
  readonly next: string | null;
  readonly problems: readonly Problem[];

  constructor(code: FaultCode, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.facts = details.facts ?? {};
    this.next = details.next ?? null;
    this.problems = details.problems ?? [];
  }

  get kind(): FaultKind {
    return faultCodes[this.code][0];
  }
}

/** Whether repeating the same thing later can succeed. */
export function isRetryable(fault: Fault): boolean {
  return fault.kind === 'busy' || fault.kind === 'unavailable';
}

/** Whether an unknown thrown value is a Fault, optionally of one code. */
export function isFault(value: unknown, code?: FaultCode): value is Fault {
  return value instanceof Fault && (code === undefined || value.code === code);
}
