import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServerProcess, type ServerProcess } from '../../test/support/server-process.ts';

/** A server of its own with an empty ledger. */
export interface Drayage extends ServerProcess {
  /** The folder of its ledger. */
  readonly data: string;
  /** Ends the server and removes what it kept; `false` when it did not end in order. */
  remove(): Promise<boolean>;
}

/** Starts `bin/dray serve` on an empty data folder below `scratch`. */
export async function startDrayage(scratch: string, platform: string): Promise<Drayage> {
  await mkdir(scratch, { recursive: true });
  const folder = await mkdtemp(join(scratch, 'server-'));
  const file = join(folder, 'platform.yaml');
  await writeFile(file, platform);
  const data = join(folder, 'data');
  const server = await startServerProcess({ platform: file, data });
  return {
    ...server,
    data,
    async remove() {
      const code = await server.stop();
      await rm(folder, { recursive: true, force: true });
      return code === 0;
    },
  };
}

/** Tokens that may deploy: requests of one token are bounded. */
export async function makeTokens({ client }: Drayage, count: number): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { secret } = await client.call('createToken', { body: { name: `load ${index}`, role: 'operator' } });
    tokens.push(secret);
  }
  return tokens;
}

/** A Deployment document; JSON is YAML. */
export function specText(environment: string, services: Readonly<Record<string, string>>): string {
  return JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment, services });
}
