import type { Engine } from '../port/engine.ts';
import { codeOf, type ObservedParts } from './observed-store.ts';

/**
 * The same engine, measured: every call but the streams, whether the cluster answers, and how old the newest complete
 * look at each environment is. When the engine is closed, what was told of the cluster's state is taken back.
 */
export function observeEngine(engine: Engine, { metrics, clock }: ObservedParts): Engine {
  const { cluster } = engine;
  const environments = new Set<string>();
  let isClosed = false;
  async function timed<T>(verb: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const startedAt = clock.monotonic();
    try {
      return await call();
    } catch (error) {
      metrics.increment('drayage_engine_call_failures_total', { cluster, verb, code: codeOf(error, signal) });
      throw error;
    } finally {
      const seconds = (clock.monotonic() - startedAt) / 1000;
      metrics.observe('drayage_engine_call_duration_seconds', { cluster, verb }, seconds);
    }
  }
  /** A look tells whether the cluster answers; one that the caller gave up for reasons of its own tells nothing. */
  async function look<T>(verb: 'describe' | 'observe', signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    try {
      const seen = await timed(verb, signal, call);
      if (!isClosed) metrics.set('drayage_cluster_up', { cluster }, 1);
      return seen;
    } catch (error) {
      const code = codeOf(error, signal);
      const silent = code === 'engine.unreachable' || (code === 'deadline' && isTimeout(signal.reason));
      if (silent && !isClosed) metrics.set('drayage_cluster_up', { cluster }, 0);
      throw error;
    }
  }
  return {
    cluster,
    describe: (signal) => look('describe', signal, () => engine.describe(signal)),
    async observe(of, signal) {
      const startedAt = clock.now();
      const sighting = await look('observe', signal, () => engine.observe(of, signal));
      if (sighting.complete && !isClosed) {
        const { environment } = of;
        environments.add(environment);
        metrics.set('drayage_cluster_last_look_timestamp_seconds', { cluster, environment }, startedAt / 1000);
      }
      return sighting;
    },
    apply: (request, signal) => timed('apply', signal, () => engine.apply(request, signal)),
    remove: (request, signal) => timed('remove', signal, () => engine.remove(request, signal)),
    renew: (request, signal) => timed('renew', signal, () => engine.renew(request, signal)),
    prune: (request, signal) => timed('prune', signal, () => engine.prune(request, signal)),
    taskLogs: (task, lines, signal) => timed('taskLogs', signal, () => engine.taskLogs(task, lines, signal)),
    logs: (of, signal) => engine.logs(of, signal),
    hints: (signal) => engine.hints(signal),
    async close() {
      isClosed = true;
      metrics.remove('drayage_cluster_up', { cluster });
      for (const environment of environments)
        metrics.remove('drayage_cluster_last_look_timestamp_seconds', { cluster, environment });
      await engine.close();
    },
  };
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
