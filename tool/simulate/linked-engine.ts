import type { Engine } from '../../port/engine.ts';
import type { Boundary } from './boundary.ts';

/** An engine as one process has it: the connection has troubles of its own, and ends with the process. */
export function linkEngine(engine: Engine, boundary: Boundary): Engine {
  const { cluster } = engine;
  return {
    cluster,
    describe: (signal) => boundary.near(`describing ${cluster}`, () => engine.describe(signal)),
    observe: (of, signal) => boundary.near(`looking at ${cluster}`, () => engine.observe(of, signal)),
    apply: (request, signal) => boundary.near(`applying on ${cluster}`, () => engine.apply(request, signal)),
    remove: (request, signal) => boundary.near(`removing on ${cluster}`, () => engine.remove(request, signal)),
    renew: (request, signal) => boundary.near(`renewing on ${cluster}`, () => engine.renew(request, signal)),
    prune: (request, signal) => boundary.near(`pruning on ${cluster}`, () => engine.prune(request, signal)),
    taskLogs: (task, lines, signal) =>
      boundary.near(`reading logs on ${cluster}`, () => engine.taskLogs(task, lines, signal)),
    logs: (of, signal) => engine.logs(of, signal),
    hints: (signal) => engine.hints(signal),
    close: () => engine.close(),
  };
}
