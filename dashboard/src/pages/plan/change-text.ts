import type { StepView } from '../../../../wire/plan.ts';

/** What a step does, in a few words. */
export function changeText(change: StepView['change']): string {
  switch (change.kind) {
    case 'create':
      return 'create';
    case 'update':
      return change.restarts ? 'update' : 'update, no restart';
    case 'scale':
      return `scale ${change.fromReplicas} to ${change.toReplicas}`;
    case 'remove':
      return 'remove';
  }
}

/** From which release to which: `1.0.0 → 1.1.0`, or the one there is. */
export function releasesText({ fromRelease, toRelease }: Pick<StepView, 'fromRelease' | 'toRelease'>): string {
  if (fromRelease === toRelease) return fromRelease ?? '';
  if (fromRelease === null) return toRelease ?? '';
  return toRelease === null ? fromRelease : `${fromRelease} → ${toRelease}`;
}

/** A value of a workload's field, as text of one or more lines. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return value === '' ? '(empty)' : value;
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : JSON.stringify(value);
}
