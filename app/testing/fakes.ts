import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../core/hash.ts';
import type { Clock } from '../../port/clock.ts';
import type { Logger } from '../../port/logger.ts';
import type { Registry } from '../../port/registry.ts';

/** A registry that knows every image; the digest follows from the reference. */
export const knowingRegistry: Registry = {
  resolve: async (reference) => ({ resolved: `${reference}@sha256:${sha256(reference)}`, hasHealthCheck: true }),
  credentials: async () => null,
};

/** Real time, made so many times as fast: what takes a minute of the engine's time takes a moment of the test's. */
export function fastClock(times: number): Clock {
  const start = Date.now();
  const passed = () => performance.now() * times;
  const offset = passed();
  return {
    now: () => Math.floor(start + passed() - offset),
    monotonic: passed,
    sleep: (ms, signal) => delay(ms / times, undefined, { signal }),
    // As long as in real time: a deadline is no part of what is tested faster.
    timeout: (ms) => AbortSignal.timeout(ms),
  };
}

/** Keeps what was logged as an error, so that a test can see that nothing was. */
export function listeningLogger(): Logger & { readonly errors: readonly string[] } {
  const errors: string[] = [];
  return {
    errors,
    info: () => undefined,
    warn: () => undefined,
    error: (message, facts) => errors.push(`${message} ${JSON.stringify(facts ?? {})}`),
  };
}
