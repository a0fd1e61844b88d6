import type { Sighting } from '../../core/sighting.ts';
import type { Clock } from '../../port/clock.ts';
import type { Engine } from '../../port/engine.ts';
import { openDockerClient, type DockerClient } from './client.ts';
import { describeSwarm } from './describe.ts';
import type { EngineAddress } from './endpoint.ts';
import { watchHints } from './hints.ts';
import { text } from './json.ts';
import { ownerLabels } from './labels.ts';
import { labelFilter, listAll } from './lists.ts';
import { followLogs, readTaskLogs } from './logs.ts';
import { pruneContents } from './prune.ts';
import { seenWorkloads } from './status.ts';
import { applyTarget, removeWorkload, renewCredentials } from './write.ts';

/** How long one request may take when nothing else is said. */
const defaultRequestTimeoutMs = 30_000;

export interface SwarmOptions extends EngineAddress {
  /** How long each single request may take. */
  readonly requestTimeoutMs?: number;
  /** Tells when a look began. */
  readonly clock: Pick<Clock, 'now'>;
}

/** Opens a Docker Swarm through one of its managers; nothing is connected before the first verb. */
export function openSwarmEngine(options: SwarmOptions): Engine {
  const client = openDockerClient(options, options.requestTimeoutMs ?? defaultRequestTimeoutMs);
  return {
    cluster: options.cluster,
    describe: async (signal) => await describeSwarm(client, signal),
    observe: async (of, signal) => await look(client, of, options.clock, signal),
    apply: async (request, signal) => await applyTarget(client, request, signal),
    remove: async (request, signal) => await removeWorkload(client, request, signal),
    renew: async (request, signal) => await renewCredentials(client, request, signal),
    prune: async (request, signal) => await pruneContents(client, request, signal),
    taskLogs: async (task, lines, signal) => await readTaskLogs(client, task, lines, signal),
    logs: (of, signal) => followLogs(client, of, signal),
    hints: (signal) => watchHints(client, signal),
    close: async () => await client.close(),
  };
}

/**
 * The tasks are listed before the services: a service that changes in between then shows tasks of before, never an
 * old service with the tasks of a newer one.
 */
async function look(
  client: DockerClient,
  of: { readonly installation: string; readonly environment: string },
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<Sighting> {
  const observedAtMs = clock.now();
  const filter = { label: labelFilter(ownerLabels(of.installation, of.environment)) };
  const upToDateFilter = { ...filter, '_up-to-date': ['true'] };
  const nodes = await listAll(client, '/nodes', {}, signal);
  const upToDate = await listAll(client, '/tasks', upToDateFilter, signal);
  const tasks = await listAll(client, '/tasks', filter, signal);
  const services = await listAll(client, '/services', filter, signal, '&status=true');
  const seen = seenWorkloads({
    cluster: client.address.cluster,
    services: services.items,
    tasks: tasks.items,
    nodes: nodes.items,
    upToDate: new Set(upToDate.items.map((task) => text(task, 'ID') ?? '')),
  });
  const unread = [nodes, upToDate, tasks, services].flatMap(({ gap }) => gap ?? []);
  const gaps = [...unread, ...seen.gaps];
  return {
    cluster: client.address.cluster,
    environment: of.environment,
    observedAtMs,
    complete: gaps.length === 0,
    gaps,
    workloads: seen.workloads,
    simulated: false,
  };
}
