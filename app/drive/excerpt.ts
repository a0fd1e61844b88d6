import { isFault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import type { LogExcerpt } from '../../core/outcome.ts';
import type { DeploymentEvent } from '../../core/event.ts';
import { writableHint } from '../../core/read-only.ts';
import { toBlob } from '../blobs.ts';
import { within, type DriveParts } from './parts.ts';

/** How many lines of a failed task are kept, and how long reading them may take. */
const linesMost = 20;
const readDeadlineMs = 5_000;
const lineCharactersMost = 2_000;

/** An event ready to record, with the blob it names. */
export interface Enriched {
  readonly event: DeploymentEvent;
  readonly blob: Uint8Array | null;
}

/**
 * Adds the last log lines of the failing task to the cause of a failure, while the engine still has them: its history
 * is short. Logs that cannot be read never hold up the failure itself.
 */
export async function withExcerpt(parts: DriveParts, event: DeploymentEvent, signal: AbortSignal): Promise<Enriched> {
  if (event.kind !== 'step-failed' && event.kind !== 'revert-failed') return { event, blob: null };
  const { cause } = event;
  if ((cause.kind !== 'task-failed' && cause.kind !== 'deadline') || cause.task === null) return { event, blob: null };
  const lines = await lastLines(parts, event.spot.cluster, cause.task, signal);
  if (lines.length === 0) return { event: { ...event, cause: { ...cause, hint: hintFor(cause.message) } }, blob: null };
  const excerpt: LogExcerpt = { salt: parts.newSalt(), task: cause.task, lines };
  const blob = toBlob(excerpt);
  const hint = writableHint(lines.map((line) => line.text)) ?? hintFor(cause.message);
  return { event: { ...event, cause: { ...cause, logs: sha256(blob), hint } }, blob };
}

async function lastLines(
  parts: DriveParts,
  cluster: string,
  task: string,
  signal: AbortSignal,
): Promise<LogExcerpt['lines']> {
  try {
    const deadline = within(parts.clock, readDeadlineMs, signal);
    const engine = await parts.clusters.engine(cluster, deadline);
    const lines = await engine.taskLogs(task, linesMost, deadline);
    return lines.map(({ stream, text }) => ({ stream, text: wellFormed(text) }));
  } catch (error) {
    parts.logger.warn('the log of a failed task could not be read', {
      cluster,
      task,
      reason: isFault(error) ? error.message : String(error),
    });
    return [];
  }
}

/** Log text as it can be stored and shown: cut, free of lone surrogates and of control characters but the tab. */
function wellFormed(text: string): string {
  return text
    .slice(0, lineCharactersMost)
    .toWellFormed()
    .replaceAll(/(?!\t)\p{Cc}/gu, '');
}

/** What to do about a failure that the engine's own words explain. */
function hintFor(message: string): string | null {
  if (/no such image/i.test(message))
    return 'The registry did not answer, no longer has this image, or does not let the cluster pull it: see whether it runs, push the image again, or check the credentials.';
  if (/no suitable node/i.test(message))
    return 'No node satisfies its placement, resources or port: "dray doctor" shows the nodes.';
  if (/unhealthy/i.test(message))
    return 'The health check failed: run its command in the container, or give it a longer start_period.';
  if (/non-zero exit \((137|143|255)\)/.test(message))
    return 'Such an exit code comes from outside more often than from the program: its node lost power or memory, or the Docker daemon there was restarted. If so, deploy again.';
  return null;
}
