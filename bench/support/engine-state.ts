import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { label } from '../../engine/swarm/labels.ts';
import type { EngineApi } from '../../local/engine-api.ts';

/** Both sides' objects of one environment or stack bear this label with its name. */
const stackLabel = label.stack;
const clearMs = 120_000;

const info = z.object({ ServerVersion: z.string() });
const version = z.object({ Index: z.int() });
const services = z.array(
  z.object({
    ID: z.string(),
    Version: version,
    CreatedAt: z.string(),
    UpdateStatus: z.object({ State: z.string().optional() }).optional(),
    Spec: z.object({
      Name: z.string(),
      TaskTemplate: z.object({ ContainerSpec: z.object({ Env: z.array(z.string()) }) }),
    }),
  }),
);
const tasks = z.array(
  z.object({
    ServiceID: z.string(),
    DesiredState: z.string(),
    Spec: z.object({ ContainerSpec: z.object({ Env: z.array(z.string()) }) }),
    Status: z.object({ State: z.string(), Timestamp: z.string() }),
  }),
);
const identified = z.array(z.looseObject({ ID: z.string().optional(), Id: z.string().optional() }));

/** What runs of an environment or stack, as the engine itself tells. */
export interface Seen {
  /** When the last of its services was created, by the engine's clock, in ms since 1970. */
  readonly createdAt: number;
  readonly services: number;
  /** Services whose specification is of the version. */
  readonly written: number;
  /** Services of which exactly one task of the version runs, and nothing else is wanted to run. */
  readonly running: number;
  /** When the last of those tasks came to run (where there is a health check: became healthy). */
  readonly runningAt: number;
}

export async function versionOf(api: EngineApi): Promise<string> {
  return info.parse(await api.ask({ method: 'GET', path: '/info' })).ServerVersion;
}

/** How many services of a stack or environment have the version in their specification. */
export async function writtenOf(api: EngineApi, stack: string, version: string): Promise<number> {
  const list = services.parse(await api.ask({ method: 'GET', path: path('/services', stack) }));
  return list.filter(({ Spec }) => Spec.TaskTemplate.ContainerSpec.Env.includes(`VERSION=${version}`)).length;
}

export async function look(api: EngineApi, stack: string, version: string): Promise<Seen> {
  const list = services.parse(await api.ask({ method: 'GET', path: path('/services', stack) }));
  const all = tasks.parse(await api.ask({ method: 'GET', path: path('/tasks', stack) }));
  const variable = `VERSION=${version}`;
  const isOf = ({ Env }: { readonly Env: readonly string[] }) => Env.includes(variable);
  const running = list.flatMap(({ ID }) => {
    const wanted = all.filter((task) => task.ServiceID === ID && task.DesiredState === 'running');
    const [only] = wanted;
    const isGood = wanted.length === 1 && only?.Status.State === 'running' && isOf(only.Spec.ContainerSpec);
    return isGood ? [Date.parse(only.Status.Timestamp)] : [];
  });
  return {
    createdAt: Math.max(...list.map(({ CreatedAt }) => Date.parse(CreatedAt))),
    services: list.length,
    written: list.filter(({ Spec }) => isOf(Spec.TaskTemplate.ContainerSpec)).length,
    running: running.length,
    runningAt: Math.max(...running),
  };
}

/**
 * Whether a task of the version has failed since then (by the engine's clock, in ms since 1970): what a person who watches
 * sees as bad health. The engine still tells of tasks that failed long before.
 */
export async function hasFailed(
  api: EngineApi,
  stack: string,
  { version, sinceAt }: { readonly version: string; readonly sinceAt: number },
): Promise<boolean> {
  const all = tasks.parse(await api.ask({ method: 'GET', path: path('/tasks', stack) }));
  const isOf = (env: readonly string[]) => env.includes(`VERSION=${version}`);
  return all.some(
    ({ Status, Spec }) =>
      Status.State === 'failed' && Date.parse(Status.Timestamp) >= sinceAt && isOf(Spec.ContainerSpec.Env),
  );
}

/** Whether the engine is still about to carry out what was last written to a service of the stack or environment. */
export async function isUpdating(api: EngineApi, stack: string): Promise<boolean> {
  const list = services.parse(await api.ask({ method: 'GET', path: path('/services', stack) }));
  return list.some(({ UpdateStatus }) => UpdateStatus?.State === 'updating');
}

/** The version of every object of the engine, by kind and id: any write changes it. */
export async function objectVersions(api: EngineApi): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>();
  for (const kind of ['services', 'configs', 'secrets']) {
    const list = z
      .array(z.object({ ID: z.string(), Version: version }))
      .parse(await api.ask({ method: 'GET', path: `/${kind}` }));
    for (const { ID, Version } of list) versions.set(`${kind} ${ID}`, Version.Index);
  }
  const networks = identified.parse(await api.ask({ method: 'GET', path: '/networks' }));
  for (const { Id = '' } of networks) versions.set(`networks ${Id}`, 0);
  return versions;
}

/**
 * Removes all that bears the name, of whichever side, and waits until it is gone, the containers of all services of the
 * engine too: they are taken down after their tasks are forgotten. Throws when it does not go.
 */
export async function clear(api: EngineApi, stack: string): Promise<void> {
  const endMs = performance.now() + clearMs;
  for (const kind of ['services', 'tasks', 'networks'] as const) {
    for (;;) {
      const list = identified.parse(await api.ask({ method: 'GET', path: path(`/${kind}`, stack) }));
      if (list.length === 0) break;
      if (performance.now() > endMs) throw new Error(`${kind} of ${stack} do not go`);
      for (const { ID, Id } of kind === 'tasks' ? [] : list)
        await api.call({ method: 'DELETE', path: `/${kind}/${ID ?? Id ?? ''}` });
      await sleep(250);
    }
  }
  for (const filters = encodeURIComponent(JSON.stringify({ label: ['com.docker.swarm.task'] })); ; await sleep(250)) {
    const left = await api.ask({ method: 'GET', path: `/containers/json?all=1&filters=${filters}` });
    if (identified.parse(left).length === 0) return;
    if (performance.now() > endMs) throw new Error(`containers of ${stack} do not go`);
  }
}

function path(kind: string, stack: string): string {
  return `${kind}?filters=${encodeURIComponent(JSON.stringify({ label: [`${stackLabel}=${stack}`] }))}`;
}
