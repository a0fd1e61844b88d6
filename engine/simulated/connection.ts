import { Fault } from '../../core/fault.ts';
import { workloadName } from '../../core/names.ts';
import type { Sighting } from '../../core/sighting.ts';
import type { Engine, LogLine } from '../../port/engine.ts';
import { noFaults } from './faults.ts';
import { slept, watchHints } from './hints.ts';
import { isCut, send, silent, type Asked, type Link } from './link.ts';
import type { Reading } from './manager.ts';
import type { ConnectOptions, SimulatedCluster, SimulatedConnection } from './simulation.ts';
import { applyTarget, pruneContents, removeWorkload, renewCredentials } from './write.ts';

/** How often followers of logs look for something new. */
const followMs = 250;

const info: Asked = { request: 'info', environment: null, name: null };

/** Opens a connection to a simulated cluster, with trouble of its own. All that it shows says that it is simulated. */
export function connect(cluster: SimulatedCluster, options: ConnectOptions): SimulatedConnection {
  const { clock } = options;
  const link: Link = {
    cluster: cluster.cluster,
    connection: options.connection ?? '1',
    clock,
    manager: cluster.manager,
    faults: options.faults ?? noFaults,
    trouble: { unreachable: false, delayMs: 0, loseNextAnswer: false },
    sent: 0,
  };
  const begun = async (signal: AbortSignal) => {
    signal.throwIfAborted();
    if (link.trouble.delayMs > 0) await clock.sleep(link.trouble.delayMs, signal);
  };
  return {
    cluster: cluster.cluster,
    async describe(signal) {
      await begun(signal);
      const known = await send(link, info, () => link.manager.nodes(), signal);
      const nodes = known.map(({ is, state }) => ({ name: is.name, manager: is.manager, ready: state !== 'down' }));
      return { kind: 'simulated', version: '1', nodes, findings: ['This cluster is simulated.'] };
    },
    async observe(of, signal) {
      const observedAtMs = clock.now();
      await begun(signal);
      return await observe(link, of, observedAtMs, signal);
    },
    async apply(request, signal) {
      await begun(signal);
      return await applyTarget(link, request, signal);
    },
    async remove(request, signal) {
      await begun(signal);
      return await removeWorkload(link, request, signal);
    },
    async renew(request, signal) {
      await begun(signal);
      return await renewCredentials(link, request, signal);
    },
    async prune(request, signal) {
      await begun(signal);
      return await pruneContents(link, request, signal);
    },
    async taskLogs(task, lines, signal) {
      await begun(signal);
      const asked: Asked = { request: 'logs', environment: null, name: null };
      const found = await send(link, asked, () => link.manager.taskLines(task), signal);
      return lines === 0 ? [] : found.slice(-lines);
    },
    logs: (of, signal) => follow(link, of, signal),
    hints: (signal) => watchHints(link, signal),
    close: async () => await Promise.resolve(),
    trouble(change) {
      link.trouble = { ...link.trouble, ...change };
    },
  };
}

async function observe(
  link: Link,
  of: { readonly installation: string; readonly environment: string },
  observedAtMs: number,
  signal: AbortSignal,
): Promise<Sighting> {
  const asked: Asked = { request: 'list', environment: of.environment, name: null };
  const look = (reading: Reading) => ({ workloads: link.manager.list(of, reading), lacks: reading.lacks });
  const { workloads, lacks } = await send(link, asked, look, signal);
  return {
    cluster: link.cluster,
    environment: of.environment,
    observedAtMs,
    complete: lacks === null,
    gaps: lacks === null ? [] : [`the list /${lacks} could not be read: absent`],
    workloads,
    simulated: true,
  };
}

async function* follow(link: Link, of: Parameters<Engine['logs']>[0], signal: AbortSignal): AsyncGenerator<LogLine> {
  const name = workloadName({ environment: of.environment, ...of.spot });
  const asked: Asked = { request: 'logs', environment: of.environment, name };
  const before = await send(link, asked, () => link.manager.serviceLines(name), signal);
  if (before === null)
    throw new Fault('engine.unknown-object', `Cluster ${link.cluster} has no service ${name}.`, {
      facts: { cluster: link.cluster },
    });
  for (const line of of.tail === 0 ? [] : before.slice(-of.tail)) yield line;
  let since = before.at(-1)?.timeMs ?? -Infinity;
  while (of.follow && (await slept(link, followMs, signal))) {
    if (isCut(link)) throw silent(link);
    const fresh = (link.manager.serviceLines(name) ?? []).filter(({ timeMs }) => timeMs > since);
    yield* fresh;
    since = fresh.at(-1)?.timeMs ?? since;
  }
}
