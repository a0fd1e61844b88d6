import { randomUUID } from 'node:crypto';

/** Where a request stands in a distributed trace (W3C Trace Context, Recommendation of 23 November 2021). */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits: the caller's trace, or one that begins here. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits: this request's own span. */
  readonly spanId: string;
  /** The caller's span; null when the trace begins here. */
  readonly parentSpanId: string | null;
  /** Whether the caller may have recorded its part of the trace. */
  readonly sampled: boolean;
  /** The caller's `tracestate` as it came; null when there is none that is valid. */
  readonly state: string | null;
}

/** The headers as they came; several of one name are joined by Node with `, `. */
export interface TraceHeaders {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

const versionPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
const zerosPattern = /^0+$/;

/**
 * Continues the caller's trace with a new span, or begins one: a header that is not valid is as if it had not come
 * (section 3.3.2 of the Recommendation), and without a valid `traceparent` no `tracestate` is looked at. Nothing goes
 * back to the caller: no version of the Recommendation has a header for answers.
 */
export function traceOf(headers: TraceHeaders, newId: (bytes: number) => string = randomHex): TraceContext {
  const parent = parseTraceparent(headers.traceparent);
  const spanId = newId(8);
  if (parent === null) return { traceId: newId(16), spanId, parentSpanId: null, sampled: false, state: null };
  const state = isTracestate(headers.tracestate) ? headers.tracestate : null;
  return { traceId: parent.traceId, spanId, parentSpanId: parent.spanId, sampled: parent.sampled, state };
}

/** Reads a `traceparent` by section 3.2.2; null when it is not valid. */
function parseTraceparent(text: string | undefined) {
  if (text === undefined || text.length > 512) return null;
  const [, version, traceId, spanId, flags, rest] = versionPattern.exec(text) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (version === 'ff' || zerosPattern.test(traceId) || zerosPattern.test(spanId)) return null;
  // A later version may have more fields, of which nothing is known; version 00 has none (section 3.2.4).
  if (version === '00' && rest !== undefined) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const statePattern = {
  key: /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/,
  value: /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/,
} as const;
const membersMost = 32;
const stateBytesMost = 4_096;

/** Whether a `tracestate` is valid by section 3.3.1: at most 32 members, none empty of a key or twice; else all of it is dropped. */
function isTracestate(text: string | undefined): text is string {
  if (text === undefined || text.length > stateBytesMost) return false;
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > membersMost) return false;
  const keys = members.map((member) => member.split('=', 1)[0] ?? '');
  if (new Set(keys).size !== keys.length) return false;
  return members.every((member, index) => {
    const key = keys[index] ?? '';
    return member.length > key.length && isMember(key, member.slice(key.length + 1));
  });
}

function isMember(key: string, value: string): boolean {
  return statePattern.key.test(key) && statePattern.value.test(value);
}

/** Never all zeros, which would mean "none": a UUID of version 4 says so in one digit of each half. */
function randomHex(bytes: number): string {
  return randomUUID()
    .replaceAll('-', '')
    .slice(-2 * bytes);
}
