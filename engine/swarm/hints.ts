import type { EngineHint } from '../../port/engine.ts';
import type { DockerClient } from './client.ts';
import { createEventReader } from './event-environments.ts';
import { filterQuery } from './lists.ts';

/** Events after which a list may read differently. Health checks' own exec events are not among them. */
const filters = {
  type: ['service', 'node', 'container'],
  event: ['create', 'update', 'remove', 'start', 'die', 'oom', 'health_status', 'destroy'],
};

/**
 * See `Engine.hints`. The first hint comes with the connection, since anything may have happened before; events that
 * come while nobody asks are told as one.
 */
export async function* watchHints(client: DockerClient, signal: AbortSignal): AsyncGenerator<EngineHint> {
  const life = new AbortController();
  const forward = () => life.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  let wake = Promise.withResolvers<void>();
  let failure: { readonly cause: unknown } | null = null;
  const events = createEventReader();
  const reading = (async () => {
    try {
      const path = `/events${filterQuery(filters)}`;
      for await (const piece of client.stream(path, life.signal)) {
        events.read(piece);
        wake.resolve();
      }
      failure = { cause: null };
    } catch (cause) {
      failure = { cause };
    }
    wake.resolve();
  })();
  try {
    while (failure === null && !signal.aborted) {
      await wake.promise;
      wake = Promise.withResolvers<void>();
      if (failure === null) yield events.take();
    }
    throwUnlessOver(failure, signal);
  } finally {
    signal.removeEventListener('abort', forward);
    life.abort();
    await reading;
  }
}

function throwUnlessOver(failure: { readonly cause: unknown } | null, signal: AbortSignal): void {
  if (signal.aborted || failure === null || failure.cause === null) return;
  throw failure.cause;
}
