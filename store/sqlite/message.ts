import { Fault, type FaultCode } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';
import type { LeaseRow } from '../../port/store.ts';
import type { PreparedRequest } from '../prepare.ts';

/** A Fault on its way between threads, which copy no classes. */
export interface Refusal {
  readonly code: FaultCode;
  readonly message: string;
  readonly facts: JsonObject;
  readonly next: string | null;
}

/** How far the making of what follows from the ledger has come, in entries. */
export interface FoldProgress {
  readonly making: 'projections' | 'tree';
  readonly done: number;
  readonly total: number;
}

/** What the store added to an entry. */
export interface Placed {
  readonly sequence: number;
  readonly prev: string;
}

/** What became of one request: all of its entries, in its order, or nothing. */
export type Written =
  | { readonly kind: 'appended'; readonly placed: readonly Placed[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Asked of the writer's thread; each is answered by exactly one message, in order, but for `progress` before it. */
export type WriterRequest =
  | { readonly kind: 'write'; readonly requests: readonly PreparedRequest[] }
  | { readonly kind: 'grant-lease'; readonly request: PreparedRequest; readonly seen: LeaseRow | null }
  | { readonly kind: 'renew-lease'; readonly held: LeaseRow }
  | { readonly kind: 'note-token-use'; readonly lastUsedAt: ReadonlyMap<string, number> }
  | { readonly kind: 'rebuild' }
  | { readonly kind: 'close' };

export type WriterAnswer =
  | { readonly kind: 'ready'; readonly entries: number }
  | { readonly kind: 'progress'; readonly progress: FoldProgress }
  | { readonly kind: 'written'; readonly results: readonly Written[] }
  | { readonly kind: 'renewed'; readonly lease: LeaseRow }
  | { readonly kind: 'noted' }
  | { readonly kind: 'rebuilt'; readonly entries: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What the writer's thread is started with. */
export interface WriterData {
  /** The data folder. */
  readonly directory: string;
  /** Whether opening makes everything anew that follows from the ledger. */
  readonly anew: boolean;
}

export function toRefusal(fault: Fault): Refusal {
  return { code: fault.code, message: fault.message, facts: fault.facts, next: fault.next };
}

export function fromRefusal({ code, message, facts, next }: Refusal): Fault {
  return new Fault(code, message, next === null ? { facts } : { facts, next });
}
