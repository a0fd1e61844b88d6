import assert from 'node:assert/strict';
import { z } from 'zod';
import { label } from '../../../engine/swarm/labels.ts';
import type { Client } from '../../../client/client.ts';
import type { EngineApi } from '../../../local/engine-api.ts';
import { waitUntil } from '../../../local/wait.ts';
import { heldFile, wareCompose, type Ware } from './ware.ts';

const services = z.array(
  z.object({
    ID: z.string(),
    Version: z.object({ Index: z.number() }),
    Spec: z.object({
      Name: z.string(),
      Labels: z.record(z.string(), z.string()),
      TaskTemplate: z.object({ ContainerSpec: z.object({ Image: z.string() }) }),
    }),
  }),
);
export type EngineService = z.infer<typeof services>[number];

const tasks = z.array(
  z.object({
    ID: z.string(),
    Slot: z.number(),
    DesiredState: z.string(),
    CreatedAt: z.string(),
    Spec: z.object({ ContainerSpec: z.object({ Env: z.array(z.string()).optional() }) }),
    Status: z.object({
      State: z.string(),
      Err: z.string().optional(),
      Timestamp: z.string(),
      ContainerStatus: z.object({ ContainerID: z.string().optional() }).optional(),
    }),
  }),
);
const named = z.array(z.object({ Spec: z.object({ Name: z.string() }).optional(), Name: z.string().optional() }));
const created = z.object({ Id: z.string() });

function filtered(path: string, filters: Readonly<Record<string, readonly string[]>>): string {
  return `${path}?filters=${encodeURIComponent(JSON.stringify(filters))}`;
}

/** The services that the engine itself lists for an environment, by name. */
export async function servicesOn(api: EngineApi, environment: string): Promise<readonly EngineService[]> {
  const path = filtered('/services', { label: [`${label.environment}=${environment}`] });
  const list = services.parse(await api.ask({ method: 'GET', path }));
  return list.toSorted((a, b) => (a.Spec.Name < b.Spec.Name ? -1 : 1));
}

/** Containers that run a service, by slot, as the engine itself tells. */
export async function containersOf(api: EngineApi, environment: string, service: string): Promise<readonly string[]> {
  const path = filtered('/tasks', {
    label: [`${label.environment}=${environment}`, `${label.service}=${service}`],
    'desired-state': ['running'],
  });
  const list = tasks.parse(await api.ask({ method: 'GET', path }));
  const running = list.filter(({ Status: { State } }) => State === 'running').toSorted((a, b) => a.Slot - b.Slot);
  return running.flatMap(({ Status }) => Status.ContainerStatus?.ContainerID ?? []);
}

/** What became of every task of a service that the engine remembers, newest last: for messages. */
export async function historyOf(api: EngineApi, environment: string, service: string): Promise<string> {
  const path = filtered('/tasks', { label: [`${label.environment}=${environment}`, `${label.service}=${service}`] });
  const list = tasks.parse(await api.ask({ method: 'GET', path }));
  return list
    .toSorted((a, b) => (a.CreatedAt < b.CreatedAt ? -1 : 1))
    .map(({ ID, CreatedAt, DesiredState, Status: { State, Timestamp, Err = '', ContainerStatus } }) =>
      [
        ID,
        ContainerStatus?.ContainerID ?? 'no container',
        `made ${CreatedAt}`,
        DesiredState,
        State,
        Timestamp,
        Err,
      ].join(' '),
    )
    .join('\n');
}

/** Names of the configs and networks that bear the environment's label. */
export async function objectsOf(api: EngineApi, environment: string): Promise<readonly string[]> {
  const filters = { label: [`${label.environment}=${environment}`] };
  const lists = await Promise.all(
    ['/configs', '/networks'].map(async (path) =>
      named.parse(await api.ask({ method: 'GET', path: filtered(path, filters) })),
    ),
  );
  return lists.flat().map(({ Spec, Name }) => Spec?.Name ?? Name ?? '');
}

/**
 * What a service answers over the environment's network: asked by its name from inside a container of `from`, another
 * service of the environment or itself. Asks again for up to 20 s while the answer is not as expected.
 */
export async function assertAnswers(
  api: EngineApi,
  of: { readonly environment: string; readonly service: string; readonly from: string },
  expected: RegExp,
): Promise<void> {
  let said = '';
  const isExpected = async () => {
    const [container] = await containersOf(api, of.environment, of.from);
    if (container === undefined) return false;
    said = await askFrom(api, container, `http://${of.service}/cgi-bin/who`);
    return expected.test(said);
  };
  assert.ok(await waitUntil(isExpected, { deadlineMs: 20_000 }), `${of.service} answered ${JSON.stringify(said)}`);
}

async function askFrom(api: EngineApi, container: string, url: string): Promise<string> {
  return await runIn(api, container, ['wget', '-q', '-O', '-', url]);
}

/** Lets the one container of a service that is held become healthy, once it is there. */
export async function letGo(api: EngineApi, environment: string, service: string): Promise<void> {
  const path = filtered('/tasks', {
    label: [`${label.environment}=${environment}`, `${label.service}=${service}`],
    'desired-state': ['running'],
  });
  let said = 'no container';
  const isLetGo = async () => {
    const list = tasks.parse(await api.ask({ method: 'GET', path }));
    const held = list.find(({ Spec }) => Spec.ContainerSpec.Env?.includes('MODE=held'));
    const container = held?.Status.ContainerStatus?.ContainerID;
    if (container === undefined) return false;
    said = await runIn(api, container, ['touch', heldFile]);
    return said === '';
  };
  assert.ok(await waitUntil(isLetGo, { deadlineMs: 60_000 }), `${service} was not let go: ${said}`);
}

/** What a command prints inside a container. */
async function runIn(api: EngineApi, container: string, command: readonly string[]): Promise<string> {
  const exec = await api.call({
    method: 'POST',
    path: `/containers/${container}/exec`,
    body: { AttachStdout: true, AttachStderr: true, Tty: true, Cmd: command },
  });
  if (exec.status >= 300) return `no exec: ${JSON.stringify(exec.body)}`;
  const path = `/exec/${created.parse(exec.body).Id}/start`;
  const { body } = await api.call({ method: 'POST', path, body: { Detach: false, Tty: true } });
  return z.string().nullable().parse(body) ?? '';
}

/** Registers a version of the ware. */
export async function register(client: Client, ware: Ware): Promise<void> {
  const files = ware.list === undefined ? {} : { './list.txt': Buffer.from(ware.list).toString('base64') };
  const compose = { name: 'compose.yaml', text: wareCompose(ware) };
  await client.call('createRelease', {
    body: { service: ware.service, version: ware.version, compose, files, vars: {}, meta: {} },
  });
}
