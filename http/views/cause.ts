import type { Digest } from '../../core/hash.ts';
import type { Cause, LogExcerpt } from '../../core/outcome.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { CauseView } from '../../wire/deployment.ts';
import { nameOf, type Names } from './names.ts';

/** What a cause only points to. */
export interface CauseParts {
  /** By digest; `erased` where one was. */
  readonly excerpts: ReadonlyMap<Digest, LogExcerpt | 'erased'>;
  readonly names: Names;
}

/** A cause with a sentence for people and the log lines that were kept for it. */
export function causeView(cause: Cause, { excerpts, names }: CauseParts): CauseView {
  const step = 'step' in cause ? cause.step : null;
  const excerpt = 'logs' in cause && cause.logs !== null ? (excerpts.get(cause.logs) ?? null) : null;
  return {
    kind: cause.kind,
    summary: summaryOf(cause, names),
    step,
    task: 'task' in cause ? cause.task : null,
    node: 'node' in cause ? cause.node : null,
    exitCode: 'exitCode' in cause ? cause.exitCode : null,
    hint: 'hint' in cause ? cause.hint : null,
    logs: excerpt === null || excerpt === 'erased' ? null : excerpt.lines.map(({ stream, text }) => ({ stream, text })),
    logsErased: excerpt === 'erased',
  };
}

/** One sentence that tells an operator what happened, to what. */
function summaryOf(cause: Cause, names: Names): string {
  switch (cause.kind) {
    case 'task-failed': {
      const where = cause.node === null ? '' : ` on ${cause.node}`;
      const code = cause.exitCode === null ? '' : ` (exit code ${cause.exitCode})`;
      return sentence(`A task of ${cause.step} failed${where}${code}: ${cause.message}`);
    }
    case 'deadline':
      return sentence(`${cause.step} was not healthy within ${duration(cause.deadlineMs)}: ${cause.message}`);
    case 'engine-refused':
      return sentence(`The engine refused the change of ${cause.step}: ${cause.message}`);
    case 'engine-unreachable':
      return sentence(
        `The cluster ${cause.cluster} did not answer for ${duration(cause.budgetMs)} while ${cause.step} was under way: ${cause.message}`,
      );
    case 'cancelled':
      return `${nameOf(names, cause.by)} cancelled it${cause.left ? ' and left the changes in place' : ''}.`;
    case 'stale':
      return sentence(`What runs has changed since the plan was made: ${cause.message}`);
    case 'superseded':
      return `The newer deployment ${cause.by} took its place.`;
    default:
      return unreachable(cause);
  }
}

function sentence(text: string): string {
  const trimmed = text.trim().replace(/:$/, '');
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** `45 s`, `3 min`, `1 min 30 s`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 1000) return `${ms} ms`;
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  return rest === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}
