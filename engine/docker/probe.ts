import { readFile } from 'node:fs/promises';
import type { DockerClient } from '../swarm/client.ts';
import { execIn } from './container.ts';

/** A health check that was run in the container, and ended with 0. */
export interface HealthProposal {
  readonly test: readonly string[];
}

const portsMost = 5;
const paths = ['/healthz', '/health', '/'] as const;

/** State `listen` in /proc/net/tcp (Linux, include/net/tcp_states.h). */
const listening = '0A';

/**
 * Finds a check that tells that the container is healthy, with the programs that its image has: HTTP by wget or curl,
 * else an open port by nc. Only what was tried and ended with 0 is proposed.
 */
export async function probeHealth(
  client: DockerClient,
  of: { readonly id: string; readonly pid: number; readonly ports: readonly number[] },
  signal: AbortSignal,
): Promise<HealthProposal | null> {
  const ports = [...new Set([...of.ports, ...(await listeningPorts(of.pid))])].slice(0, portsMost);
  for (const test of ports.flatMap(checksOf)) {
    const [kind, ...words] = test;
    if (kind === 'CMD' && (await execIn(client, of.id, words, signal)) === 0) return { test };
  }
  return null;
}

function checksOf(port: number): readonly (readonly string[])[] {
  const urls = paths.map((path) => `http://127.0.0.1:${port}${path}`);
  return [
    ...urls.map((url) => ['CMD', 'wget', '-q', '-O', '/dev/null', url]),
    ...urls.map((url) => ['CMD', 'curl', '-fsS', '-o', '/dev/null', url]),
    ['CMD', 'nc', '-z', '127.0.0.1', String(port)],
  ];
}

/** Ports on which the process's network namespace listens; none where its tables cannot be read from here. */
async function listeningPorts(pid: number): Promise<readonly number[]> {
  if (pid === 0) return [];
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  return tables.flatMap((table) =>
    table.split('\n').flatMap((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      const isResolver = address === '0B00007F'; // 127.0.0.11, the engine's own
      return state === listening && !isResolver ? [parseInt(port, 16)] : [];
    }),
  );
}
