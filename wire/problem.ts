import { faultCodes, type FaultCode, type FaultKind } from '../core/fault-codes.ts';
import { Fault } from '../core/fault.ts';
import type { ProblemDocument } from './common.ts';

/** The HTTP status that each kind of fault is answered with. */
export const statusOf: Readonly<Record<FaultKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  refused: 422,
  busy: 503,
  'too-many': 429,
  unavailable: 503,
  broken: 500,
};

/** A fault as an RFC 9457 problem document; where the fault names no next step, the remedy of its code stands. */
export function toProblem(fault: Fault, requestId: string): ProblemDocument {
  return {
    type: `urn:drayage:problem:${fault.code}`,
    title: faultCodes[fault.code][1],
    status: statusOf[fault.kind],
    detail: fault.message,
    code: fault.code,
    facts: { ...fault.facts },
    next: fault.next ?? faultCodes[fault.code][2],
    problems: [...fault.problems],
    requestId,
  };
}

/**
 * The fault that a problem document tells of; a code this version does not know becomes `server.bug`. `retryAfterMs` is
 * what a Retry-After header beside it says.
 */
export function fromProblem(document: ProblemDocument, retryAfterMs: number | null = null): Fault {
  const code: FaultCode = isFaultCode(document.code) ? document.code : 'server.bug';
  return new Fault(code, document.detail, {
    facts: document.facts,
    problems: document.problems,
    ...(document.next === null ? {} : { next: document.next }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(faultCodes, code);
}
