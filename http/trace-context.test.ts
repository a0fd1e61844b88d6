import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { traceOf } from './trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const valid = `00-${traceId}-${spanId}-01`;

function isContinued(traceparent: string): boolean {
  const trace = traceOf({ traceparent });
  assert.match(trace.traceId, /^[0-9a-f]{32}$/);
  assert.match(trace.spanId, /^[0-9a-f]{16}$/);
  return trace.traceId === traceId && trace.parentSpanId === spanId;
}

test('a valid traceparent is continued with a span of our own', () => {
  const trace = traceOf({ traceparent: valid, tracestate: 'congo=t61rcWkgMzE' });
  assert.equal(trace.traceId, traceId);
  assert.equal(trace.parentSpanId, spanId);
  assert.notEqual(trace.spanId, spanId);
  assert.equal(trace.sampled, true);
  assert.equal(trace.state, 'congo=t61rcWkgMzE');
});

test('only the lowest bit of the flags says that the caller may have sampled', () => {
  for (const [flags, sampled] of [
    ['00', false],
    ['01', true],
    ['02', false],
    ['ff', true],
  ] as const)
    assert.equal(traceOf({ traceparent: `00-${traceId}-${spanId}-${flags}` }).sampled, sampled, flags);
});

test('without a traceparent a trace begins, and a tracestate alone means nothing', () => {
  const trace = traceOf({ tracestate: 'a=1' });
  assert.match(trace.traceId, /^[0-9a-f]{32}$/);
  assert.deepEqual([trace.parentSpanId, trace.sampled, trace.state], [null, false, null]);
});

test('what the Recommendation calls invalid begins a new trace', () => {
  const wrong = {
    empty: '',
    'another version of hex': valid.toUpperCase(),
    'trace id of zeros': `00-${'0'.repeat(32)}-${spanId}-01`,
    'span id of zeros': `00-${traceId}-${'0'.repeat(16)}-01`,
    'forbidden version': `ff-${traceId}-${spanId}-01`,
    'version 00 with more fields': `${valid}-more`,
    'version 00 with a dash at the end': `${valid}-`,
    'short trace id': `00-${traceId.slice(1)}-${spanId}-01`,
    'long span id': `00-${traceId}-${spanId}0-01`,
    'flags of one digit': `00-${traceId}-${spanId}-1`,
    'no hex in the flags': `00-${traceId}-${spanId}-0g`,
    'space before it': ` ${valid}`,
    'space after it': `${valid} `,
    'two headers joined': `${valid}, ${valid}`,
    'a later version that goes on without a dash': `01-${traceId}-${spanId}-01more`,
  };
  for (const [name, traceparent] of Object.entries(wrong)) {
    const trace = traceOf({ traceparent, tracestate: 'a=1' });
    assert.notEqual(trace.traceId, traceId, name);
    assert.equal(trace.parentSpanId, null, name);
    assert.equal(trace.state, null, name);
  }
});

test('of a later version the fields that are known are taken', () => {
  assert.ok(isContinued(`01-${traceId}-${spanId}-01`));
  assert.ok(isContinued(`cc-${traceId}-${spanId}-01-what-the-future-holds`));
});

test('a tracestate that is not valid is dropped whole, and the trace goes on', () => {
  const states: Readonly<Record<string, boolean>> = {
    'a=1': true,
    'a=1,b=2': true,
    'a=1 , b=2': true,
    'a=1,,b=2': true,
    'tenant@system=x': true,
    '0tenant@system=x': true,
    'a= x': true,
    '': false,
    ',': false,
    'a=1,a=2': false,
    a: false,
    'a=': false,
    'a=b=c': false,
    'A=1': false,
    '0a=1': false,
    'a@=1': false,
    [`a=${'x'.repeat(256)}`]: true,
    [`a=${'x'.repeat(257)}`]: false,
    [`${'a'.repeat(257)}=1`]: false,
    'a=\u00e9': false,
    'a=1\u0007': false,
    [Array.from({ length: 32 }, (_, index) => `k${index}=1`).join(',')]: true,
    [Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(',')]: false,
  };
  for (const [tracestate, isValid] of Object.entries(states)) {
    const trace = traceOf({ traceparent: valid, tracestate });
    assert.equal(trace.traceId, traceId);
    assert.equal(trace.state, isValid ? tracestate : null, tracestate);
  }
});

test('whatever a caller sends, the ids are well formed, never zero, and the span is new', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
  const near = fc.tuple(hex(2), hex(32), hex(16), hex(2)).map((parts) => parts.join('-'));
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), fc.string(), (traceparent, tracestate) => {
      const trace = traceOf({ traceparent, tracestate });
      assert.match(trace.traceId, /^(?!0{32})[0-9a-f]{32}$/);
      assert.match(trace.spanId, /^(?!0{16})[0-9a-f]{16}$/);
      assert.notEqual(trace.spanId, trace.parentSpanId);
      if (trace.parentSpanId !== null) assert.ok(traceparent.includes(trace.traceId));
    }),
  );
});
