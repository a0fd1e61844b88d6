import type { Digest } from './hash.ts';

/** How a deployment ended. Exactly one, for ever. */
export type Outcome =
  'succeeded' | 'failed' | 'rolled-back' | 'rollback-failed' | 'cancelled' | 'refused' | 'superseded';

/** Why a step failed or a deployment ended as it did. */
export type Cause =
  | {
      readonly kind: 'task-failed';
      readonly step: string;
      readonly task: string;
      readonly node: string | null;
      readonly message: string;
      readonly exitCode: number | null;
      /** Digest of the stored log excerpt; null when none could be read. */
      readonly logs: Digest | null;
      /** What to change, where that can be told: a path to declare, an image to push. */
      readonly hint: string | null;
    }
  | {
      readonly kind: 'deadline';
      readonly step: string;
      readonly deadlineMs: number;
      readonly message: string;
      readonly task: string | null;
      readonly logs: Digest | null;
      readonly hint: string | null;
    }
  | { readonly kind: 'engine-refused'; readonly step: string; readonly code: string; readonly message: string }
  | {
      readonly kind: 'engine-unreachable';
      readonly step: string;
      readonly cluster: string;
      readonly message: string;
      readonly budgetMs: number;
    }
  | { readonly kind: 'cancelled'; readonly by: string; readonly left: boolean }
  | { readonly kind: 'stale'; readonly message: string }
  | { readonly kind: 'superseded'; readonly by: string };

/** The most characters of an engine's words that a cause holds: entries of the ledger are bounded. */
const wordsMost = 1_000;

/** The most steps that an outcome names as unknown; more are left to the steps themselves. */
export const unknownMost = 500;

/** Somebody else's words as a cause may hold them: cut, and free of what canonical JSON refuses. */
export function inWords(text: string): string {
  return (text.length <= wordsMost ? text : `${text.slice(0, wordsMost - 1)}…`).toWellFormed();
}

/** A log excerpt as it is stored: salted, so that its digest tells nothing about short lines. */
export interface LogExcerpt {
  readonly salt: string;
  readonly task: string;
  readonly lines: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[];
}
