import type { Clock } from '../../port/clock.ts';
import { secretBudgetMs } from './parts.ts';
import type { WriteResult } from './write.ts';

/** Ends the waiting for where a secret is kept: what is silent too long has failed the step, and is its cause. */
export interface SecretPatience {
  /** `deadlineMs` is the step's own; it shortens the budget, so that the cause is told and not only that time is over. */
  judge(goal: string, result: WriteResult, deadlineMs: number | undefined): WriteResult;
}

export function createSecretPatience(clock: Pick<Clock, 'monotonic'>): SecretPatience {
  const since = new Map<string, number>();
  return {
    judge(goal, result, deadlineMs = secretBudgetMs) {
      if (result.kind !== 'later' || result.code?.startsWith('secret.') !== true) {
        since.delete(goal);
        return result;
      }
      const beginMs = since.get(goal) ?? clock.monotonic();
      since.set(goal, beginMs);
      const budgetMs = Math.min(secretBudgetMs, Math.floor((deadlineMs * 2) / 3));
      if (clock.monotonic() - beginMs < budgetMs) return result;
      const message = `${result.message} It was waited for ${Math.round(budgetMs / 1000)} s.`;
      return { kind: 'refused', refusal: { code: result.code, message } };
    },
  };
}
