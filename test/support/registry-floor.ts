import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOciRegistry, type OciRegistry } from '../../adapter/registry/registry.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { remoteShelf, type Shelf } from './artifact-shelf.ts';

/** A real registry, what asks it for a server, and what a test pushes to it by. */
export interface RegistryFloor {
  readonly registry: OciRegistry;
  readonly shelf: Shelf;
  close(): Promise<void>;
}

/** Starts it in a folder of its own, without passwords. */
export async function startRegistryFloor(signal: AbortSignal): Promise<RegistryFloor> {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const server = await startPrivateRegistry({ directory: join(directory, 'registry'), signal });
  const registry = createOciRegistry({ dockerConfig: join(directory, 'absent.json'), requestMs: 5_000 });
  return {
    registry,
    shelf: remoteShelf(server.url),
    async close() {
      await registry.close();
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}
