import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks at something that is awaited. */
const lookMs = 50;

/**
 * Looks every 50 ms until `isThere` says true. Returns false when `deadlineMs` has passed first; throws the signal's
 * reason when it is aborted.
 */
export async function waitUntil(
  isThere: () => Promise<boolean> | boolean,
  { deadlineMs, signal }: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const endMs = performance.now() + deadlineMs;
  while (!(await isThere())) {
    if (performance.now() >= endMs) return false;
    await delay(lookMs, undefined, signal === undefined ? {} : { signal });
  }
  return true;
}
