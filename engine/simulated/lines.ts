import type { LogLine } from '../../port/engine.ts';
import { taskName } from './sighting.ts';
import type { Task } from './world.ts';

/** A line that a container wrote; it always has a time. */
export interface TaskLine extends LogLine {
  readonly timeMs: number;
}

/** A container that serves writes one line so often. */
const lineMs = 1_000;

/** The most lines of one container that are kept. */
const linesPerTask = 1_000;

/** What a container has written so far: its own last words when it ended by itself, else a line a second. */
export function linesOfTask(task: Task | undefined, nowMs: number): readonly TaskLine[] {
  if (task === undefined) return [];
  const { changedAtMs, state, lines } = task;
  const line = (text: string, timeMs: number): TaskLine => ({
    task: taskName(task),
    node: task.node?.is.name ?? null,
    stream: 'stdout',
    text,
    timeMs,
  });
  if (state === 'failed' || state === 'finished') return lines.map((text) => line(text, changedAtMs));
  if (state !== 'running') return [];
  const count = Math.floor((nowMs - changedAtMs) / lineMs) + 1;
  const first = Math.max(0, count - linesPerTask);
  return Array.from({ length: count - first }, (_, index) =>
    line(`simulated line ${first + index + 1}`, changedAtMs + (first + index) * lineMs),
  );
}

/** The lines of several containers, oldest first. */
export function linesOfTasks(tasks: readonly Task[], nowMs: number): readonly TaskLine[] {
  return tasks.flatMap((task) => linesOfTask(task, nowMs)).toSorted((a, b) => a.timeMs - b.timeMs);
}
