import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Client } from '../../../client/client.ts';
import type { DeploymentView } from '../../../wire/deployment.ts';
import type { DrayOptions } from '../../support/dray.ts';
import type { ServerProcess } from '../../support/server-process.ts';

const pollMs = 100;
const ended = z.object({ id: z.string() });
const accepted = z.object({ kind: z.string(), deployment: z.string(), waitsFor: z.array(z.string()) });

/** Runs `dray deploy` to the deployment's end: its exit code, and the deployment as the API shows it. */
export async function deployBy(
  server: ServerProcess,
  args: readonly string[],
  options: DrayOptions = {},
): Promise<{ readonly code: number | null; readonly view: DeploymentView }> {
  const { code, stdout, stderr } = await server.dray(['deploy', ...args, '--json'], options);
  const told = ended.safeParse(parse(stdout));
  assert.ok(told.success, `dray deploy ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return { code, view: await viewOf(server.client, told.data.id) };
}

/** Runs `dray deploy --no-wait`: what was accepted. */
export async function submitBy(server: ServerProcess, args: readonly string[], options: DrayOptions = {}) {
  const { code, stdout, stderr } = await server.dray(['deploy', ...args, '--no-wait', '--json'], options);
  assert.equal(code, 0, stderr);
  return accepted.parse(parse(stdout));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export async function viewOf(client: Client, deployment: string): Promise<DeploymentView> {
  return await client.call('getDeployment', { params: { deployment } });
}

/** Looks until a deployment is as wanted. */
export async function waitFor(
  client: Client,
  deployment: string,
  isThere: (view: DeploymentView) => boolean,
  signal: AbortSignal,
): Promise<DeploymentView> {
  for (;;) {
    const view = await viewOf(client, deployment);
    if (isThere(view)) return view;
    await sleep(pollMs, undefined, { signal });
  }
}

/** Looks until a deployment is queued, active or ended. */
export async function waitForPhase(
  client: Client,
  deployment: string,
  phase: DeploymentView['phase'],
  signal: AbortSignal,
): Promise<DeploymentView> {
  return await waitFor(client, deployment, (view) => view.phase === phase, signal);
}
