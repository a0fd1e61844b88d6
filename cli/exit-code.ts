import type { Fault } from '../core/fault.ts';
import type { Outcome } from '../core/outcome.ts';
import { unreachable } from '../core/unreachable.ts';

/** Every exit code of `dray`, by name. A code, once released, keeps its meaning. */
export const exitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  rolledBack: 4,
  rollbackFailed: 5,
  cancelled: 6,
  superseded: 7,
  timeout: 8,
  unreachable: 9,
  notAllowed: 11,
  changes: 12,
  unknown: 13,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** What each code means, for the help and the reference. */
export const exitMeaning: Readonly<Record<ExitCode, string>> = {
  0: 'succeeded, or nothing to do',
  1: 'failed, or a check found something',
  2: 'wrong usage, or a document or name is wrong',
  3: 'refused: a rule, or what is there now, says no',
  4: 'rolled back: what ran before runs again, verified',
  5: 'the rollback failed: it is named what is unknown',
  6: 'cancelled',
  7: 'superseded by a newer deployment',
  8: '--timeout is over; the deployment goes on',
  9: 'the server does not answer, or has too much to do',
  11: 'not signed in, or not allowed',
  12: 'plan --exit-code: there are changes',
  13: 'it is not known',
  130: 'interrupted; a deployment that was accepted goes on',
  143: 'terminated; a deployment that was accepted goes on',
};

/** The exit code of a command that waited for a deployment's end. */
export function exitCodeOfOutcome(outcome: Outcome): ExitCode {
  switch (outcome) {
    case 'succeeded':
      return exitCode.done;
    case 'failed':
      return exitCode.failed;
    case 'rolled-back':
      return exitCode.rolledBack;
    case 'rollback-failed':
      return exitCode.rollbackFailed;
    case 'cancelled':
      return exitCode.cancelled;
    case 'refused':
      return exitCode.refused;
    case 'superseded':
      return exitCode.superseded;
    default:
      return unreachable(outcome);
  }
}

/** The exit code of a command that a fault ended. */
export function exitCodeOfFault(fault: Fault): ExitCode {
  switch (fault.kind) {
    case 'invalid':
    case 'not-found':
    case 'too-large':
      return exitCode.usage;
    case 'conflict':
    case 'refused':
      return exitCode.refused;
    case 'unauthenticated':
    case 'forbidden':
      return exitCode.notAllowed;
    case 'busy':
    case 'too-many':
      return exitCode.unreachable;
    case 'unavailable':
      return fault.code === 'server.unreachable' || fault.code === 'server.draining'
        ? exitCode.unreachable
        : exitCode.failed;
    case 'broken':
      return exitCode.failed;
    default:
      return unreachable(fault.kind);
  }
}
