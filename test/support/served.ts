import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '../../client/client.ts';
import { serve } from '../../server.ts';
import { noteToken } from './canary.ts';
import { startStaticRegistry, type StaticRegistry } from './static-registry.ts';

/** The real server in this process, on a ledger of its own, with a registry beside it. */
export interface Served {
  readonly url: string;
  /** Of the first admin. */
  readonly token: string;
  readonly client: Client;
  readonly registry: StaticRegistry;
  /** Folder of the ledger. */
  readonly data: string;
  close(): Promise<void>;
}

/** Starts the server on a free loopback port with the given platform document. */
export async function startServed(platform: string): Promise<Served> {
  const directory = await mkdtemp(join(tmpdir(), 'drayage-served-'));
  const registry = await startStaticRegistry();
  const file = join(directory, 'platform.yaml');
  await writeFile(file, platform);
  const listen = { host: '127.0.0.1', port: 0 };
  const data = join(directory, 'data');
  const running = await serve({ platform: file, data, listen, logLevel: 'silent' });
  const { url, firstToken: token } = running;
  if (token === null) throw new Error('an empty data folder gave no token');
  noteToken(token);
  return {
    url,
    token,
    client: createClient({ url, token }),
    registry,
    data,
    async close() {
      await running.close();
      await registry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
