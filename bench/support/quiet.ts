import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface QuietLimits {
  /** The share of all processors' time that may be taken. */
  readonly busyMost: number;
  /** For so long together. */
  readonly windowMs: number;
  /** After so long it is not waited for any more. */
  readonly limitMs: number;
}

/** Of all processors together since the machine began, in ms. */
export interface ProcessorTimes {
  readonly busyMs: number;
  readonly allMs: number;
}

/** Waits until nothing on this machine works; false when it did not come to that. */
export async function untilQuiet(limits: QuietLimits, signal: AbortSignal, read = readTimes): Promise<boolean> {
  const { busyMost, windowMs, limitMs } = limits;
  let before = read();
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += windowMs) {
    await sleep(windowMs, undefined, { signal });
    const now = read();
    if (now.busyMs - before.busyMs <= busyMost * (now.allMs - before.allMs)) return true;
    before = now;
  }
  return false;
}

function readTimes(): ProcessorTimes {
  const all = cpus().map(({ times }) => times);
  const busy = all.map(({ user, nice, sys, irq }) => user + nice + sys + irq);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return { busyMs: sum(busy), allMs: sum(busy) + sum(all.map(({ idle }) => idle)) };
}
