import { release } from 'node:os';
import type { EngineDescription } from '../../port/engine.ts';
import type { DockerClient } from './client.ts';
import { at, text } from './json.ts';
import { hasVirtualServer } from './kernel.ts';
import { listAll } from './lists.ts';

/** See `Engine.describe`. */
export async function describeSwarm(client: DockerClient, signal: AbortSignal): Promise<EngineDescription> {
  const answer = await client.call({ method: 'GET', path: '/info' }, signal);
  const info = answer.kind === 'ok' ? answer.body : null;
  const isManager = at(info, 'Swarm', 'ControlAvailable') === true;
  const nodes = isManager ? await listAll(client, '/nodes', {}, signal) : { items: [], gap: null };
  return {
    kind: 'swarm',
    version: text(info, 'ServerVersion') ?? 'unknown',
    nodes: nodes.items.map((node) => ({
      name: text(node, 'Description', 'Hostname') ?? text(node, 'ID') ?? '',
      ready: text(node, 'Status', 'State') === 'ready',
      manager: text(node, 'Spec', 'Role') === 'manager',
    })),
    findings: [
      ...(isManager ? [] : [notManager(info)]),
      ...(nodes.gap === null ? [] : [nodes.gap]),
      ...(await kernelFindings(client, info)),
    ],
  };
}

function notManager(info: unknown): string {
  const state = text(info, 'Swarm', 'LocalNodeState') ?? 'unknown';
  return `This engine is not a manager of a swarm (its state is ${state}): run docker swarm init, or name a manager as the endpoint.`;
}

/** Only an engine on this very machine tells what its kernel can do. */
async function kernelFindings(client: DockerClient, info: unknown): Promise<readonly string[]> {
  const isLocal = client.address.endpoint.startsWith('unix:');
  if (!isLocal || text(info, 'KernelVersion') !== release()) return [];
  if ((await hasVirtualServer()) !== false) return [];
  return [
    'The kernel has no IP_VS: virtual IPs and ingress ports fail silently here; use endpoint_mode dnsrr and ports of mode host.',
  ];
}
