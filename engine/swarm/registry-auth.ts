import type { PullCredentials } from '../../port/engine.ts';

/**
 * The header with credentials, which go along with each write. Of a write without them the engine keeps those of before,
 * for tasks that it starts later (moby 20.10, daemon/cluster/services.go, UpdateService); other ones make no running task
 * another one (swarmkit, manager/orchestrator/task.go, IsTaskDirty). Without the padding of base64 nodes take them for
 * invalid, say so in their own log only, and pull as nobody (moby 20.10, daemon/cluster/executor/container/adapter.go).
 */
export function registryAuth(credentials: PullCredentials | null): Readonly<Record<string, string>> {
  if (credentials === null) return {};
  const { username, password, serverAddress } = credentials;
  const auth = JSON.stringify({ username, password, serveraddress: serverAddress });
  const encoded = Buffer.from(auth).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { 'X-Registry-Auth': encoded };
}
