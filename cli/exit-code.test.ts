import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultCodes, type FaultCode, type FaultKind } from '../core/fault-codes.ts';
import { Fault } from '../core/fault.ts';
import { outcome } from '../wire/deployment.ts';
import { exitCode, exitCodeOfFault, exitCodeOfOutcome, exitMeaning } from './exit-code.ts';

test('every outcome has the exit code that is promised', () => {
  const codes = Object.fromEntries(outcome.options.map((word) => [word, exitCodeOfOutcome(word)]));
  assert.deepEqual(codes, {
    succeeded: 0,
    failed: 1,
    'rolled-back': 4,
    'rollback-failed': 5,
    cancelled: 6,
    refused: 3,
    superseded: 7,
  });
});

test('every fault code ends in the exit code of its kind', () => {
  const expected: Readonly<Record<FaultKind, readonly number[]>> = {
    invalid: [2],
    'too-large': [2],
    'not-found': [2],
    conflict: [3],
    refused: [3],
    unauthenticated: [11],
    forbidden: [11],
    busy: [9],
    'too-many': [9],
    unavailable: [1, 9],
    broken: [1],
  };
  const seen = new Set<FaultKind>();
  for (const code of Object.keys(faultCodes).filter(isCode)) {
    const fault = new Fault(code, 'it happened');
    seen.add(fault.kind);
    assert.ok(expected[fault.kind].includes(exitCodeOfFault(fault)), code);
  }
  assert.deepEqual([...seen].sort(), Object.keys(expected).sort());
});

test('only a server that does not answer is told from other things that do not answer', () => {
  assert.equal(exitCodeOfFault(new Fault('server.unreachable', '')), 9);
  assert.equal(exitCodeOfFault(new Fault('server.draining', '')), 9);
  assert.equal(exitCodeOfFault(new Fault('engine.unreachable', '')), 1);
  assert.equal(exitCodeOfFault(new Fault('registry.unreachable', '')), 1);
});

test('every exit code has a meaning and no two names share a code', () => {
  const codes = Object.values(exitCode);
  assert.equal(new Set(codes).size, codes.length);
  for (const code of codes) assert.notEqual(exitMeaning[code], '');
});

function isCode(code: string): code is FaultCode {
  return Object.hasOwn(faultCodes, code);
}
