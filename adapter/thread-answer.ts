import { Fault, isFault, type FaultCode, type Problem } from '../core/fault.ts';
import type { JsonObject } from '../core/json.ts';

/** A Fault as it travels between threads. */
export interface SentFault {
  readonly code: FaultCode;
  readonly message: string;
  readonly facts: JsonObject;
  readonly next: string | null;
  readonly problems: readonly Problem[];
}

/** What a thread answers to one job. `bug` is the stack of what was thrown and is no Fault. */
export type ThreadAnswer<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'fault'; readonly fault: SentFault }
  | { readonly kind: 'bug'; readonly stack: string };

/** Does one job in its thread; never throws. */
export function answerOf<Value>(work: () => Value): ThreadAnswer<Value> {
  try {
    return { kind: 'value', value: work() };
  } catch (error) {
    if (!isFault(error)) return { kind: 'bug', stack: error instanceof Error ? String(error.stack) : String(error) };
    const { code, message, facts, next, problems } = error;
    return { kind: 'fault', fault: { code, message, facts, next, problems } };
  }
}

/** The Fault again, to be thrown on the side that asked. */
export function receivedFault({ code, message, facts, next, problems }: SentFault): Fault {
  return new Fault(code, message, { facts, problems, ...(next === null ? {} : { next }) });
}
