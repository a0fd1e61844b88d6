import { at, integer, text } from './json.ts';
import { label } from './labels.ts';

/** What a judgement on an update needs of the engine's lists, each as the engine gave it. */
export interface UpdateLook {
  readonly service: unknown;
  /** Of this service. */
  readonly tasks: readonly unknown[];
  readonly nodes: readonly unknown[];
  /** Ids of the tasks that the service would still make the same way (`_up-to-date`). */
  readonly upToDate: ReadonlySet<string>;
}

/** What the engine calls a task that has not come to run yet. */
const unstarted = new Set(['assigned', 'accepted', 'preparing', 'ready', 'starting']);

/**
 * Whether an update waits for what will never come. Swarm's updater waits without a limit until the very task that it
 * made has run (moby/swarmkit, manager/orchestrator/update/updater.go, updateTask); when that task's node is lost
 * before, another one takes over the task's place, and the updater goes on waiting for the lost one. Only a further
 * write starts it anew. A task that was lost before the last write does not count, so that one such write is enough.
 */
export function isStalled({ service, tasks, nodes, upToDate }: UpdateLook): boolean {
  if (text(service, 'UpdateStatus', 'State') !== 'updating') return false;
  const lost = new Set(
    nodes.filter((node) => text(node, 'Status', 'State') === 'down').map((node) => text(node, 'ID')),
  );
  if (lost.size === 0) return false;
  const written = [label.base, label.restarted].map((key) => Number(text(service, 'Spec', 'Labels', key) ?? 0));
  const base = Math.max(...written);
  return tasks.some(
    (task) =>
      upToDate.has(text(task, 'ID') ?? '') &&
      lost.has(text(task, 'NodeID')) &&
      text(task, 'DesiredState') === 'shutdown' &&
      unstarted.has(text(at(task, 'Status'), 'State') ?? '') &&
      (integer(task, 'Version', 'Index') ?? 0) > base,
  );
}
