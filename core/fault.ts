import { faultCodes, type FaultCode, type FaultKind } from './fault-codes.ts';
import type { JsonObject } from './json.ts';

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
  /** When repeating it can succeed, in ms from now. */
  readonly retryAfterMs?: number;
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
  readonly retryAfterMs: number | null;

  constructor(code: FaultCode, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.facts = details.facts ?? {};
    this.next = details.next ?? null;
    this.problems = details.problems ?? [];
    this.retryAfterMs = details.retryAfterMs ?? null;
  }

  get kind(): FaultKind {
    return faultCodes[this.code][0];
  }
}

/** Whether repeating the same thing later can succeed. */
export function isRetryable(fault: Fault): boolean {
  return fault.kind === 'busy' || fault.kind === 'too-many' || fault.kind === 'unavailable';
}

/** Whether an unknown thrown value is a Fault, optionally of one code. */
export function isFault(value: unknown, code?: FaultCode): value is Fault {
  return value instanceof Fault && (code === undefined || value.code === code);
}

export { faultCodes, type FaultCode, type FaultKind };
