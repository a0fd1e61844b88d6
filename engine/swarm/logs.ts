import { Fault } from '../../core/fault.ts';
import { workloadName } from '../../core/names.ts';
import type { Spot } from '../../core/workload.ts';
import type { LogLine } from '../../port/engine.ts';
import type { DockerClient } from './client.ts';
import { at, text } from './json.ts';
import { readLogLines, type RawLine } from './log-frames.ts';
import { taskName } from './status.ts';

/** A task's log is read for so long at most: the engine can hang (moby#41733), and what came by then is given. */
const taskLogMs = 5_000;

/** The most lines that one request gives. */
const mostLines = 10_000;

/** Names found so far that are kept while lines are followed. */
const mostNames = 1_000;

/** See `Engine.taskLogs`. A task that never had a container has no lines. */
export async function readTaskLogs(
  client: DockerClient,
  taskId: string,
  lines: number,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const task = await findTask(client, taskId, signal);
  if (text(task, 'Status', 'ContainerStatus', 'ContainerID') === null) return [];
  const names = { task: taskName(task), node: await nodeName(client, text(task, 'NodeID'), signal) };
  const tail = Math.min(Math.max(lines, 1), mostLines);
  const path = `/tasks/${encodeURIComponent(taskId)}/logs?stdout=1&stderr=1&timestamps=1&details=0&tail=${tail}`;
  const deadline = AbortSignal.timeout(taskLogMs);
  const read: LogLine[] = [];
  try {
    const stream = client.stream(path, AbortSignal.any([signal, deadline]));
    for await (const line of readLogLines(stream, { details: false }))
      read.push({ ...names, stream: line.stream, text: line.text, timeMs: line.timeMs });
  } catch (cause) {
    signal.throwIfAborted();
    if (!deadline.aborted && read.length === 0) throw cause;
  }
  return read.slice(-tail);
}

async function findTask(client: DockerClient, taskId: string, signal: AbortSignal): Promise<unknown> {
  const path = `/tasks/${encodeURIComponent(taskId)}`;
  const answer = await client.call({ method: 'GET', path }, signal);
  if (answer.kind === 'ok') return answer.body;
  const { cluster } = client.address;
  throw new Fault('engine.unknown-object', `Cluster ${cluster} knows no task ${taskId} any more.`, {
    facts: { cluster, task: taskId },
  });
}

async function nodeName(client: DockerClient, nodeId: string | null, signal: AbortSignal): Promise<string | null> {
  if (nodeId === null) return null;
  const path = `/nodes/${encodeURIComponent(nodeId)}`;
  const answer = await client.call({ method: 'GET', path }, signal);
  return answer.kind === 'ok' ? (text(answer.body, 'Description', 'Hostname') ?? nodeId) : nodeId;
}

/** See `Engine.logs`. Throws `engine.unknown-object` when the service is not there. */
export async function* followLogs(
  client: DockerClient,
  of: {
    readonly environment: string;
    readonly spot: Spot;
    readonly tail: number;
    readonly follow: boolean;
  },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const name = workloadName({ environment: of.environment, ...of.spot });
  const tail = Math.min(Math.max(of.tail, 0), mostLines);
  const path = `/services/${encodeURIComponent(name)}/logs?stdout=1&stderr=1&timestamps=1&details=1&tail=${tail}&follow=${of.follow ? 1 : 0}`;
  const names = createNames(client, signal);
  try {
    for await (const line of readLogLines(client.stream(path, signal), { details: true })) yield await names(line);
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}

/** Turns ids into names for people, asking the engine once for each. */
function createNames(client: DockerClient, signal: AbortSignal): (line: RawLine) => Promise<LogLine> {
  const known = new Map<string, string>();
  const nameOf = async (id: string, find: () => Promise<string>) => {
    const name = known.get(id) ?? (await find());
    if (known.size >= mostNames) known.clear();
    known.set(id, name);
    return name;
  };
  return async ({ taskId, nodeId, stream, timeMs, text: line }) => {
    const task = taskId === null ? '' : await nameOf(taskId, async () => await nameOfTask(client, taskId, signal));
    const node =
      nodeId === null ? null : await nameOf(nodeId, async () => (await nodeName(client, nodeId, signal)) ?? nodeId);
    return { task, node, stream, text: line, timeMs };
  };
}

async function nameOfTask(client: DockerClient, taskId: string, signal: AbortSignal): Promise<string> {
  const path = `/tasks/${encodeURIComponent(taskId)}`;
  const answer = await client.call({ method: 'GET', path }, signal);
  return answer.kind === 'ok' ? taskName(at(answer, 'body')) : taskId;
}
