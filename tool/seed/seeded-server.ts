import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '../../client/client.ts';
import { serve } from '../../server.ts';
import { startStaticRegistry } from '../../test/support/static-registry.ts';
import { fill, stir, type Tell } from './fill.ts';
import { makeWorld, type WorldSize } from './world.ts';

export interface SeedOptions extends WorldSize {
  readonly listen: { readonly host: string; readonly port: number };
  /** An empty folder for the ledger; null: one of its own, which goes with the server. */
  readonly data: string | null;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** A server in this process that has much to show. */
export interface SeededServer {
  readonly url: string;
  /** The admin token. */
  readonly token: string;
  /** Signs a browser in, once. */
  readonly signInUrl: string;
  close(): Promise<void>;
}

/** Starts a server on simulated clusters and fills it through its own API. Throws when something ends otherwise than meant. */
export async function startSeededServer(options: SeedOptions): Promise<SeededServer> {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-seed-'));
  const closing: (() => Promise<unknown>)[] = [async () => await rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end();
  };
  try {
    const registry = await startStaticRegistry();
    closing.push(() => registry.close());
    const world = makeWorld(options, registry.host);
    const platform = join(folder, 'platform.yaml');
    await writeFile(platform, world.platform);
    const data = options.data ?? join(folder, 'data');
    const server = await serve({ platform, data, listen: options.listen, logLevel: 'error' });
    closing.push(() => server.close());
    const { url, firstToken: token, signInUrl } = server;
    if (token === null) throw new Error(`${data} holds a ledger already: name an empty folder`);
    const client = createClient({ url, token });
    const { tell, signal } = options;
    const filling = { client, world, registry: registry.host, tell, signal };
    await fill(filling);
    await stir(filling);
    return { url, token, signInUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}
