import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createClient, type Client } from '../../../client/client.ts';
import { cleanEnvironment } from '../../support/dray.ts';

/** A server with made-up contents in a process of its own, so that what a browser measures is the server's time alone. */
export interface SeedProcess {
  readonly url: string;
  readonly token: string;
  readonly client: Client;
  stop(): Promise<void>;
}

export interface SeedProcessSize {
  readonly services: number;
  readonly environments: number;
}

const root = join(import.meta.dirname, '../../..');
const stopMs = 15_000;

/** Starts and fills it; kills it when the signal fires first. */
export async function startSeedProcess(size: SeedProcessSize, signal: AbortSignal): Promise<SeedProcess> {
  const args = ['--services', String(size.services), '--environments', String(size.environments), '--serve'];
  const child = spawn(process.execPath, [join(root, 'tool/seed/main.ts'), ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGKILL',
  });
  // The signal's end is told by the exit.
  child.on('error', () => undefined);
  const exit = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await exit;
    clearTimeout(force);
  };
  let told = '';
  for await (const piece of child.stdout.setEncoding('utf8')) {
    told += String(piece);
    const [, url, token] = /DRAYAGE_URL=(\S+) DRAYAGE_TOKEN=(\S+)\n/.exec(told) ?? [];
    if (url === undefined || token === undefined) continue;
    child.stdout.resume();
    return { url, token, client: createClient({ url, token }), stop };
  }
  await stop();
  return assert.fail(`the seeding ended:\n${told}`);
}
