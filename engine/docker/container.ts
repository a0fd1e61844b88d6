import { Fault } from '../../core/fault.ts';
import type { WrittenPath } from '../../core/compose/writable.ts';
import type { Call, DockerClient } from '../swarm/client.ts';
import { sleep } from '../swarm/bounded.ts';
import { at, integer, list, text } from '../swarm/json.ts';
import { readLogLines } from '../swarm/log-frames.ts';

/** How a trial's container is to be. */
export interface ContainerSpec {
  readonly name: string;
  readonly body: object;
}

/** How a container is getting on. */
export interface ContainerState {
  readonly running: boolean;
  readonly exitCode: number;
  /** Of its first process on the engine's machine; 0 when it does not run. */
  readonly pid: number;
}

const mostChanges = 2_000;
const mostLookups = 200;
const archiveBytes = 1024 * 1024;
const execPolls = 25;
const execPollMs = 200;
const kinds: Readonly<Record<number, WrittenPath['kind']>> = { 0: 'modified', 1: 'added', 2: 'deleted' };

/** Asks and gives the answer's body. Throws `engine.refused` with the engine's words for an answer that is none. */
export async function ask(client: DockerClient, call: Call, signal: AbortSignal): Promise<unknown> {
  const answer = await client.call(call, signal);
  if (answer.kind === 'ok') return answer.body;
  const message = 'message' in answer ? answer.message : answer.kind;
  throw new Fault('engine.refused', `The engine refused ${call.method} ${call.path.split('?')[0]}: ${message}`);
}

/** Creates a container and gives its id. */
export async function createContainer(client: DockerClient, spec: ContainerSpec, signal: AbortSignal): Promise<string> {
  const path = `/containers/create?name=${encodeURIComponent(spec.name)}`;
  return text(await ask(client, { method: 'POST', path, body: spec.body }, signal), 'Id') ?? '';
}

export async function startContainer(client: DockerClient, id: string, signal: AbortSignal): Promise<void> {
  await ask(client, { method: 'POST', path: `/containers/${id}/start` }, signal);
}

export async function stateOf(client: DockerClient, id: string, signal: AbortSignal): Promise<ContainerState> {
  const state = at(await ask(client, { method: 'GET', path: `/containers/${id}/json` }, signal), 'State');
  return {
    running: at(state, 'Running') === true && at(state, 'Restarting') !== true,
    exitCode: integer(state, 'ExitCode') ?? 0,
    pid: integer(state, 'Pid') ?? 0,
  };
}

/** The last lines that a container has written. */
export async function lastLines(
  client: DockerClient,
  id: string,
  count: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = `/containers/${id}/logs?stdout=1&stderr=1&timestamps=1&tail=${count}`;
  const lines: string[] = [];
  for await (const line of readLogLines(client.stream(path, signal), { details: false })) lines.push(line.text);
  return lines.slice(-count);
}

/** What the container's processes wrote into its root file system; at most 2,000 paths. */
export async function writtenPaths(
  client: DockerClient,
  id: string,
  signal: AbortSignal,
): Promise<readonly WrittenPath[]> {
  const raw = list(await ask(client, { method: 'GET', path: `/containers/${id}/changes` }, signal)).slice(
    0,
    mostChanges,
  );
  const paths = new Set(raw.map((one) => text(one, 'Path') ?? ''));
  const parents = new Set([...paths].map((path) => path.slice(0, Math.max(path.lastIndexOf('/'), 1))));
  const written: WrittenPath[] = [];
  let lookups = 0;
  for (const one of raw) {
    const path = text(one, 'Path');
    const kind = kinds[integer(one, 'Kind') ?? -1];
    if (path === null || kind === undefined) continue;
    const isLookedUp = !parents.has(path) && kind !== 'deleted' && lookups < mostLookups;
    if (isLookedUp) lookups += 1;
    const isDirectory = parents.has(path) || (isLookedUp && (await isFolder(client, id, path, signal)));
    written.push({ path, kind, isDirectory });
  }
  return written;
}

async function isFolder(client: DockerClient, id: string, path: string, signal: AbortSignal): Promise<boolean> {
  const [first] = await archived(client, id, path, signal);
  return first?.isDirectory === true;
}

/** Files in a folder of a container, also deeper ones, as absolute paths: a few of them; none where there is no folder. */
export async function filesIn(
  client: DockerClient,
  id: string,
  folder: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const entries = await archived(client, id, folder, signal);
  const parent = folder.slice(0, folder.lastIndexOf('/') + 1);
  return entries.flatMap(({ name, isDirectory }) => (isDirectory ? [] : [`${parent}${name}`])).slice(0, 3);
}

/** The first members of the archive of a path (POSIX ustar): header blocks of 512 bytes, each before its content. */
async function archived(client: DockerClient, id: string, path: string, signal: AbortSignal) {
  const entries: { readonly name: string; readonly isDirectory: boolean }[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  let next = 0;
  try {
    for await (const piece of client.stream(`/containers/${id}/archive?path=${encodeURIComponent(path)}`, signal)) {
      bytes = Buffer.concat([bytes, piece]);
      while (next + 512 <= bytes.length && bytes[next] !== 0) {
        const field = (from: number, length: number) =>
          bytes.toString('utf8', next + from, next + from + length).replace(/\0.*$/s, '');
        entries.push({ name: field(0, 100).replace(/\/$/, ''), isDirectory: field(156, 1) === '5' });
        const size = Number.parseInt(field(124, 12).trim() || '0', 8);
        next += 512 + Math.ceil(size / 512) * 512;
      }
      if (bytes.length > archiveBytes || entries.length > 100) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Fault)) throw error;
  }
  return entries;
}

/** Runs a program inside a container; its exit code, or null when it did not end in 5 s or is not there. */
export async function execIn(
  client: DockerClient,
  id: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<number | null> {
  const body = { Cmd: words, AttachStdout: false, AttachStderr: false };
  const exec = text(await ask(client, { method: 'POST', path: `/containers/${id}/exec`, body }, signal), 'Id') ?? '';
  const started = await client
    .call({ method: 'POST', path: `/exec/${exec}/start`, body: { Detach: true } }, signal)
    .catch((error: unknown) => {
      signal.throwIfAborted();
      if (!(error instanceof Fault)) throw error;
      return null;
    });
  if (started?.kind !== 'ok') return null;
  for (let poll = 0; poll < execPolls; poll += 1) {
    const seen = await ask(client, { method: 'GET', path: `/exec/${exec}/json` }, signal);
    if (at(seen, 'Running') === false) return integer(seen, 'ExitCode');
    await sleep(execPollMs, signal);
  }
  return null;
}
