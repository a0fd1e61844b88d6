import type { DeploymentEvent } from '../../../core/event.ts';
import { gapMost } from '../../../core/rollout/attention.ts';
import type { Findings } from './findings.ts';

/** Keeps when each process asked each cluster what there is, to know how long it can have watched anything. */
export interface DeadlineAudit {
  looked(process: string, cluster: string, atMs: number): void;
  /** An event of a deployment became durable. */
  recorded(event: DeploymentEvent, atMs: number): void;
}

/** How far the audit's account may fall behind the driver's: it sees requests, not when their answers are counted. */
const slackMs = 500;

export function createDeadlineAudit(findings: Findings): DeadlineAudit {
  const looks = new Map<string, number[]>();
  const begun = new Map<string, number>();

  /** The most that any one process can have observed of the cluster since then. */
  function observedMost(cluster: string, sinceMs: number): number {
    const sums = [...looks].flatMap(([key, times]) => (key.endsWith(` ${cluster}`) ? [observed(times, sinceMs)] : []));
    return Math.max(0, ...sums);
  }
  return {
    looked(process, cluster, atMs) {
      const key = `${process} ${cluster}`;
      const times = looks.get(key);
      if (times === undefined) looks.set(key, [atMs]);
      else times.push(atMs);
    },
    recorded(event, atMs) {
      if (!('step' in event)) return;
      const key = `${event.deployment} ${event.step}`;
      if (event.kind === 'step-started' || event.kind === 'revert-started') begun.set(key, atMs);
      if (!('cause' in event) || event.cause.kind !== 'deadline') return;
      const most = observedMost(event.spot.cluster, begun.get(key) ?? 0);
      const { deadlineMs } = event.cause;
      if (deadlineMs > most + slackMs)
        findings.violated(
          'no deadline fires on time that nobody observed',
          `${key}: ${deadlineMs} ms are over, of which ${most} ms can have been observed`,
        );
    },
  };
}

function observed(times: readonly number[], sinceMs: number): number {
  const since = times.filter((time) => time >= sinceMs);
  return since.reduce((sum, time, index) => sum + Math.min(gapMost, time - (since[index - 1] ?? time)), 0);
}
